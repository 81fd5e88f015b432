"""Alertmanager as its second interface (``/api/v2``) gives it: alerts, silences, what could not be delivered.

What answers is checked and not trusted: whatever is not as Alertmanager writes it is a :class:`CallError`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final, TypeVar

from netmon.cli.calling import Answer, Called, CallError

_Read = TypeVar("_Read")

_FAILED: Final = re.compile(
    r"alertmanager_(notifications|notification_requests)_failed_total"
    r'\{[^}\n]{0,200}integration="([^"\n]{1,100})"[^}\n]{0,200}\} ([0-9.e+]{1,30})'
)
_LONGEST: Final = 300
"""Characters that are shown of what somebody else's program says."""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that Alertmanager holds: who gets it, and what keeps it back."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    receivers: tuple[str, ...]
    silenced_by: tuple[str, ...]
    inhibited_by: tuple[str, ...]

    def has(self, text: str) -> bool:
        """Say whether one of its labels or annotations is just this text."""
        return text in self.labels.values() or text in self.annotations.values()


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence: which alerts (``matchers`` as they are written), from when to when, whose and why."""

    id: str
    state: str
    matchers: tuple[str, ...]
    start: datetime
    end: datetime
    by: str
    reason: str


class Alertmanager:
    """An Alertmanager that is asked."""

    def __init__(self, called: Called) -> None:
        """Take where it answers."""
        self._called = called

    def alerts(self, matcher: str) -> list[Alert]:
        """Give the alerts that go on and that a matcher (``site="park"``) fits, the silenced ones too.

        Raises:
            CallError: There is no Alertmanager.
        """
        path = "/api/v2/alerts"
        return [self._checked(path, _alert, one) for one in self._list(path, {"filter": matcher})]

    def silences(self) -> list[Silence]:
        """Give the silences that hold or will, the one that ends first first.

        Raises:
            CallError: There is no Alertmanager.
        """
        path = "/api/v2/silences"
        found = [self._checked(path, _silence, one) for one in self._list(path, None)]
        return sorted([one for one in found if one.state != "expired"], key=lambda one: one.end)

    def silence(self, name: str) -> Silence | None:
        """Give a silence by its id, one that is over too.

        Raises:
            CallError: There is no Alertmanager.
        """
        path = f"/api/v2/silence/{name}"
        answer = self._called.ask(path)
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        return self._checked(path, _silence, self._plain(path, answer))

    def make(self, labels: Mapping[str, str], start: datetime, end: datetime, *, by: str, reason: str) -> str:
        """Make a silence of all alerts that have these labels, and give its id.

        Raises:
            CallError: There is no Alertmanager, or it does not want it.
        """
        path = "/api/v2/silences"
        wanted = {
            "matchers": [
                {"name": name, "value": value, "isRegex": False, "isEqual": True} for name, value in labels.items()
            ],
            "startsAt": start.astimezone(UTC).isoformat(),
            "endsAt": end.astimezone(UTC).isoformat(),
            "createdBy": by,
            "comment": reason,
        }
        found = self._plain(path, self._called.ask(path, method="POST", body=wanted))
        return self._checked(path, lambda one: _text(one["silenceID"]), found)

    def end(self, name: str) -> None:
        """End a silence.

        Raises:
            CallError: There is no Alertmanager, or it does not want to.
        """
        path = f"/api/v2/silence/{name}"
        answer = self._called.ask(path, method="DELETE")
        if not answer.is_fine:
            raise self._refused(path, answer)

    def failures(self) -> dict[str, float]:
        """Count what could not be delivered since Alertmanager started, by integration: messages, or tries if more.

        Raises:
            CallError: Nobody answers.
        """
        answer = self._called.ask("/metrics")
        found: defaultdict[tuple[str, str], float] = defaultdict(float)
        for what, name, value in _FAILED.findall(answer.content.decode(errors="replace")):
            with suppress(ValueError):  # somebody else's page
                found[what, name] += float(value)
        return {
            name: max(found["notifications", name], found["notification_requests", name]) for _, name in list(found)
        }

    def _list(self, path: str, query: Mapping[str, str] | None) -> list[Any]:
        found = self._plain(path, self._called.ask(path, query))
        if not isinstance(found, list):
            raise self._stranger(path)
        return found

    def _plain(self, path: str, answer: Answer) -> Any:
        if not answer.is_fine:
            raise self._refused(path, answer)
        try:
            return answer.json()
        except ValueError as error:
            raise self._stranger(path) from error

    def _checked(self, path: str, read: Callable[[Any], _Read], value: Any) -> _Read:
        try:
            return read(value)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._stranger(path) from error

    def _stranger(self, path: str) -> CallError:
        return CallError(f"{self._called.url}{path}", "what answers there is no Alertmanager of version 0.25 or later")

    def _refused(self, path: str, answer: Answer) -> CallError:
        said = " ".join(answer.content.decode(errors="replace").split())[:_LONGEST]
        return CallError(f"{self._called.url}{path}", f"HTTP {answer.status} {answer.reason}: {said}".rstrip(": "))


def _alert(one: Any) -> Alert:
    status = one["status"]
    return Alert(
        labels=_texts(one["labels"]),
        annotations=_texts(one["annotations"]),
        receivers=tuple(_text(each["name"]) for each in one["receivers"]),
        silenced_by=tuple(_text(each) for each in status["silencedBy"]),
        inhibited_by=tuple(_text(each) for each in status["inhibitedBy"]),
    )


def _silence(one: Any) -> Silence:
    return Silence(
        id=_text(one["id"]),
        state=_text(one["status"]["state"]),
        matchers=tuple(_matcher(each) for each in one["matchers"]),
        start=_time(one["startsAt"]),
        end=_time(one["endsAt"]),
        by=_text(one["createdBy"]),
        reason=_text(one["comment"]),
    )


def _matcher(one: Any) -> str:
    equal = one.get("isEqual", True)
    sign = ("=~" if equal else "!~") if one["isRegex"] else ("=" if equal else "!=")
    return f'{_text(one["name"])}{sign}"{_text(one["value"])}"'


def _texts(found: Any) -> dict[str, str]:
    return {_text(name): _text(value) for name, value in found.items()}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("this is no text")
    return value


def _time(value: Any) -> datetime:
    found = datetime.fromisoformat(_text(value))
    if found.tzinfo is None:
        raise ValueError("this time has no zone")
    return found

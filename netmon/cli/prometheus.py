"""Prometheus as its interface (``/api/v1``) gives it: series, alerts, targets, rules, the Alertmanagers it tells.

What answers is checked and not trusted: whatever is not as Prometheus writes it is a
:class:`netmon.cli.calling.CallError`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from netmon.cli.calling import Called, CallError

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Target:
    """What is scraped: its address, whether that works, and what was wrong the last time."""

    url: str
    health: str
    error: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rule:
    """An alerting rule: its name, how it is (``inactive``, ``pending``, ``firing``), and what was wrong with it."""

    name: str
    state: str
    error: str


class Prometheus:
    """A Prometheus that is asked. Every method raises :class:`CallError` where none answers."""

    def __init__(self, called: Called) -> None:
        """Take where it answers."""
        self._called = called

    def knows(self, expression: str) -> bool:
        """Say whether an expression has any result now."""
        return self._read("/api/v1/query", lambda data: bool(_list(data["result"])), {"query": expression})

    def fires(self, name: str, text: str) -> bool:
        """Say whether an alert of a name is firing, one of whose labels or annotations is just this text."""
        return self._read(
            "/api/v1/alerts", lambda data: any(_is_firing(one, name, text) for one in _list(data["alerts"]))
        )

    def targets(self) -> list[Target]:
        """Give what it scrapes."""
        return self._read(
            "/api/v1/targets", lambda data: [_target(one) for one in _list(data["activeTargets"])], {"state": "active"}
        )

    def rules(self) -> list[Rule]:
        """Give its alerting rules."""
        return self._read(
            "/api/v1/rules",
            lambda data: [_rule(one) for group in _list(data["groups"]) for one in _list(group["rules"])],
            {"type": "alert"},
        )

    def alertmanagers(self) -> list[str]:
        """Give the addresses of the Alertmanagers that it tells of alerts."""
        return self._read(
            "/api/v1/alertmanagers", lambda data: [_text(one["url"]) for one in _list(data["activeAlertmanagers"])]
        )

    def _read(self, path: str, read: Callable[[Any], _Read], query: Mapping[str, str] | None = None) -> _Read:
        found = self._called.get(path, query)
        try:
            return read(found["data"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CallError(f"{self._called.url}{path}", "what answers there is no Prometheus") from error


def _is_firing(one: Any, name: str, text: str) -> bool:
    labels, annotations = one["labels"], one["annotations"]
    of_name = labels.get("alertname") == name and one["state"] == "firing"
    return of_name and (text in labels.values() or text in annotations.values())


def _target(one: Any) -> Target:
    labels = {_text(name): _text(value) for name, value in one["labels"].items()}
    return Target(_text(one["scrapeUrl"]), _text(one["health"]), _text(one["lastError"]), labels)


def _rule(one: Any) -> Rule:
    return Rule(_text(one["name"]), _text(one["state"]), _text(one.get("lastError", "")))


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("this is no list")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("this is no text")
    return value

"""The way of a rehearsal's alert, hop by hop: when each is reached, and what to look at where one is not."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from netmon.cli.alertmanager import Alert, Alertmanager
from netmon.cli.calling import Called, CallError
from netmon.cli.prometheus import Prometheus

_PAUSE: Final = 0.5
"""Seconds between two questions."""

_MOST_NAMED: Final = 5


class BlockedError(Exception):
    """A hop cannot be reached any more; waiting would not help."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One step on the way: its name, its share of the time for the whole way, whether it is reached.

    ``hints`` say what to look at where it is not.
    """

    name: str
    share: float
    is_reached: Callable[[], bool]
    hints: Callable[[], list[str]]


@dataclass(frozen=True, slots=True)
class Reached:
    """How a hop went: after how many seconds from the start it was reached, or not within ``waited`` of its own."""

    name: str
    after: float | None
    waited: float
    hints: tuple[str, ...] = ()


class Way:
    """The hops of one drill."""

    def __init__(
        self,
        netmon: Called,
        prometheus: Prometheus,
        alertmanager: Alertmanager,
        words: Mapping[str, str],
        *,
        alertmanager_url: str,
    ) -> None:
        """Take whom to ask; nothing is asked before :meth:`prepare`."""
        self._netmon = netmon
        self._prometheus = prometheus
        self._alertmanager = alertmanager
        self._alertmanager_url = alertmanager_url
        self._words = words
        self._failed_before: dict[str, float] = {}
        self._id = ""
        self.start = 0.0
        """When the drill began, by this machine's monotonic clock."""

    def prepare(self) -> tuple[str, CallError] | None:
        """See whether everybody answers; name the program that does not, and how."""
        try:
            self._prometheus.alertmanagers()
        except CallError as error:
            return "Prometheus", error
        try:
            self._alertmanager.alerts('alertname="Drill"')
            self._failed_before = self._alertmanager.failures()
        except CallError as error:
            return "Alertmanager", error
        return None

    def begin(self, drill: str) -> None:
        """Follow a drill, by its id, from now on."""
        self._id = drill
        self.start = time.monotonic()

    def hops(self) -> list[Hop]:
        """Give the way to the receiver."""
        return [
            Hop("netmon", 0.05, self._is_shown, lambda: [self._words["see_netmon"]]),
            Hop("prometheus", 0.25, self._is_read, self._see_targets),
            Hop("rule", 0.20, lambda: self._prometheus.fires("Drill", self._id), self._see_rules),
            Hop("alertmanager", 0.20, lambda: self._alert() is not None, self._see_alertmanagers),
            Hop("receiver", 0.30, self._has_come, self._see_receivers),
        ]

    def resolving(self) -> Hop:
        """Give the hop after the drill's end."""
        return Hop("resolved", 0.30, lambda: self._alert() is None, lambda: [self._words["still"]])

    def follow(self, hop: Hop, seconds: float) -> Reached:
        """Wait for a hop, for its share of ``seconds``; who does not answer meanwhile is asked again."""
        begun = time.monotonic()
        end = begun + seconds * hop.share
        error: Exception | None = None
        while True:
            try:
                if hop.is_reached():
                    return Reached(hop.name, time.monotonic() - self.start, time.monotonic() - begun)
                error = None
            except CallError as failure:
                error = failure
            except BlockedError as failure:
                return Reached(hop.name, None, time.monotonic() - begun, (str(failure), *self._hints(hop)))
            if time.monotonic() >= end:
                last = () if error is None else (self._words["last"].format(error=error),)
                return Reached(hop.name, None, time.monotonic() - begun, (*last, *self._hints(hop)))
            time.sleep(_PAUSE)

    def paged_after(self) -> float:
        """Give the seconds from the drill's start to its page, as the service has measured them.

        Raises:
            CallError: It does not tell.
        """
        try:
            drill = self._drill()
        except BlockedError as error:
            raise CallError(self._netmon.url, str(error)) from error
        try:
            return float(drill["paged"]) - float(drill["start"])
        except (KeyError, TypeError, ValueError) as error:
            raise CallError(self._netmon.url, "what answers there is no netmon") from error

    def undelivered(self) -> list[str]:
        """Tell what Alertmanager failed to send since :meth:`prepare`, tries included: integrations with their counts.

        That the webhook was reached does not say that everybody was.

        Raises:
            CallError: Alertmanager does not answer.
        """
        before, now = self._failed_before, self._alertmanager.failures()
        failed = {name: count - before.get(name, 0) for name, count in now.items()}
        return [f"{name} {count:.0f}" for name, count in sorted(failed.items()) if count > 0]

    def _hints(self, hop: Hop) -> list[str]:
        try:
            return hop.hints()
        except CallError as error:
            return [self._words["last"].format(error=error)]

    # -- reached? --------------------------------------------------------------------------------------

    def _is_shown(self) -> bool:
        answer = self._netmon.ask("/metrics", {"part": "state", "group": "self"})
        return f'drill="{self._id}"' in answer.content.decode(errors="replace")

    def _is_read(self) -> bool:
        return self._prometheus.knows(f'netmon_drill{{drill="{self._id}"}}')

    def _alert(self) -> Alert | None:
        found = self._alertmanager.alerts('alertname="Drill"')
        return next((one for one in found if one.has(self._id)), None)

    def _has_come(self) -> bool:
        if self._drill().get("paged") is not None:
            return True
        alert = self._alert()
        if alert is not None and alert.silenced_by:
            raise BlockedError(self._words["silenced"].format(names=_named(alert.silenced_by)))
        if alert is not None and alert.inhibited_by:
            raise BlockedError(self._words["inhibited"].format(names=_named(alert.inhibited_by)))
        return False

    def _drill(self) -> dict[str, Any]:
        answer = self._netmon.ask(f"/api/drills/{self._id}")
        if answer.status == HTTPStatus.NOT_FOUND:
            raise BlockedError(self._words["restarted"])
        try:
            found = answer.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise CallError(self._netmon.url, "what answers there is no netmon")
        return found

    # -- and where not ---------------------------------------------------------------------------------

    def _see_targets(self) -> list[str]:
        words, url = self._words, self._netmon.url
        found = [one for one in self._prometheus.targets() if one.labels.get("group") == "self"]
        if not found:
            return [words["no_target"].format(url=url)]
        return [
            words["target_up"].format(target=one.url, url=url)
            if one.health == "up"
            else words["target_down"].format(target=one.url, error=one.error)
            for one in found[:_MOST_NAMED]
        ]

    def _see_rules(self) -> list[str]:
        words = self._words
        found = [one for one in self._prometheus.rules() if one.name == "Drill"]
        if not found:
            return [words["no_rule"]]
        return [
            words["rule_error"].format(error=one.error) if one.error else words["rule_state"].format(state=one.state)
            for one in found[:_MOST_NAMED]
        ]

    def _see_alertmanagers(self) -> list[str]:
        found = self._prometheus.alertmanagers()
        if not found:
            return [self._words["no_alertmanager"]]
        return [self._words["alertmanagers"].format(urls=_named(found), url=self._alertmanager_url)]

    def _see_receivers(self) -> list[str]:
        words, alert = self._words, self._alert()
        hints = []
        if alert is not None and not alert.silenced_by and not alert.inhibited_by:
            hints.append(words["receivers"].format(names=_named(alert.receivers)))
            hints.append(words["webhook"].format(url=self._netmon.url))
        counts = self.undelivered()
        hints.append(words["failures"].format(counts=_named(counts)) if counts else words["no_failures"])
        return hints


def _named(names: list[str] | tuple[str, ...]) -> str:
    more = f" (+{len(names) - _MOST_NAMED})" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more

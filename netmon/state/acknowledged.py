"""Who is on which outage. What is acknowledged is looked up here and counted nowhere: no figure knows of it."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from netmon.model import Acknowledgement, State
from netmon.state.open_outages import OpenOutage

if TYPE_CHECKING:  # the package's own face, which shows this module
    from netmon.state import CityState

KINDS: Final = ("uplink", "site", "device")

Acknowledged = Callable[[str, int], Mapping[str, Acknowledgement]]
"""Tells who is on which open outage of the devices, sites or uplinks (by id), in a second."""


def nobody(_kind: str, _now: int) -> Mapping[str, Acknowledgement]:
    """Tell of nobody."""
    return {}


class NothingOpenError(Exception):
    """A thing has no open outage that somebody could be on.

    Attributes:
        kind: What it is; ``None`` where the inventory has no such id.
        cause: Kind and id of what it is down because of, where that is another's outage.
    """

    def __init__(self, name: str, kind: str | None = None, cause: tuple[str, str] | None = None) -> None:
        """Say why."""
        if kind is None:
            text = f"there is no uplink, site or device {name!r}"
        elif cause is not None:
            text = f"{name} is down because of the {cause[0]} {cause[1]}: acknowledge that"
        else:
            text = f"the {kind} {name} has no open outage"
        super().__init__(text)
        self.name = name
        self.kind = kind
        self.cause = cause


class Acknowledgements:
    """The acknowledgements of what is watched, the latest of each thing.

    One holds as long as the outage that was open when it was made: that needs no record of its own, since an outage
    that began later began after it.
    """

    def __init__(self, state: CityState, recorded: Iterable[Acknowledgement] = ()) -> None:
        """Begin with what is recorded, in the order in which it was made."""
        self._state = state
        self._latest = {(one.kind, one.id): one for one in recorded}

    @property
    def zone(self) -> str:
        """The city's time zone."""
        return self._state.inventory.city.zone

    def take(self, one: Acknowledgement) -> None:
        """Let one count from now on; it is recorded already."""
        self._latest[one.kind, one.id] = one

    def valid(self, kind: str, now: int) -> dict[str, Acknowledgement]:
        """Give those of the outages that are open in a second, by the id of the ``device``, ``site`` or ``uplink``."""
        made = {name: one for (of, name), one in self._latest.items() if of == kind}
        if not made:
            return {}  # nearly always, and then nobody's state need be looked at
        opened = self._opened(kind, made, now)
        return {name: one for name, one in made.items() if name in opened and one.at >= opened[name].start}

    def open(self, now: int) -> list[tuple[str, str, int]]:
        """Give kind, id and beginning of every open outage, uplinks first."""
        found = [(kind, self._state.open_outages(kind, now)) for kind in KINDS]
        return [(kind, name, outage.start) for kind, opened in found for name, outage in opened.items()]

    def kind_of(self, name: str, now: int) -> str:
        """Say of which kind the thing is whose open outage is meant by an id.

        Raises:
            NothingOpenError: It has none, or there is no such thing.
        """
        kind = next((one for one in KINDS if name in self._members(one)), None)
        if kind is None:
            raise NothingOpenError(name)
        if not self._opened(kind, {name}, now):
            raise NothingOpenError(name, kind, self._cause(kind, name, now))
        return kind

    def known(self) -> list[str]:
        """Name everything that can have an outage."""
        return [name for kind in KINDS for name in self._members(kind)]

    def above(self, kind: str, name: str, now: int) -> tuple[str, str] | None:
        """Name the uplink or site of a device where that has an open outage too: people are called for that one."""
        device = self._state.devices.get(name) if kind == "device" else None
        if device is None:
            return None
        place = ("uplink", device.uplink) if device.uplink else ("site", device.site)
        return place if self._opened(place[0], {place[1]}, now) else None

    def _opened(self, kind: str, names: Container[str], now: int) -> dict[str, OpenOutage]:
        """Give the open outages of some things of a kind."""
        state = self._state
        stands = zip(self._members(kind), state.stands(kind, now), strict=True)
        found = {name: state.open_outage(kind, name, stand, now) for name, stand in stands if name in names}
        return {name: outage for name, outage in found.items() if outage is not None}

    def _members(self, kind: str) -> dict[str, tuple[str, ...]]:
        """Give the devices of every thing of a kind."""
        if kind == "device":
            return {name: (name,) for name in self._state.devices}
        return self._state.uplinks if kind == "uplink" else self._state.sites

    def _cause(self, kind: str, name: str, now: int) -> tuple[str, str] | None:
        state = self._state
        members = self._members(kind)[name]
        dark = [one for one in members if state.device(one, now).state is State.DOWN_UPSTREAM]
        return next((cause for one in dark if (cause := state.cause_of(one, now))), None)

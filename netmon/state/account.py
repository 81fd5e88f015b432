"""One month of a city as LK-1 counts it, formed object by object and only where something has changed.

It gives for every second what :func:`netmon.availability.evaluate` would give for the month cut at that second.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from netmon.availability import Calendar, FirstLoaded, Observations, States, device_states, group_states
from netmon.model import STATES, Device, Inventory, Outcome, Period, ReachKind, Span, State
from netmon.tracks import Row, Track

FOREVER = 1 << 60

OUT = frozenset({State.DOWN, State.DOWN_UPSTREAM})

Key = tuple[object, ...]


@dataclass(slots=True)
class Formed:
    """The states of one object, true for every second that is asked for while its key stays the same.

    ``edges`` are its stretches of one state in the order of their time, ``starts`` where they begin.
    """

    key: Key
    serial: int  # tells one forming from the next, since an id() may be given again
    states: States
    edges: list[tuple[int, int, State]]
    starts: list[int]
    settled: list[tuple[int, dict[State, int]]] = field(default_factory=list)

    def index(self, now: int) -> int:
        """Give the position of the stretch that holds a second."""
        return bisect_right(self.starts, now) - 1

    def outages(self, since: int, until: int) -> Iterator[int]:
        """Give the beginnings, latest first, of the outages that go on after ``since`` and begin by ``until``."""
        goes_on = False
        for index in range(self.index(until), -1, -1):
            start, end, state = self.edges[index]
            if end <= since and not goes_on:
                return
            goes_on = state in OUT and index > 0 and self.edges[index - 1][2] in OUT
            if state in OUT and not goes_on:
                yield start


@dataclass(frozen=True, slots=True)
class _Kin:
    """What a device's states are formed from.

    ``sources`` are the tracks: its own, its group's, its site's services, and the routers that links are seen
    through. ``turns`` are the seconds in which a member of its group begins or ends its life; ``veils`` are the
    routers that members of its group are seen through.
    """

    sources: tuple[str, ...]
    turns: tuple[int, ...]
    veils: tuple[str, ...]


class Account:
    """One month with the inventory that it is reported with."""

    def __init__(
        self,
        period: Period,
        inventory: Inventory,
        since: int,
        first_loaded: FirstLoaded | None,
        track_of: Callable[[str], Track],
    ) -> None:
        """Form nothing yet; states are known from ``since`` on, which is not later than the month begins."""
        self.period = period
        self.inventory = inventory
        self.calendar = Calendar(inventory, (since, period.end + 1), first_loaded)
        self.members = {"site": sites_of(inventory), "uplink": uplinks_of(inventory)}
        """The devices that each site's and uplink's state is formed from, by its id."""
        self._track_of = track_of
        self._kin: dict[str, _Kin] = {}
        self._formed: dict[tuple[str, str], Formed] = {}
        self._serials = count()

    def holds(self, kind: str, name: str) -> bool:
        """Say whether something is an object of the month's report."""
        if kind == "device":
            device = self.inventory.devices.get(name)
            return device is not None and self.inventory.is_object(device)
        return name in self.members[kind]

    def formed(self, kind: str, name: str, now: int) -> Formed:
        """Give an object's states, right in every second up to ``now``.

        Raises:
            KeyError: It is no object of the month.
        """
        return self._form_device(name, now) if kind == "device" else self._form_group(kind, name, now)

    def seconds(self, kind: str, name: str, now: int) -> dict[State, int]:
        """Count an object's seconds of each state in the month up to ``now``."""
        formed = self.formed(kind, name, now)
        first, last = self.period.start, min(now, self.period.end)
        index = formed.index(last)
        if not formed.settled or formed.settled[0][0] != index:
            before = dict.fromkeys(STATES, 0)
            for start, end, state in formed.edges[:index]:
                before[state] += max(0, end - max(start, first))
            formed.settled = [(index, before)]
        total = dict(formed.settled[0][1])
        start, _, state = formed.edges[index]
        total[state] += max(0, last - max(start, first))
        return total

    def _form_group(self, kind: str, name: str, now: int) -> Formed:
        parts = [self._form_device(member, now) for member in self.members[kind][name]]
        key = tuple(part.serial for part in parts)
        formed = self._formed.get((kind, name))
        if formed is None or formed.key != key:
            formed = self._keep((kind, name), key, group_states([part.states for part in parts], self.calendar.span))
        return formed

    def _form_device(self, name: str, now: int) -> Formed:
        kin = self._kin.get(name)
        if kin is None:
            kin = self._kin[name] = self._kin_of(self.inventory.devices[name])
        tracks = {source: self._track_of(source) for source in kin.sources}
        rows = {source: track.last() for source, track in tracks.items()}
        horizon = self._horizon(kin, rows, now)
        until = {source: horizon if _describes(row, now) else 0 for source, row in rows.items()}
        key = tuple(
            (track.version, until[source] or ((row := rows[source]) and row.last)) for source, track in tracks.items()
        )
        formed = self._formed.get(("device", name))
        if formed is None or formed.key != key:
            spans = {source: _spans(track, until[source]) for source, track in tracks.items()}
            observations = Observations(self.inventory, spans)
            device = self.inventory.devices[name]
            formed = self._keep(("device", name), key, device_states(device, self.calendar, observations))
        return formed

    def _horizon(self, kin: _Kin, rows: Mapping[str, Row | None], now: int) -> int:
        """Say up to when what describes this second may be taken to go on; 0: not at all.

        What is being watched is mostly just seen again, and need not be formed anew each time: whatever it is, the
        seconds up to now are the same. Not so where the coverage's own end could tell on seconds before now, by the
        attribution to a stretch that begins only after now: where a member of the group begins or ends its life
        there, or where a blind router no longer hides what its link says of itself. Nor where what is asked for
        lies before the latest observation.
        """
        known = [row for row in rows.values() if row is not None]
        if any(row.last > now for row in known):
            return 0
        veils = (rows[name] for name in kin.veils)
        if any(row is not None and row.outcome is Outcome.BLIND and _describes(row, now) for row in veils):
            return 0
        turn = next((turn for turn in kin.turns if turn > now), FOREVER)
        return turn if all(row.last + row.reach <= turn for row in known) else 0

    def _kin_of(self, device: Device) -> _Kin:
        inventory, members = self.inventory, self.calendar.members(device)
        names = [device.id, *(member.id for member in members)]
        if device.site:
            names += inventory.sites[device.site].services
        veils = [one.reach.of for one in members if one.reach.kind is ReachKind.INTERFACE]
        names += veils
        if device.reach.kind is ReachKind.INTERFACE:
            names.append(device.reach.of)
        turns = {turn for member in members for turn in self.calendar.life(member)}
        return _Kin(tuple(dict.fromkeys(names)), tuple(sorted(turns)), tuple(veils))

    def _keep(self, name: tuple[str, str], key: Key, states: States) -> Formed:
        edges = sorted((start, end, state) for state in STATES for start, end in states[state])
        formed = Formed(key, next(self._serials), states, edges, [start for start, _, _ in edges])
        self._formed[name] = formed
        return formed


def sites_of(inventory: Inventory) -> dict[str, tuple[str, ...]]:
    """Give the access points of every site that is an object."""
    found = {
        site.id: tuple(device.id for device in inventory.access_points(site))
        for site in inventory.sites.values()
        if not site.planned
    }
    return {name: members for name, members in found.items() if members}


def uplinks_of(inventory: Inventory) -> dict[str, tuple[str, ...]]:
    """Give the routers and links of every uplink that is an object."""
    found = {
        uplink.id: tuple(device.id for device in inventory.connections(uplink))
        for uplink in inventory.uplinks.values()
        if not uplink.planned
    }
    return {name: members for name, members in found.items() if members}


def _describes(row: Row | None, now: int) -> bool:
    """Say whether the latest observation still describes this second."""
    return row is not None and now < row.last + row.reach


def _spans(track: Track, end: int) -> list[Span]:
    """Give the track's spans; the last one goes on until ``end`` where it ends earlier."""
    spans = track.spans()
    if spans and spans[-1].end < end:
        spans[-1] = Span(spans[-1].start, end, spans[-1].outcome)
    return spans

"""One month of a city as LK-1 counts it, formed object by object and only where something has changed.

It gives for every second what :func:`netmon.availability.evaluate` would give for the month cut at that second.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from netmon.availability import Calendar, FirstLoaded, Observations, States, device_states, group_states
from netmon.model import STATES, Device, Inventory, Period, ReachKind, Span, State
from netmon.tracks import Row, Track

FOREVER = 1 << 60

OUT = frozenset({State.DOWN, State.DOWN_UPSTREAM})

Key = tuple[object, ...]

Source = tuple[Track, int, Row | None, int, int]
"""What a forming looked at of a track: its version; its latest row, ``None`` where whatever comes to it is of no
account; how far that row reaches, while it may go on (0: it must stay as it is); its last second."""

_NOTHING: dict[State, int] = {}


@dataclass(slots=True)
class Formed:
    """The states of one object, true for every second that is asked for while its key stays the same.

    ``edges`` are its stretches of one state in the order of their time, ``starts`` where they begin. From ``first``
    to ``until`` a look at the ``sources`` tells that the key is the same still.
    """

    key: Key
    serial: int  # tells one forming from the next, since an id() may be given again
    states: States
    edges: list[tuple[int, int, State]]
    starts: list[int]
    seen: Key | None = None  # a quick look at what it was formed from
    agreed: int | None = None
    settled: tuple[int, dict[State, int]] = (-1, _NOTHING)
    sources: tuple[Source, ...] = ()
    first: int = 0
    until: int = 0

    def holds(self, now: int) -> bool:
        """Say whether it is known at a glance to be right in every second up to ``now``."""
        return self.first <= now < self.until and untouched(self.sources, now)

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

    ``sources`` name the tracks: its own, its group's, its site's services, and the routers that links are seen
    through. ``turns`` are the seconds in which a member of its group begins or ends its life. What is observed of
    seconds from ``settled`` on can change nothing in the month.
    """

    sources: tuple[str, ...]
    tracks: tuple[Track, ...]
    turns: tuple[int, ...]
    settled: int


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
        """Count an object's seconds of each state in the month up to ``now``.

        Raises:
            KeyError: It is no object of the month.
        """
        return self.seconds_of(self.formed(kind, name, now), now)

    def seconds_of(self, formed: Formed, now: int) -> dict[State, int]:
        """Count the seconds of states that have been formed for ``now``."""
        last = min(now, self.period.end)
        index = formed.index(last)
        total = dict(self.before(formed, index))
        start, _, state = formed.edges[index]
        total[state] += max(0, last - max(start, self.period.start))
        return total

    def agreed(self, kind: str, name: str, now: int) -> int:
        """Count the seconds of the whole month, its future too, in which service is agreed."""
        formed = self.formed(kind, name, now)
        if formed.agreed is None:
            start, end = self.period.start, self.period.end
            not_agreed = (*formed.states[State.OUT_OF_SERVICE], *formed.states[State.PLANNED])
            formed.agreed = end - start - sum(max(0, min(b, end) - max(a, start)) for a, b in not_agreed)
        return formed.agreed

    def before(self, formed: Formed, index: int) -> dict[State, int]:
        """Count the seconds of the month in the stretches before one; not to be changed."""
        if formed.settled[0] != index:
            first, counted = self.period.start, dict.fromkeys(STATES, 0)
            for start, end, state in formed.edges[:index]:
                if end > first:
                    counted[state] += end - max(start, first)
            formed.settled = (index, counted)
        return formed.settled[1]

    def _form_group(self, kind: str, name: str, now: int) -> Formed:
        formed = self._formed.get((kind, name))
        if formed is not None and formed.holds(now):
            return formed
        parts = [self._form_device(member, now) for member in self.members[kind][name]]
        key = tuple([part.serial for part in parts])
        if formed is None or formed.key != key:
            formed = self._keep((kind, name), key, group_states([part.states for part in parts], self.calendar.span))
        formed.sources = tuple([source for part in parts for source in part.sources])
        formed.first = max([part.first for part in parts])
        formed.until = min([part.until for part in parts])
        return formed

    def _form_device(self, name: str, now: int) -> Formed:
        formed = self._formed.get(("device", name))
        if formed is not None and formed.holds(now):
            return formed
        kin = self._kin.get(name)
        if kin is None:
            kin = self._kin[name] = self._kin_of(self.inventory.devices[name])
        rows = [track.rows[-1] if track.rows else None for track in kin.tracks]
        if now >= kin.settled:
            return self._form_settled(name, kin, rows)
        horizon = self._horizon(kin, rows, now)
        until = [horizon if row is not None and now < row.last + row.reach else 0 for row in rows]
        key = tuple([
            (track.version, end or (row and row.last)) for track, row, end in zip(kin.tracks, rows, until, strict=True)
        ])  # fmt: skip
        if formed is None or formed.key != key:
            spans = [_lengthened(track.spans(), end) for track, end in zip(kin.tracks, until, strict=True)]
            formed = self._form(name, kin, key, spans)
        formed.sources = tuple([
            (track, track.version, row, row.reach if row is not None and end == FOREVER else 0, row.last if row else 0)
            for track, row, end in zip(kin.tracks, rows, until, strict=True)
        ])  # fmt: skip
        formed.first = now
        # Where something but new observations will change it, a glance does for this one second.
        formed.until = kin.settled if horizon == FOREVER else now + 1
        return formed

    def _form_settled(self, name: str, kin: _Kin, rows: list[Row | None]) -> Formed:
        """Form what only depends on what has been observed before the month's report settled.

        What is observed later changes nothing in it, and is mostly found to change nothing by a look at the last row.
        """
        seen = tuple([
            (track.version, row and min(row.last + row.reach, kin.settled))
            for track, row in zip(kin.tracks, rows, strict=True)
        ])  # fmt: skip
        formed = self._formed.get(("device", name))
        if formed is None or formed.seen != seen:
            spans = [_cut(track.spans(), kin.settled) for track in kin.tracks]
            key = tuple([hash(tuple(one)) for one in spans])
            if formed is None or formed.key != key:
                formed = self._form(name, kin, key, spans)
            formed.seen = seen
        formed.sources = tuple([
            (track, track.version, row, 0, row.last)
            if row is not None and row.last + row.reach < kin.settled
            else (track, track.version, None, 0, 0)
            for track, row in zip(kin.tracks, rows, strict=True)
        ])  # fmt: skip
        formed.first, formed.until = kin.settled, FOREVER
        return formed

    def _form(self, name: str, kin: _Kin, key: Key, spans: list[list[Span]]) -> Formed:
        observations = Observations(self.inventory, dict(zip(kin.sources, spans, strict=True)))
        states = device_states(self.inventory.devices[name], self.calendar, observations)
        return self._keep(("device", name), key, states)

    @staticmethod
    def _horizon(kin: _Kin, rows: list[Row | None], now: int) -> int:
        """Say up to when what describes this second may be taken to go on; 0: not at all.

        What is being watched is mostly just seen again, and need not be formed anew each time: whatever it is, the
        seconds up to now are the same. Not so where the coverage's own end could tell on seconds before now, by the
        attribution to a stretch that begins only after now: where a member of the group begins or ends its life
        there. Nor where what is asked for lies before the latest observation.
        """
        end = 0
        for row in rows:
            if row is not None:
                if row.last > now:
                    return 0
                end = max(end, row.last + row.reach)
        turn = next((turn for turn in kin.turns if turn > now), FOREVER)
        return turn if end <= turn else 0

    def _kin_of(self, device: Device) -> _Kin:
        inventory, members = self.inventory, self.calendar.members(device)
        names = [device.id, *(member.id for member in members)]
        if device.site:
            names += inventory.sites[device.site].services
        names += [one.reach.of for one in (device, *members) if one.reach.kind is ReachKind.INTERFACE]
        turns = {turn for member in members for turn in self.calendar.life(member) if abs(turn) != FOREVER}
        # An upstream that fails up to its grace after the month's end may still be to blame for a second in it.
        settled = self.period.end + max(one.interval for one in (device, *members)) + 1
        sources = tuple(dict.fromkeys(names))
        tracks = tuple([self._track_of(source) for source in sources])
        return _Kin(sources, tracks, tuple(sorted(turns)), settled)

    def _keep(self, name: tuple[str, str], key: Key, states: States) -> Formed:
        edges = sorted((start, end, state) for state in STATES for start, end in states[state])
        formed = Formed(key, next(self._serials), states, edges, [start for start, _, _ in edges])
        self._formed[name] = formed
        return formed


def untouched(sources: Iterable[Source], now: int) -> bool:
    """Say whether nothing was observed since a forming that could change it, and nothing has grown too old since."""
    for track, version, row, reach, last in sources:
        if track.version != version:
            return False
        if row is not None:
            seen = row.last
            if not seen <= now < seen + reach if reach else seen != last:
                return False
    return True


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


def _lengthened(spans: list[Span], end: int) -> list[Span]:
    """Let the last span go on until ``end`` where it ends earlier."""
    if spans and spans[-1].end < end:
        spans[-1] = Span(spans[-1].start, end, spans[-1].outcome)
    return spans


def _cut(spans: list[Span], end: int) -> list[Span]:
    """Leave out what lies after ``end``."""
    return [Span(one.start, min(one.end, end), one.outcome) for one in spans if one.start < end]

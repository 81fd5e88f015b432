"""One month of a city as LK-1 counts it, formed object by object and only where something has changed.

It gives for every second what :func:`netmon.availability.evaluate` would give for the month cut at that second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from netmon.availability import Calendar, FirstLoaded, Observations, States, device_states, group_states
from netmon.model import STATES, Device, Inventory, Period, ReachKind, Span, State
from netmon.state.course import Course
from netmon.tracks import Row, Track

FOREVER = 1 << 60

Key = tuple[object, ...]

Source = tuple[Track, int, Row | None, int, int]
"""What a forming looked at of a track: its version; its latest row, ``None`` where whatever comes to it is of no
account; how far that row reaches, while it may go on (0: it must stay as it is) and, where it may not, its last
second."""


@dataclass(slots=True, eq=False)
class Formed:
    """The states of one object, true for every second that is asked for while its key stays the same.

    From ``first`` to ``until`` a look at the ``sources`` tells that the key is the same still.
    """

    key: Key
    course: Course
    seen: Key | None = None  # a quick look at what it was formed from
    sources: tuple[Source, ...] = ()
    first: int = 0
    until: int = 0

    def holds(self, now: int) -> bool:
        """Say whether it is known at a glance to be right in every second up to ``now``."""
        return self.first <= now < self.until and untouched(self.sources, now)


@dataclass(frozen=True, slots=True)
class _Group:
    """What the devices behind the same group of alternatives have in common.

    ``turns`` are the seconds in which a member of the group begins or ends its life, ``interval`` is the longest of a
    member; what is observed of seconds from ``settled`` on can change nothing in the month for devices whose interval
    is not longer.
    """

    members: tuple[Device, ...]
    turns: tuple[int, ...]
    interval: int
    settled: int


@dataclass(frozen=True, slots=True)
class _Kin:
    """What a device's states are formed from.

    Its ``tracks`` are its own, its group's, its site's services', and those of the routers that links are seen
    through. What is observed of seconds from ``settled`` on can change nothing in the month.
    """

    tracks: tuple[Track, ...]
    group: _Group
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
        self._groups: dict[tuple[str, ...], _Group] = {}  # by the ids of their members
        self._told: dict[Track, Source] = {}  # what was last looked at of those that many are formed from
        self._formed: dict[str, dict[str, Formed]] = {"device": {}, "site": {}, "uplink": {}}

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
        seconds = self.formed(kind, name, now).course.seconds(now)
        return dict(zip(STATES, seconds, strict=True))

    def agreed(self, kind: str, name: str, now: int) -> int:
        """Count the seconds of the whole month, its future too, in which service is agreed."""
        return self.formed(kind, name, now).course.agreed()

    def _form_group(self, kind: str, name: str, now: int) -> Formed:
        members = self.members[kind][name]
        if len(members) == 1:
            return self._form_device(members[0], now)  # LK-1 gives a group of one the state of that one
        formed = self._formed[kind].get(name)
        if formed is not None and formed.holds(now):
            return formed
        parts = [self._form_device(member, now) for member in members]
        key = tuple([part.course for part in parts])
        if formed is None or formed.key != key:
            states = group_states([part.course.states() for part in parts], self.calendar.span)
            formed = self._keep(kind, name, key, states)
        formed.sources = tuple([source for part in parts for source in part.sources])
        formed.first = max([part.first for part in parts])
        formed.until = min([part.until for part in parts])
        return formed

    def _form_device(self, name: str, now: int) -> Formed:
        formed = self._formed["device"].get(name)
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
        key: Key = (
            *[track.version for track in kin.tracks],
            *[end or (row and row.last) for row, end in zip(rows, until, strict=True)],
        )
        if formed is None or formed.key != key:
            spans = [_lengthened(track.spans(), end) for track, end in zip(kin.tracks, until, strict=True)]
            formed = self._form(name, kin, key, spans)
        formed.sources = self._look(kin, rows, [end == FOREVER for end in until])
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
        formed = self._formed["device"].get(name)
        if formed is None or formed.seen != seen:
            spans = [_cut(track.spans(), kin.settled) for track in kin.tracks]
            key = tuple([hash(tuple(one)) for one in spans])
            if formed is None or formed.key != key:
                formed = self._form(name, kin, key, spans)
            formed.seen = seen
        rows = [row if row is not None and row.last + row.reach < kin.settled else None for row in rows]
        formed.sources = self._look(kin, rows, [False] * len(rows))
        formed.first, formed.until = kin.settled, FOREVER
        return formed

    def _form(self, name: str, kin: _Kin, key: Key, spans: list[list[Span]]) -> Formed:
        device = self.inventory.devices[name]
        sources = self._sources_of(device, kin.group)
        observations = Observations(self.inventory, dict(zip(sources, spans, strict=True)))
        return self._keep("device", name, key, device_states(device, self.calendar, observations))

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
        turn = next((turn for turn in kin.group.turns if turn > now), FOREVER)
        return turn if end <= turn else 0

    def _look(self, kin: _Kin, rows: list[Row | None], goes_on: list[bool]) -> tuple[Source, ...]:
        """Tell what is looked at of each track; of a group's it is the same for all devices behind it."""
        own, *others = zip(kin.tracks, rows, goes_on, strict=True)
        return (_source(*own), *[self._shared(_source(*other)) for other in others])

    def _shared(self, source: Source) -> Source:
        track, version, row, *rest = source
        known = self._told.get(track)
        if known is None or known[2] is not row or (known[1], *known[3:]) != (version, *rest):
            known = self._told[track] = source
        return known

    def _kin_of(self, device: Device) -> _Kin:
        group = self._groups.get(device.behind)
        if group is None:
            group = self._groups[device.behind] = self._group_of(device)
        tracks = tuple([self._track_of(source) for source in self._sources_of(device, group)])
        settled = group.settled if device.interval <= group.interval else self._settled(device.interval)
        return _Kin(tracks, group, settled)

    def _group_of(self, device: Device) -> _Group:
        members = tuple(self.calendar.members(device))
        turns = {turn for member in members for turn in self.calendar.life(member) if abs(turn) != FOREVER}
        interval = max([0, *[member.interval for member in members]])
        return _Group(members, tuple(sorted(turns)), interval, self._settled(interval))

    def _settled(self, interval: int) -> int:
        # An upstream that fails up to its grace after the month's end may still be to blame for a second in it.
        return self.period.end + interval + 1

    def _sources_of(self, device: Device, group: _Group) -> list[str]:
        """Name what a device's states are formed from, in the order of its tracks."""
        names = [device.id, *[member.id for member in group.members]]
        if device.site:
            names += self.inventory.sites[device.site].services
        names += [one.reach.of for one in (device, *group.members) if one.reach.kind is ReachKind.INTERFACE]
        return list(dict.fromkeys(names))

    def _keep(self, kind: str, name: str, key: Key, states: States) -> Formed:
        """Keep what was formed, as a course that is known already where it comes out the same."""
        course = Course(states, self.period)
        before = self._formed[kind].get(name)
        if before is not None and before.course.is_like(course):
            course = before.course
        formed = self._formed[kind][name] = Formed(key, course)
        return formed


def _source(track: Track, row: Row | None, goes_on: bool) -> Source:
    if row is None:
        return track, track.version, None, 0, 0
    return (track, track.version, row, row.reach, 0) if goes_on else (track, track.version, row, 0, row.last)


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

"""What is true now: the state of every device, site and uplink, this month so far, and the latest readings.

It computes with the very functions of :mod:`netmon.availability`, object by object and only where something has
changed; what changes with time alone (an observation that has grown old, a window that begins) is found when it is
asked for. Every method takes the clock as a parameter.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from itertools import count

from netmon.availability import (
    Calendar,
    FirstLoaded,
    Observations,
    States,
    device_states,
    group_states,
    month_at,
)
from netmon.measures import MEASURES, format_value
from netmon.measures import series as series_of
from netmon.model import (
    STATES,
    Device,
    Identity,
    Inventory,
    Observation,
    Outcome,
    Period,
    ReachKind,
    Series,
    Span,
    State,
    reach_seconds,
)
from netmon.tracks import Track

KEPT_AFTER_MONTH = 10 * 86400
"""A finished month stays on show this long."""

OUT = frozenset({State.DOWN, State.DOWN_UPSTREAM})


@dataclass(frozen=True, slots=True)
class Now:
    """One object at one second: its state, since when, and its seconds of each state in each shown month."""

    state: State
    since: int
    seconds: Mapping[str, Mapping[State, int]]


@dataclass(slots=True)
class _Formed:
    """States formed for an object, valid as long as ``key`` describes what they were formed from."""

    key: tuple[object, ...]
    serial: int  # tells one forming from the next, since an id() may be given again
    states: States
    edges: list[tuple[int, int, State]]
    settled: list[tuple[int, dict[str, dict[State, int]]]] = field(default_factory=list)


@dataclass(slots=True)
class _Readings:
    """The latest readings of one check as pieces of text by measure."""

    device: str
    fresh_until: float
    pieces: dict[str, str]
    numbers: dict[str, float]  # of the measures that a device has one of


class CityState:
    """What is true now of one inventory."""

    def __init__(
        self, inventory: Inventory, track_of: Callable[[str], Track], first_loaded: FirstLoaded | None
    ) -> None:
        """Begin with what is recorded; ``track_of`` gives the live track of a device or service by id."""
        self._track_of = track_of
        self.last: dict[str, Observation] = {}  # the latest one that decides, by device
        self.last_read: dict[str, Observation] = {}  # the latest one that brought readings or failed to, by check
        self.identities: dict[str, Identity] = {}
        self.observations: Counter[tuple[str, Outcome]] = Counter()
        self.outages: Counter[tuple[str, str]] = Counter()
        self._readings: dict[str, _Readings] = {}
        self._series: dict[tuple[str, str], Series] = {}
        self._out: dict[tuple[str, str], bool] = {}
        self._serials = count()
        self.load(inventory, first_loaded)

    def load(self, inventory: Inventory, first_loaded: FirstLoaded | None) -> None:
        """Go on with another inventory; what was seen of devices that stay is kept."""
        self.inventory = inventory
        self._first_loaded = first_loaded
        self._formed: dict[tuple[str, str], _Formed] = {}
        self._series = {}
        self._calendar: Calendar | None = None
        self.periods: tuple[Period, ...] = ()
        self.devices = {d.id: d for d in inventory.devices.values() if inventory.is_object(d)}
        self.sites = {
            s.id: tuple(d.id for d in inventory.access_points(s))
            for s in inventory.sites.values()
            if not s.planned and inventory.access_points(s)
        }
        self.uplinks = {
            u.id: tuple(d.id for d in inventory.connections(u))
            for u in inventory.uplinks.values()
            if not u.planned and inventory.connections(u)
        }
        self._needs = {name: self._sources(device) for name, device in self.devices.items()}
        gone = {check for check, one in self._readings.items() if one.device not in self.devices}
        for check in gone:
            del self._readings[check]
        for device in set(self.last) - set(self.devices):
            del self.last[device]

    def _sources(self, device: Device) -> tuple[str, ...]:
        """The tracks from which the device's state is formed: its own, its group's, its site's services."""
        inventory = self.inventory
        names = [device.id, *device.behind]
        if device.site:
            names += inventory.sites[device.site].services
        through = [inventory.devices[name] for name in names if name in inventory.devices]
        names += [one.reach.of for one in through if one.reach.kind is ReachKind.INTERFACE]
        return tuple(dict.fromkeys(names))

    # -- taking in ---------------------------------------------------------------------------------------

    def observe(self, seen: Observation) -> None:
        """Take in what a probe saw; the history has it already."""
        device = self.devices.get(seen.check.device)
        if device is None:
            return
        if seen.check.decides:
            self.last[device.id] = seen
            self.observations[device.id, seen.outcome] += 1
            self._count_outages(device, int(seen.at))
        else:
            self.last_read[seen.check.id] = seen
        if seen.identity is not None:
            self.identities[device.id] = seen.identity
        self._keep_readings(device, seen)

    def _count_outages(self, device: Device, now: int) -> None:
        self.device(device.id, now)
        if device.site in self.sites:
            self.site(device.site, now)
        if device.uplink in self.uplinks:
            self.uplink(device.uplink, now)

    def _keep_readings(self, device: Device, seen: Observation) -> None:
        values = [*seen.readings]
        for measure, value in (("icmp_rtt_seconds", seen.rtt), ("icmp_loss_ratio", seen.loss)):
            if value is not None and seen.check.probe == "icmp":
                values.append((self._own_series(device, measure), value))
        if not values:
            return
        pieces: dict[str, list[str]] = {}
        for series, value in values:
            pieces.setdefault(series.measure, []).append(f"{series.line}{format_value(value)}\n")
        until = seen.at + reach_seconds(seen.check.interval)
        texts = {measure: "".join(lines) for measure, lines in pieces.items()}
        numbers = {series.measure: value for series, value in values if not MEASURES[series.measure].labels}
        self._readings[seen.check.id] = _Readings(device.id, until, texts, numbers)

    def _own_series(self, device: Device, measure: str) -> Series:
        found = self._series.get((device.id, measure))
        if found is None:
            found = self._series[device.id, measure] = series_of(measure, device, {})
        return found

    # -- telling -----------------------------------------------------------------------------------------

    def device(self, name: str, now: int) -> Now:
        """Give a device's present.

        Raises:
            KeyError: No such device is an object of the inventory.
        """
        return self._tell(("device", name), self._form_device(name, now), now)

    def site(self, name: str, now: int) -> Now:
        """Give a site's present, formed from its access points.

        Raises:
            KeyError: No such site is an object of the inventory.
        """
        return self._tell(("site", name), self._form_group("site", name, self.sites[name], now), now)

    def uplink(self, name: str, now: int) -> Now:
        """Give an uplink's present, formed from its routers and links.

        Raises:
            KeyError: No such uplink is an object of the inventory.
        """
        return self._tell(("uplink", name), self._form_group("uplink", name, self.uplinks[name], now), now)

    def agreed_in_month(self, kind: str, name: str, now: int) -> int:
        """Count the seconds of the whole current month, its future too, in which service is agreed."""
        members = {"site": self.sites, "uplink": self.uplinks}[kind][name]
        formed = self._form_group(kind, name, members, now)
        start, end = self.periods[-1].start, self.periods[-1].end
        not_agreed = (*formed.states[State.OUT_OF_SERVICE], *formed.states[State.PLANNED])
        return end - start - sum(max(0, min(b, end) - max(a, start)) for a, b in not_agreed)

    def in_service(self, site: str, now: int) -> bool:
        """Say whether a site has been commissioned and not decommissioned, whatever the hour."""
        lives = (self._months(now).life(self.devices[name]) for name in self.sites[site])
        return any(start <= now < end for start, end in lives)

    def active_windows(self, now: int) -> list[tuple[str, str, str]]:
        """Give ``(kind, id, window)`` of every site and uplink that a counted window covers in this second."""
        found = []
        covering = self._months(now).covering
        for window in self.inventory.maintenance.values():
            if window.start <= now < window.end and window.id in covering:
                covered = covering[window.id]
                for kind, groups in (("site", self.sites), ("uplink", self.uplinks)):
                    found += [(kind, name, window.id) for name, members in groups.items() if covered & {*members}]
        return found

    def readings(self, now: float, of: Container[str] | None = None) -> dict[str, list[str]]:
        """Give the pieces of text of every measure that are not older than 2.5 of their intervals.

        ``of`` narrows the devices.
        """
        found: dict[str, list[str]] = {}
        for one in self._readings.values():
            if now < one.fresh_until and (of is None or one.device in of):
                for measure, text in one.pieces.items():
                    found.setdefault(measure, []).append(text)
        return found

    def numbers(self, measure: str, now: float) -> dict[str, float]:
        """Give the fresh values of a measure that a device has one of, by device."""
        return {
            one.device: one.numbers[measure]
            for one in self._readings.values()
            if now < one.fresh_until and measure in one.numbers
        }

    # -- forming -----------------------------------------------------------------------------------------

    def _months(self, now: int) -> Calendar:
        """The calendar of the months on show, made anew when the month changes."""
        if self._calendar is None or not self._calendar.span[0] <= now < self._calendar.span[1] - 1:
            zone = self.inventory.city.zone
            current = month_at(now, zone)
            before = month_at(current.start - 1, zone)
            self.periods = (before, current)
            # A second on both sides lets a stretch be seen to begin or end at the month's edge.
            self._calendar = Calendar(self.inventory, (before.start - 1, current.end + 1), self._first_loaded)
            self._formed.clear()
        return self._calendar

    def _form_device(self, name: str, now: int) -> _Formed:
        calendar = self._months(now)
        tracks = {source: self._track_of(source) for source in self._needs[name]}
        open_ = {source for source, track in tracks.items() if _describes(track, now)}
        key = tuple((track.version, source in open_) for source, track in tracks.items())
        formed = self._formed.get(("device", name))
        if formed is None or formed.key != key:
            # What is being watched goes on until the span's end: as long as the key stays the same, that is true
            # of every second up to now, and nobody asks for a later one.
            spans = {source: _spans(track, calendar.span[1], source in open_) for source, track in tracks.items()}
            states = device_states(self.devices[name], calendar, Observations(self.inventory, spans))
            formed = self._formed["device", name] = _Formed(key, next(self._serials), states, _edges(states))
        return formed

    def _form_group(self, kind: str, name: str, members: tuple[str, ...], now: int) -> _Formed:
        parts = [self._form_device(member, now) for member in members]
        key = tuple(part.serial for part in parts)
        formed = self._formed.get((kind, name))
        if formed is None or formed.key != key:
            states = group_states([part.states for part in parts], self._months(now).span)
            formed = self._formed[kind, name] = _Formed(key, next(self._serials), states, _edges(states))
        return formed

    def _tell(self, name: tuple[str, str], formed: _Formed, now: int) -> Now:
        index = bisect_right(formed.edges, (now, _LATE, State.UP)) - 1
        start, _, state = formed.edges[index]
        out = state in OUT
        if out and not self._out.get(name, False):
            self.outages[name] += 1
        self._out[name] = out
        seconds = self._settled(formed, index)
        told: dict[str, Mapping[State, int]] = {}
        for period in self._shown(now):
            total = dict(seconds[period.label])
            total[state] += max(0, min(now, period.end) - max(start, period.start))
            told[period.label] = total
        since = start
        while out and index > 0 and formed.edges[index - 1][2] in OUT:
            index -= 1
            since = formed.edges[index][0]
        return Now(state, since, told)

    def _shown(self, now: int) -> tuple[Period, ...]:
        before, current = self.periods
        return self.periods if now < before.end + KEPT_AFTER_MONTH else (current,)

    def _settled(self, formed: _Formed, index: int) -> dict[str, dict[State, int]]:
        """The seconds of each shown month before the stretch that is going on."""
        if not formed.settled or formed.settled[0][0] != index:
            sums = {period.label: dict.fromkeys(STATES, 0) for period in self.periods}
            for start, end, state in formed.edges[:index]:
                for period in self.periods:
                    sums[period.label][state] += max(0, min(end, period.end) - max(start, period.start))
            formed.settled = [(index, sums)]
        return formed.settled[0][1]


_LATE = 1 << 62


def _describes(track: Track, now: int) -> bool:
    """Say whether the latest observation still describes this second."""
    row = track.last()
    return row is not None and now < row.last + row.reach


def _spans(track: Track, end: int, goes_on: bool) -> list[Span]:
    spans = track.spans()
    if goes_on and spans:
        spans[-1] = Span(spans[-1].start, max(spans[-1].end, end), spans[-1].outcome)
    return spans


def _edges(states: States) -> list[tuple[int, int, State]]:
    """The stretches of one state in the order of their time."""
    return sorted((start, end, state) for state in STATES for start, end in states[state])

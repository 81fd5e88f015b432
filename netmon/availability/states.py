"""One state for each second: what was observed, attributed upstream, and put in LK-1's order of priority."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from netmon.availability.calendar import FOREVER, Calendar, all_members
from netmon.availability.intervals import Interval, Intervals, intersect, subtract, union
from netmon.model import STATES, Device, Inventory, Outcome, ReachKind, Service, Span, State, reach_seconds

States = Mapping[State, Intervals]
"""The seconds of each state; the seven sets do not overlap and fill the span that was asked for."""

_OUTCOMES = (Outcome.BLIND, Outcome.DOWN, Outcome.UP)  # in one second, the later beats the earlier


def tracks_of(observations: Iterable[tuple[int, str, Outcome]], inventory: Inventory) -> dict[str, list[Span]]:
    """Turn recorded observations ``(at, id, outcome)`` of devices and services into spans by id.

    They may come in any order and more than once. Needs 8 bytes an observation.

    Raises:
        KeyError: An id is neither a device nor a service.
    """
    recorder = Recorder(inventory)
    for at, name, outcome in observations:
        recorder.codes[name].append(at << 2 | _OUTCOMES.index(outcome))
    return recorder.tracks()


class Recorder:
    """Collects observations compactly: ``codes[id].append(at << 2 | CODES[outcome])`` for each of them."""

    CODES: Mapping[str, int] = {outcome.value: index for index, outcome in enumerate(_OUTCOMES)}

    def __init__(self, inventory: Inventory) -> None:
        """Make room for every device and service of an inventory."""
        watched: list[Device | Service] = [*inventory.devices.values(), *inventory.services.values()]
        self._reach = {one.id: reach_seconds(one.interval) for one in watched}
        self.codes: dict[str, array[int]] = {name: array("q") for name in self._reach}

    def tracks(self) -> dict[str, list[Span]]:
        """Give the spans by id, and forget the observations."""
        return {name: _spans(sorted(self.codes.pop(name)), reach) for name, reach in self._reach.items()}


def _spans(codes: Sequence[int], reach: int) -> list[Span]:
    """Cover time by sorted observations: each to the next one, at most as far as it reaches."""
    spans: list[Span] = []
    if not codes:
        return spans
    start = end = before = codes[0] >> 2
    rank = 0
    first = True
    for index, code in enumerate(codes):
        at = code >> 2
        if index + 1 < len(codes) and codes[index + 1] >> 2 == at:
            continue  # of several in one second the last in order is the strongest
        outcome = code & 3
        if first:
            start, rank, first = at, outcome, False
        elif outcome != rank or at > end:
            spans.append(Span(start, min(end, at), _OUTCOMES[rank]))
            start, rank = at, outcome
        before = at
        end = before + reach
    spans.append(Span(start, end, _OUTCOMES[rank]))
    return spans


@dataclass(frozen=True, slots=True)
class Observed:
    """What was observed of one device or service: seconds of each outcome, before anything is applied to them."""

    up: Intervals = field(default_factory=list)
    down: Intervals = field(default_factory=list)
    blind: Intervals = field(default_factory=list)

    @classmethod
    def of(cls, spans: Iterable[Span]) -> Observed:
        """Sort spans by their outcome."""
        sets: dict[Outcome, Intervals] = {outcome: [] for outcome in _OUTCOMES}
        for span in spans:
            sets[span.outcome].append((span.start, span.end))
        return cls(*(union(sets[outcome]) for outcome in (Outcome.UP, Outcome.DOWN, Outcome.BLIND)))

    def seen_through(self, router: Observed) -> Observed:
        """Give what this link is when it is an interface of a router (LK-1, "A link").

        A router that nobody observes does not tell: what it once said of the link is not believed for longer than
        the router itself, or the end of its own coverage would let a pause begin an outage, or end one.
        """
        return Observed(
            intersect(self.up, router.up),
            union(router.down, intersect(self.down, router.up)),
            union(router.blind, intersect(self.blind, router.up)),
        )


class Observations:
    """What was observed of each device of an inventory, worked out when first asked for."""

    def __init__(self, inventory: Inventory, tracks: Mapping[str, Sequence[Span]]) -> None:
        """Take the spans by device or service id."""
        self._inventory = inventory
        self._tracks = tracks
        self._memo: dict[str, Observed] = {}

    def of(self, name: str) -> Observed:
        """Give what was observed of a device or service; nothing where it has no spans."""
        found = self._memo.get(name)
        if found is None:
            found = self._told(name)
            device = self._inventory.devices.get(name)
            if device is not None and device.reach.kind is ReachKind.INTERFACE:
                found = found.seen_through(self._told(device.reach.of))
            self._memo[name] = found
        return found

    def _told(self, name: str) -> Observed:
        """Give what its own observations say; those of what is planned to come are ignored."""
        device = self._inventory.devices.get(name)
        if device is not None and not self._inventory.is_object(device):
            return Observed()
        return Observed.of(self._tracks.get(name, ()))


def attributed(device: Device, calendar: Calendar, observations: Observations) -> Intervals:
    """Give the seconds in which the device is down because of its upstream (LK-1, "Upstream").

    A stretch in which the device was observed down that shares a second with a stretch in which its whole group
    was, belongs to the group as far as that stretch, widened by the grace, goes.
    """
    own = observations.of(device.id).down
    members = calendar.members(device)
    if not own or not members:
        return []
    lives = [(calendar.life(member), observations.of(member.id).down) for member in members]
    # Of all members, living in this stretch or not: else a missing observation, which cuts a stretch in two, would
    # change the grace of its far end, and LK-1 says that it changes nothing there.
    grace = max(device.interval, *(member.interval for member in members))
    found: list[Interval] = []
    for stretch in all_members(lives, (-FOREVER, FOREVER)):
        widened = (stretch[0] - grace, stretch[1] + grace + calendar.inventory.settings.recovery_grace)
        # Those of its own stretches that share a second with this one follow each other.
        first = bisect_right(own, stretch[0], key=_end)
        last = bisect_left(own, stretch[1], lo=first, key=_start)
        if first < last:
            found += intersect(own[first:last], [widened])
    return union(found)


def _start(interval: Interval) -> int:
    return interval[0]


def _end(interval: Interval) -> int:
    return interval[1]


def device_states(device: Device, calendar: Calendar, observations: Observations) -> States:
    """Give a device's seconds of each state within the calendar's span."""
    span = [calendar.span]
    agreed = calendar.agreed(device)
    planned = intersect(calendar.planned(device), agreed)
    rest = subtract(agreed, planned)
    seen = observations.of(device.id)
    answering = intersect(seen.up, rest)
    silent = intersect(seen.down, rest)
    degraded = intersect(answering, _service_failures(device, calendar.inventory, observations))
    upstream = intersect(silent, attributed(device, calendar, observations)) if silent else []
    return {
        State.UP: subtract(answering, degraded),
        State.DEGRADED: degraded,
        State.DOWN: subtract(silent, upstream),
        State.DOWN_UPSTREAM: upstream,
        State.UNKNOWN: subtract(subtract(rest, answering), silent),
        State.PLANNED: planned,
        State.OUT_OF_SERVICE: subtract(span, agreed),
    }


def _service_failures(device: Device, inventory: Inventory, observations: Observations) -> Intervals:
    """The seconds in which a service that affects the Wi-Fi of an access point's site was observed failing."""
    site = inventory.sites.get(device.site)
    if site is None or device not in inventory.access_points(site):
        return []
    services = (inventory.services[name] for name in site.services)
    return union(*(observations.of(service.id).down for service in services if service.affects_wifi))


def group_states(members: Sequence[States], span: Interval) -> States:
    """Form the state of a site from its access points, or of an uplink from its alternatives."""

    def any_of(*states: State) -> Intervals:
        return union(*(member[state] for member in members for state in states))

    taking_part = any_of(State.UP, State.DEGRADED, State.DOWN, State.DOWN_UPSTREAM, State.UNKNOWN)
    not_up = any_of(State.DEGRADED, State.DOWN, State.DOWN_UPSTREAM, State.UNKNOWN)
    serving = any_of(State.UP, State.DEGRADED)
    up = subtract(taking_part, not_up)
    dark = subtract(taking_part, serving)
    unknown = intersect(dark, any_of(State.UNKNOWN))
    silent = subtract(dark, unknown)
    down = intersect(silent, any_of(State.DOWN))
    planned = subtract(any_of(State.PLANNED), taking_part)
    return {
        State.UP: up,
        State.DEGRADED: subtract(serving, up),
        State.DOWN: down,
        State.DOWN_UPSTREAM: subtract(silent, down),
        State.UNKNOWN: unknown,
        State.PLANNED: planned,
        State.OUT_OF_SERVICE: subtract(subtract([span], taking_part), planned),
    }


def state_at(states: States, second: int) -> State:
    """Give the state of one second.

    Raises:
        ValueError: The second lies outside the span for which the states were formed.
    """
    for state in STATES:
        if any(start <= second < end for start, end in states[state]):
            return state
    raise ValueError(f"no state was formed for the second {second}")

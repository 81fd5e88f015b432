"""Figures of a period: seconds, ratios, outages, incidents, roll-ups (LK-1, "Figures, always together")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from netmon.availability.intervals import Intervals, any_between, contains, seconds, union
from netmon.availability.states import States
from netmon.model import STATES, Period, State

Seconds = Mapping[State, int]


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds of each state in a period, and the ratios that LK-1 forms of them; ``None`` where none can be formed."""

    seconds: Seconds

    @property
    def agreed(self) -> int:
        """Seconds in which service was agreed: all but out of service and planned."""
        return sum(self.seconds.values()) - self.seconds[State.OUT_OF_SERVICE] - self.seconds[State.PLANNED]

    @property
    def observed(self) -> int:
        """Agreed seconds whose state is known."""
        return self.agreed - self.seconds[State.UNKNOWN]

    @property
    def completeness(self) -> float | None:
        """Observed part of the agreed time."""
        return _ratio(self.observed, self.agreed)

    @property
    def availability(self) -> float | None:
        """Part of the observed time in which it answered."""
        return _ratio(self._answering, self.observed)

    @property
    def usable(self) -> float | None:
        """Part of the observed time in which nothing was amiss."""
        return _ratio(self.seconds[State.UP], self.observed)

    @property
    def lower(self) -> float | None:
        """Availability if all unknown time had been down."""
        return _ratio(self._answering, self.agreed)

    @property
    def upper(self) -> float | None:
        """Availability if all unknown time had been up."""
        return _ratio(self._answering + self.seconds[State.UNKNOWN], self.agreed)

    @property
    def attributable(self) -> float | None:
        """Availability without what is put down to the upstream."""
        return _ratio(self._answering + self.seconds[State.DOWN_UPSTREAM], self.observed)

    @property
    def _answering(self) -> int:
        return self.seconds[State.UP] + self.seconds[State.DEGRADED]

    def uncertainty(self, interval: int, edges: int) -> float | None:
        """Give the ± that is printed beside a share: interval x outage edges ÷ agreed time."""
        return _ratio(interval * edges, self.agreed)

    def judged(self, target: float | None, completeness: float) -> str:
        """Hold the figures against a target: ``met``, ``missed``, ``insufficient`` (evidence) or ``none``."""
        if target is None or self.availability is None or self.completeness is None:
            return "none"
        if self.completeness < completeness:
            return "insufficient"
        return "met" if self.availability >= target else "missed"


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def seconds_of(states: States, period: Period) -> dict[State, int]:
    """Count the seconds of each state in a period."""
    return {state: seconds(states[state], period.start, period.end) for state in STATES}


def add_up(parts: Iterable[Seconds]) -> dict[State, int]:
    """Add seconds of several objects, state by state."""
    total = dict.fromkeys(STATES, 0)
    for part in parts:
        for state, count in part.items():
            total[state] += count
    return total


@dataclass(frozen=True, slots=True)
class Outage:
    """A maximal stretch of ``down`` or ``down_upstream``, cut to the period.

    ``incident`` numbers the object's incidents that touch the period, from 1. A beginning or end is seen where the
    neighbouring second is up or degraded.
    """

    start: int
    end: int
    attribution: str  # device, upstream or mixed
    incident: int
    begin_seen: bool
    end_seen: bool
    carried_in: bool
    carried_out: bool


@dataclass(frozen=True, slots=True)
class Incident:
    """Outages without an answer between them, over all recorded time; ``length`` is their down seconds."""

    outages: Intervals
    begin_seen: bool
    end_seen: bool

    @property
    def length(self) -> int:
        """Seconds in which it was down."""
        return sum(end - start for start, end in self.outages)


@dataclass(frozen=True, slots=True)
class Reliability:
    """Outages that touch a period, and how often and how long things failed."""

    outages: tuple[Outage, ...]
    incidents: int
    mttr_seconds: float | None
    mtbf_seconds: float | None


def incidents_of(states: States, serving: Intervals) -> list[Incident]:
    """Group the outages of all recorded time into incidents; ``serving``: the seconds with an answer."""
    groups: list[Intervals] = []
    for start, end in union(states[State.DOWN], states[State.DOWN_UPSTREAM]):
        if groups and not any_between(serving, groups[-1][-1][1], start):
            groups[-1].append((start, end))
        else:
            groups.append([(start, end)])
    return [Incident(group, contains(serving, group[0][0] - 1), contains(serving, group[-1][1])) for group in groups]


def reliability(states: States, period: Period) -> Reliability:
    """Give the outages, incidents, MTTR and MTBF of a period."""
    serving = union(states[State.UP], states[State.DEGRADED])
    found = incidents_of(states, serving)
    touching = [one for one in found if any(s < period.end and e > period.start for s, e in one.outages)]
    begun = sum(period.start <= one.outages[0][0] < period.end for one in found)
    repaired = [
        one.length
        for one in found
        if one.begin_seen and one.end_seen and period.start < one.outages[-1][1] <= period.end
    ]
    outages = [
        _cut(stretch, number, states, serving, period)
        for number, one in enumerate(touching, 1)
        for stretch in one.outages
        if stretch[0] < period.end and stretch[1] > period.start
    ]
    return Reliability(
        tuple(outages),
        begun,
        sum(repaired) / len(repaired) if repaired else None,
        seconds(serving, period.start, period.end) / begun if begun else None,
    )


def _cut(stretch: tuple[int, int], incident: int, states: States, serving: Intervals, period: Period) -> Outage:
    start, end = max(stretch[0], period.start), min(stretch[1], period.end)
    own = any_between(states[State.DOWN], start, end)
    upstream = any_between(states[State.DOWN_UPSTREAM], start, end)
    return Outage(
        start=start,
        end=end,
        attribution="mixed" if own and upstream else "device" if own else "upstream",
        incident=incident,
        begin_seen=start == stretch[0] and contains(serving, start - 1),
        end_seen=end == stretch[1] and contains(serving, end),
        carried_in=start > stretch[0],
        carried_out=end < stretch[1],
    )

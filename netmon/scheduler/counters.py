"""What the scheduler counts about itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from netmon.model import Failure


@dataclass(slots=True)
class ProbeCounters:
    """The counts of one probe since the start; durations and lateness are seconds.

    A round is one turn of a check and gives one observation; a request is one call of the probe (a round has more
    than one when a failure is confirmed; witnesses are asked without a round). ``late`` counts rounds begun more than
    a second after their time, ``skipped`` rounds that were left out because the one before still ran or because the
    monitor stood still. ``failures`` counts the rounds that ended so.
    """

    rounds: int = 0
    requests: int = 0
    failures: Counter[Failure] = field(default_factory=Counter)
    late: int = 0
    late_seconds_max: float = 0.0
    skipped: int = 0
    duration_sum: float = 0.0
    duration_count: int = 0


@dataclass(slots=True)
class Counters:
    """All that is counted: by the probe's name, and what belongs to none.

    ``bugs`` are exceptions of our own code, ``standstills`` times in which the event loop was held up for more than a
    second, ``clock_jumps`` steps of the wall clock by more than two seconds.
    """

    probes: dict[str, ProbeCounters] = field(default_factory=dict)
    bugs: int = 0
    standstills: int = 0
    clock_jumps: int = 0

    def of(self, probe: str) -> ProbeCounters:
        """Give the counts of a probe, beginning them if it has none yet."""
        found = self.probes.get(probe)
        if found is None:
            found = self.probes[probe] = ProbeCounters()
        return found

"""Repeats checks: spreads, limits and times them, confirms failures, and never stops for a bug.

``rounds`` decides when a check is asked, ``confirm`` when a failure is a failure, ``witness`` whether the monitor
itself is cut off, ``faults`` whether it was at fault in another way. ``asking`` is the one way to call a probe.
"""

from netmon.scheduler.checks import checks_of
from netmon.scheduler.counters import Counters, ProbeCounters
from netmon.scheduler.rounds import Scheduler, first_turn
from netmon.scheduler.witness import Witnesses

__all__ = ["Counters", "ProbeCounters", "Scheduler", "Witnesses", "checks_of", "first_turn"]

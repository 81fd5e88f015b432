"""The one way to call a probe: whatever it does, an observation comes back."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from netmon.model import Check, Failure, Observation
from netmon.probes import Probe
from netmon.scheduler.bugs import Bugs
from netmon.scheduler.counters import Counters

_TIMEOUTS: Final = 5
"""A probe bounds itself by the check's timeout; one that still runs after this many of them has a bug."""

_LATE: Final = 0.5
"""A timer that is late by so many seconds was held up: the loop stood still."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An observation, and on the monotonic clock (seconds) when it was begun, its first packet sent, and ended."""

    observation: Observation
    start: float
    sent: float
    end: float


class Asker:
    """Calls probes by name, counts what they take, and turns their bugs into ``Failure.INTERNAL``."""

    def __init__(
        self,
        probes: Mapping[str, Probe],
        counters: Counters,
        bugs: Bugs,
        *,
        wall: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        """Keep what is needed to ask; both clocks give seconds."""
        self._probes = probes
        self._counters = counters
        self._bugs = bugs
        self._wall = wall
        self._monotonic = monotonic
        self._patience: dict[float, _Patience] = {}  # by its length

    async def ask(self, check: Check) -> Answer:
        """Call the check's probe once; raises nothing but the running task's cancellation."""
        counters = self._counters.of(check.probe)
        counters.requests += 1
        wall, start = self._wall(), self._monotonic()
        observation: Observation | None = None
        with self._bugs.caught():
            observation = await self._call(check, wall)
        end = self._monotonic()
        counters.duration_sum += end - start
        counters.duration_count += 1
        if observation is None:
            observation = Observation(check, wall, Failure.INTERNAL, detail=self._bugs.last, duration=end - start)
        sent = start + min(max(observation.at - wall, 0.0), end - start)
        return Answer(observation, start, sent, end)

    async def _call(self, check: Check, wall: float) -> Observation:
        limit = max(check.interval, _TIMEOUTS * check.timeout)
        patience = self._patience.get(limit)
        if patience is None:
            patience = self._patience[limit] = _Patience(limit)
        try:
            async with asyncio.timeout(None) as deadline:
                patience.begin(deadline)
                try:
                    return await self._probes[check.probe](check)
                finally:
                    patience.end(deadline)
        except TimeoutError as late:
            if not deadline.expired():
                raise
            # Not the device's failure: a probe that hangs has not seen that nothing came.
            self._bugs.note(late)
            detail = f"the probe {check.probe} did not end within {limit:g} s"
            return Observation(check, wall, Failure.INTERNAL, detail=detail, duration=limit)


class _Patience:
    """Lets deadlines pass ``seconds`` after they began, anew those that ended while the loop stood still.

    After a standstill all timers are overdue at once, these as well as the probe's own: it would end probes whose
    answer is about to be read. Nearly all probes end by themselves, so one timer serves all: it looks at whoever has
    waited longest.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends: dict[asyncio.Timeout, float] = {}  # in the order of their time
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, deadline: asyncio.Timeout) -> None:
        self._ends[deadline] = asyncio.get_running_loop().time() + self._seconds
        if self._timer is None:
            self._wait()

    def end(self, deadline: asyncio.Timeout) -> None:
        self._ends.pop(deadline, None)

    def _wait(self) -> None:
        """Ring when the first of them ends."""
        first = next(iter(self._ends.values()), None)
        self._timer = None if first is None else asyncio.get_running_loop().call_at(first, self._ring)

    def _ring(self) -> None:
        now = asyncio.get_running_loop().time()
        for deadline, ends in list(itertools.takewhile(lambda item: item[1] <= now, self._ends.items())):
            del self._ends[deadline]
            if now - ends > _LATE:
                self._ends[deadline] = now + self._seconds
            else:
                deadline.reschedule(now)
        self._wait()

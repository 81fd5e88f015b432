"""Whether the monitor itself was at fault: its loop stood still, its buffer overflowed, its clock jumped."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Final

from netmon.scheduler.counters import Counters

log = logging.getLogger(__name__)

_TICK: Final = 0.1
_NOTED: Final = 0.1  # shorter lags are the ordinary course of a loop
_STANDSTILL: Final = 1.0 - _TICK  # a timer that is late by this was held up for up to a second
_JUMP: Final = 2.0
_KEPT: Final = 2000  # lags of 0.1 s and more: those of the last 200 s at least, longer than any round


class LocalFaults:
    """Watches the monitor itself; all moments are seconds on the monotonic clock.

    A timer that is due each quarter of a second measures how long the loop was held up; the difference of the two
    clocks tells when the wall clock was set.
    """

    def __init__(
        self,
        counters: Counters,
        *,
        wall: Callable[[], float],
        monotonic: Callable[[], float],
        overflowed_at: Callable[[], float],
    ) -> None:
        """Count into ``counters``; ``overflowed_at`` says when packets were last seen to be dropped."""
        self._counters = counters
        self._wall = wall
        self._monotonic = monotonic
        self._overflowed_at = overflowed_at
        self._lags: deque[tuple[float, float]] = deque(maxlen=_KEPT)
        self._offset = wall() - monotonic()
        self._jumped_at = float("-inf")
        self._due: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to watch, in the running loop."""
        self._due = self._monotonic() + _TICK
        self._timer = asyncio.get_running_loop().call_later(_TICK, self._tick)

    def stop(self) -> None:
        """Watch no longer."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._due = None

    def since(self, start: float) -> str:
        """Say in a sentence which fault since ``start`` can have lost an answer; empty if none.

        While the loop stands still answers lie in the buffer, and afterwards timers may run out before they are read.
        """
        lag = self._lag_since(start)
        if lag > _STANDSTILL:
            return f"the monitor itself stood still for {lag:.1f} s"
        if self._overflowed_at() >= start:
            return "the monitor's receive buffer overflowed"
        return ""

    def jumped_since(self, start: float) -> bool:
        """Say whether the wall clock was set since ``start``."""
        self._compare_clocks()
        return self._jumped_at >= start

    def _lag_since(self, start: float) -> float:
        now = self._monotonic()
        # The timer may be overdue this very moment: whoever asks may run before it.
        worst = 0.0 if self._due is None else max(0.0, now - self._due)
        for end, lag in reversed(self._lags):
            if end < start:
                break
            worst = max(worst, lag)
        return worst

    def _tick(self) -> None:
        now = self._monotonic()
        lag = now - self._due if self._due is not None else 0.0
        if lag > _NOTED:
            self._lags.append((now, lag))
        if lag > _STANDSTILL:
            self._counters.standstills += 1
            log.warning("the event loop stood still for %.1f s: failures meanwhile are not the devices'", lag)
        self._compare_clocks()
        self.start()

    def _compare_clocks(self) -> None:
        now = self._monotonic()
        offset = self._wall() - now
        jump, self._offset = offset - self._offset, offset
        if abs(jump) > _JUMP:
            self._jumped_at = now
            self._counters.clock_jumps += 1
            log.warning("the wall clock was set by %+.1f s", jump)

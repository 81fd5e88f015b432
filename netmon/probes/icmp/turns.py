"""Whose turn is next, with one timer for thousands: a heap of timers costs more than what they set off."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar

_TICK: Final = 0.005  # seconds that a turn may be late, so that one waking of the loop serves several
_BATCH: Final = 100  # turns at once: what is answered meanwhile is read in between


class Waiting(Protocol):
    """What may have a turn, as long as it is not done."""

    done: asyncio.Future[None]


T = TypeVar("T", bound=Waiting)


class Row(Generic[T]):
    """Those who wait equally long for their turn, in the order in which they came, with one timer for all."""

    def __init__(self, wait: float, act: Callable[[list[T]], None]) -> None:
        """Wait in the running loop: ``wait`` is seconds, ``act`` is given those whose turn it is."""
        self._wait = wait
        self._act = act
        self._loop = asyncio.get_running_loop()
        self._queue: deque[tuple[float, T]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, each: T) -> None:
        """Let one wait from now on; who is done meanwhile has no turn."""
        due = self._loop.time() + self._wait
        self._queue.append((due, each))
        if self._timer is None:
            self._timer = self._loop.call_at(due + _TICK, self._turn)

    def is_empty(self) -> bool:
        """Say whether nobody waits."""
        return not self._queue

    def clear(self) -> None:
        """Send all away."""
        self._queue.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _turn(self) -> None:
        queue, now = self._queue, self._loop.time()
        turns: list[T] = []
        while queue and len(turns) < _BATCH:
            due, each = queue[0]
            if not each.done.done():
                if due > now:
                    break
                turns.append(each)
            queue.popleft()
        self._timer = self._loop.call_at(queue[0][0] + _TICK, self._turn) if queue else None
        self._act(turns)

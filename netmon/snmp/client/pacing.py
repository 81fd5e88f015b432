"""How fast packets may follow each other, and until when each may be answered. The clock is a parameter."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

_BURST: Final = 32  # datagrams at once: 64 overflow the socket of a weak agent
_PACE: Final = 0.002  # seconds between bursts


class Pace:
    """Lets so many packets go without a pause, and then makes one."""

    __slots__ = ("_last", "_left")

    def __init__(self) -> None:
        """Begin after a pause."""
        self._left = _BURST
        self._last = -math.inf

    def take(self, now: float) -> bool:
        """Say whether a packet may go now, and count it."""
        if now - self._last >= _PACE:
            self._left = _BURST
        elif self._left <= 0:
            return False
        self._left -= 1
        self._last = now
        return True

    def stop(self) -> None:
        """Make the pause now: the system takes no more."""
        self._left = 0

    def pause(self, now: float) -> float:
        """Give the seconds until a packet may go."""
        return max(self._last + _PACE - now, 0.0) if self._left <= 0 else 0.0


class Timers:
    """When the time of each request is over: a queue for each length of time, in which the earliest comes first.

    ``deadline_of`` gives a request's deadline by its id, ``None`` for one that is no longer under way: timers are never
    taken back, they are dropped when they come up.
    """

    def __init__(self, deadline_of: Callable[[int], float | None]) -> None:
        """Begin with none."""
        self._deadline_of = deadline_of
        self._queues: dict[float, deque[tuple[float, int]]] = {}

    def add(self, seconds: float, deadline: float, request_id: int) -> None:
        """Note when the time of a request is over that was given so many seconds."""
        queue = self._queues.get(seconds)
        if queue is None:
            queue = self._queues[seconds] = deque()
        queue.append((deadline, request_id))

    def has_due(self, now: float) -> bool:
        """Say whether the time of any is over."""
        return any(self._first(queue) <= now for queue in self._queues.values())

    def due(self, now: float) -> Iterator[int]:
        """Take out those whose time is over."""
        for seconds, queue in tuple(self._queues.items()):
            while self._first(queue) <= now:
                yield queue.popleft()[1]
            if not queue:
                self._queues.pop(seconds, None)

    def next(self) -> float:
        """Say when the next comes up; ``inf``: none."""
        return min(map(self._first, self._queues.values()), default=math.inf)

    def clear(self) -> None:
        """Forget all."""
        self._queues.clear()

    def _first(self, queue: deque[tuple[float, int]]) -> float:
        """Give the earliest deadline that still holds, without those before it."""
        while queue:
            deadline, request_id = queue[0]
            if self._deadline_of(request_id) == deadline:
                return deadline
            queue.popleft()
        return math.inf

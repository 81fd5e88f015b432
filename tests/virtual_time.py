"""An event loop whose clock is a number: an hour of rounds takes a moment and nothing depends on the machine.

The clock leaps to the next timer whenever nothing is ready, and stands still otherwise.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class _Leaps(selectors.BaseSelector):
    """Waits for nothing: the time that the loop would wait is added to its clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self._real = selectors.DefaultSelector()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._real.select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("everybody waits and no timer is set")
            self.now += max(timeout, 0.0)
        return ready

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def close(self) -> None:
        self._real.close()

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """A loop that begins at second 1000 and lets time pass at no cost."""

    def __init__(self) -> None:
        """Begin at 1000 s, so that moments before the test exist."""
        self._leaps = _Leaps()
        self._leaps.now = 1000.0
        super().__init__(self._leaps)

    def time(self) -> float:
        """Give the virtual seconds."""
        return self._leaps.now

    def stand_still(self, seconds: float) -> None:
        """Let the time pass in which the loop does nothing, as ``time.sleep`` in a callback does."""
        self._leaps.now += seconds


def run_virtually(story: Callable[[VirtualTimeLoop], Awaitable[T]]) -> T:
    """Run an async function, which is given the loop, to its end in virtual time."""

    async def tell() -> T:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        return await story(loop)

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(tell())

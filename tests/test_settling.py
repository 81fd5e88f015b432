"""The garbage collector and what lives long."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable

import pytest

from netmon.cli.settling import keep_settled


class Thing:
    """Something that can hold itself."""

    itself: object = None


async def until(condition: Callable[[], bool]) -> None:
    """Wait for it."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - a condition, not an event
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def _thawed() -> object:
    gc.unfreeze()  # a test before may have left something frozen: then the wait below would be over at once
    yield None
    gc.unfreeze()


async def test_what_lives_is_frozen_and_garbage_is_not() -> None:
    """A circle that nobody holds any more is collected before the rest is frozen."""
    lost = Thing()
    lost.itself = lost
    gone = weakref.ref(lost)
    del lost
    task = asyncio.create_task(keep_settled(0.01))
    await until(lambda: gc.get_freeze_count() > 0)
    task.cancel()
    assert gone() is None


async def test_what_was_frozen_and_is_garbage_now_is_found_in_the_end() -> None:
    """Nothing leaks for longer than a day, or it is less than a tenth of everything."""
    kept = Thing()
    kept.itself = kept
    gone = weakref.ref(kept)
    gc.freeze()
    del kept
    gc.collect()
    assert gone() is not None
    task = asyncio.create_task(keep_settled(0.01, turns=2))
    await until(lambda: gone() is None)
    task.cancel()

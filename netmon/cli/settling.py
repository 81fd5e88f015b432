"""What lives long is kept out of the garbage collector's sight: it would stop the loop to look at all of it."""

from __future__ import annotations

import asyncio
import gc
import itertools
from typing import Final

_EVERY: Final = 5.0
_TURNS: Final = 17280
"""Once in so many turns (a day) it is asked whether what was frozen may have become garbage."""

_GROWN: Final = 1.1
"""By this factor more is frozen than after everything was last looked at: then it is looked at again."""

_THRESHOLDS: Final = (20_000, 10, 1000)
"""More objects than are made and lost again in a round; a full collection comes by :func:`keep_settled`."""


def look_seldom() -> None:
    """Let the garbage collector begin by itself only where very much is left over; for the whole process.

    Nearly everything is freed without it: what it looks for are circles.
    """
    gc.set_threshold(*_THRESHOLDS)


def settle() -> None:
    """Free what is left over of reading large files or building a city, so that its memory is used again."""
    gc.collect()
    gc.freeze()


async def keep_settled(every: float = _EVERY, turns: int = _TURNS, grown: float = _GROWN) -> None:
    """Freeze what has lived for a while, each ``every`` seconds, for ever.

    Plans and series of 10,000 devices are five million objects: a full collection takes three seconds of the loop,
    and would come again and again, because devices are met and readings are replaced all the time. What is new since
    the last turn takes some milliseconds.
    """
    settled = 0
    for turn in itertools.count(1):
        await asyncio.sleep(every)
        if turn % turns == 0 and gc.get_freeze_count() > settled * grown:
            gc.unfreeze()
            settle()
            settled = gc.get_freeze_count()
        settle()

"""What lives long is kept out of the garbage collector's sight: it would stop the loop to look at all of it."""

from __future__ import annotations

import asyncio
import gc
import itertools
from typing import Final

_EVERY: Final = 120.0
_TURNS: Final = 720
"""Once in so many turns (a day) everything is looked at again: what was frozen may have become garbage."""


async def keep_settled(every: float = _EVERY, turns: int = _TURNS) -> None:
    """Freeze what has lived for a while, each ``every`` seconds, for ever.

    Plans and series of 2,000 devices are 900,000 objects: a full collection takes half a second of the loop and comes
    once a minute, because readings are replaced all the time. What is new since the last turn takes a tenth of that.
    """
    for turn in itertools.count(1):
        await asyncio.sleep(every)
        if turn % turns == 0:
            gc.unfreeze()
        gc.collect()
        gc.freeze()

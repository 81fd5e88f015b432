"""The garbage collector, told to wait while something large is built of which nearly everything stays."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nothing_collected() -> Iterator[None]:
    """Build without looking for cycles; what is counted out is freed as ever.

    An inventory and a month's spans are millions of objects that refer to each other and stay. Going through all of
    them again and again, and finding nothing, takes a third of the time of a report. It is for commands that end,
    not for the service: the collector is the whole process's.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

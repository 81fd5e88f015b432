"""Where exceptions of our own code end, so that the service goes on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import Final

from netmon.scheduler.counters import Counters

log = logging.getLogger(__name__)

_QUIET: Final = 60.0
"""Seconds for which a place in the code that has shown its traceback stays quiet."""


class Bugs:
    """Counts and logs our own exceptions; ``last`` says where the last one came from."""

    def __init__(self, counters: Counters, monotonic: Callable[[], float]) -> None:
        """Count into ``counters.bugs``; ``monotonic`` gives seconds."""
        self.last = ""
        self._counters = counters
        self._monotonic = monotonic
        self._shown: dict[str, float] = {}

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Run the body and let none of its exceptions out, save the cancellation of the running task.

        A ``CancelledError`` that nobody asked for (a future that somebody else cancelled) is a bug like others.
        """
        try:
            yield
        except asyncio.CancelledError as cancelled:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            self.note(cancelled)
        except Exception as bug:
            self.note(bug)

    def note(self, bug: BaseException) -> None:
        """Count an exception and log its traceback, once a minute for each place it comes from."""
        self._counters.bugs += 1
        place = _place_of(bug)
        # The message may quote what was sent or received, so only the place goes into observations.
        self.last = f"{type(bug).__name__} in {place}"
        now = self._monotonic()
        shown = self._shown.get(place)
        if shown is None or now - shown >= _QUIET:
            self._shown[place] = now
            log.error("a bug of netmon's own: %s", self.last, exc_info=bug)


def _place_of(bug: BaseException) -> str:
    if isinstance(bug, BaseExceptionGroup):
        return _place_of(bug.exceptions[0])
    trace = bug.__traceback__
    if trace is None:
        return "an unknown place"
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{PurePath(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"

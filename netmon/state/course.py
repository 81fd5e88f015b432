"""The states of one object in the order of their time, kept in as few bytes as they need.

A city of 10,000 devices has 20,000 of them in each month on show.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from netmon.availability import States
from netmon.model import STATES, Period, State

OUT: Final = frozenset({State.DOWN, State.DOWN_UPSTREAM})

Seconds = tuple[int, ...]
"""Seconds of each state, in the order of :data:`STATES`."""

_BITS: Final = 3
_MASK: Final = (1 << _BITS) - 1
_NUMBERED: Final = tuple(enumerate(STATES))


class Course:
    """Stretches of one state each, which fill a span of time without gaps; not to be changed.

    The same one stands for every object that is formed from it alone, so that what is counted in it is kept with it.
    """

    __slots__ = ("_agreed", "_counted", "_counted_to", "_period", "_turns")

    def __init__(self, states: States, period: Period) -> None:
        """Take the seconds of each state, which together fill the time up to a month's end and that second itself."""
        # A turn is its second and, in the lowest bits, the number of the state that begins.
        self._turns = array(
            "q", sorted([start << _BITS | number for number, state in _NUMBERED for start, _ in states[state]])
        )
        self._period = period
        self._counted: Seconds = ()
        self._counted_to = -1
        self._agreed = -1

    def is_like(self, other: Course) -> bool:
        """Say whether another one of the same month is the same in every second."""
        return self._turns == other._turns

    def index(self, now: int) -> int:
        """Give the position of the stretch that holds a second."""
        return bisect_right(self._turns, now << _BITS | _MASK) - 1

    def start(self, index: int) -> int:
        """Say when a stretch begins."""
        return self._turns[index] >> _BITS

    def end(self, index: int) -> int:
        """Say when a stretch ends."""
        index += 1
        return self._turns[index] >> _BITS if index < len(self._turns) else self._period.end + 1

    def state(self, index: int) -> State:
        """Give the state of a stretch."""
        return STATES[self._turns[index] & _MASK]

    def is_out(self, index: int) -> bool:
        """Say whether a stretch is part of an outage."""
        return self.state(index) in OUT

    def states(self) -> States:
        """Give the seconds of each state."""
        found: dict[State, list[tuple[int, int]]] = {state: [] for state in STATES}
        for turn, end in zip(self._turns, self._ends(), strict=True):
            found[STATES[turn & _MASK]].append((turn >> _BITS, end))
        return found

    def since(self, index: int) -> int | None:
        """Say when a stretch began; an outage with its first stretch. ``None``: before anything that is looked at."""
        if self.is_out(index):
            while index > 0 and self.is_out(index - 1):
                index -= 1
        return self.start(index) if index > 0 else None

    def outages(self, since: int, until: int) -> Iterator[int]:
        """Give the beginnings, latest first, of the outages that go on after ``since`` and begin by ``until``."""
        goes_on = False
        for index in range(self.index(until), -1, -1):
            if self.end(index) <= since and not goes_on:
                return
            is_out = self.is_out(index)
            goes_on = is_out and index > 0 and self.is_out(index - 1)
            if is_out and not goes_on:
                yield self.start(index)

    def before(self, index: int) -> Seconds:
        """Count the seconds of the month in the stretches before one."""
        if self._counted_to != index:
            first, counted = self._period.start, [0] * len(STATES)
            for turn, end in zip(self._turns[:index], self._ends(), strict=False):
                if end > first:
                    counted[turn & _MASK] += end - max(turn >> _BITS, first)
            self._counted, self._counted_to = tuple(counted), index
        return self._counted

    def seconds(self, now: int) -> Seconds:
        """Count the seconds of the month up to a second, or up to its end."""
        last = min(now, self._period.end)
        index = self.index(last)
        counted = [*self.before(index)]
        counted[self._turns[index] & _MASK] += max(0, last - max(self.start(index), self._period.start))
        return tuple(counted)

    def agreed(self) -> int:
        """Count the seconds of the whole month, its future too, in which service is agreed."""
        if self._agreed < 0:
            first, last = self._period.start, self._period.end
            states = self.states()
            not_agreed = (*states[State.OUT_OF_SERVICE], *states[State.PLANNED])
            self._agreed = last - first - sum([max(0, min(b, last) - max(a, first)) for a, b in not_agreed])
        return self._agreed

    def _ends(self) -> list[int]:
        return [*[turn >> _BITS for turn in self._turns[1:]], self._period.end + 1]

"""Pure: observations of one check, one after the other, become rows; rows become spans.

A row is one stretch of one outcome: it holds the first and the last observation of the stretch and how far an
observation of it reaches, so that a month of the same answer is one row. What lies between two rows, further
than they reach, was not observed (LK-1, "Coverage of an observation").
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from netmon.model import Outcome, Span

_RANK = {Outcome.UP: 2, Outcome.DOWN: 1, Outcome.BLIND: 0}


@dataclass(slots=True)
class Row:
    """A stretch of observations with one outcome: from the one at ``start`` to the one at ``last``.

    It describes ``[start, min(next row's start, last + reach))``.
    """

    start: int
    last: int
    reach: int
    outcome: Outcome


class Change(StrEnum):
    """What an observation did to a track."""

    NOTHING = "nothing"  # it was known already
    EXTENDED = "extended"  # the row's ``last`` moved
    NEW = "new"  # a row began
    CORRECTED = "corrected"  # a better answer in the same second took the place of a row's start
    REFUSED = "refused"  # it contradicts what is recorded for that time


class Track:
    """The rows of one check in the order of their time; ``version`` grows with all but an extension of the latest."""

    __slots__ = ("rows", "version")

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        """Begin with recorded rows."""
        self.rows: list[Row] = sorted(rows, key=lambda row: row.start)
        self.version = len(self.rows)

    def add(self, at: int, outcome: Outcome, reach: int) -> tuple[Change, Row]:
        """Take in one observation and tell what it changed, with the row that now holds it.

        Observations may come in any order as long as they do not fall inside a recorded stretch of another
        outcome: such a one is refused, since what lies around it can no longer be told. In one second ``up``
        beats ``down`` beats ``blind``.
        """
        rows = self.rows
        index = len(rows) - 1 if rows and at >= rows[-1].start else bisect_right(rows, at, key=_start) - 1
        row = rows[index] if index >= 0 else None
        if row is not None and at <= row.last:
            return self._inside(row, index, at, outcome, reach)
        if row is not None and row.outcome is outcome and row.reach == reach and at <= row.last + reach:
            row.last = at
            self.version += row is not rows[-1]
            return Change.EXTENDED, row
        return Change.NEW, self._insert(index + 1, Row(at, at, reach, outcome))

    def _insert(self, index: int, row: Row) -> Row:
        self.rows.insert(index, row)
        self.version += 1
        return row

    def _inside(self, row: Row, index: int, at: int, outcome: Outcome, reach: int) -> tuple[Change, Row]:
        """Place an observation that is not later than a row's last one."""
        if row.outcome is outcome or (at == row.last and _RANK[outcome] < _RANK[row.outcome]):
            return Change.NOTHING, row
        if at != row.last:
            return Change.REFUSED, row
        self.version += 1
        if row.start == row.last:
            row.outcome, row.reach = outcome, reach
            return Change.CORRECTED, row
        # The better answer of this second begins a row; the stretch before it ends one second earlier, and its
        # coverage is cut by the new row anyway.
        row.last = at - 1
        return Change.NEW, self._insert(index + 1, Row(at, at, reach, outcome))

    def spans(self) -> list[Span]:
        """Give the spans that the rows describe, sorted, without overlaps; neighbours of one outcome are joined."""
        return list(_joined(self.rows))

    def last(self) -> Row | None:
        """The latest row, or ``None`` where nothing was ever observed."""
        return self.rows[-1] if self.rows else None


def rows_of(spans: Iterable[Span], reach: int) -> list[Row]:
    """Give the rows that describe just these spans, which are sorted, do not overlap, and were seen with one reach."""
    return [Row(span.start, max(span.start, span.end - reach), reach, span.outcome) for span in spans]


def _start(row: Row) -> int:
    return row.start


def _joined(rows: list[Row]) -> Iterator[Span]:
    start = end = 0
    outcome: Outcome | None = None
    for index, row in enumerate(rows):
        stop = row.last + row.reach
        if index + 1 < len(rows):
            stop = min(stop, rows[index + 1].start)
        if outcome is row.outcome and row.start == end:
            end = stop
            continue
        if outcome is not None:
            yield Span(start, end, outcome)
        start, end, outcome = row.start, stop, row.outcome
    if outcome is not None:
        yield Span(start, end, outcome)

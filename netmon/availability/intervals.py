"""Sets of seconds as sorted lists of half-open intervals that neither overlap nor touch."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

Interval = tuple[int, int]
Intervals = list[Interval]


def union(*sets: Iterable[Interval]) -> Intervals:
    """Give the seconds that are in any of the sets; the sets may be unsorted and overlap within themselves."""
    given = [interval for one in sets for interval in one if interval[0] < interval[1]]
    if len(given) < 2:  # noqa: PLR2004 -- nothing to merge
        return given
    given.sort()
    merged: Intervals = []
    start, end = given[0]
    for a, b in given:
        if a > end:
            merged.append((start, end))
            start, end = a, b
        elif b > end:
            end = b
    merged.append((start, end))
    return merged


def intersect(left: Intervals, right: Intervals) -> Intervals:
    """Give the seconds that are in both sets."""
    common: Intervals = []
    i = j = 0
    while i < len(left) and j < len(right):
        start = max(left[i][0], right[j][0])
        end = min(left[i][1], right[j][1])
        if start < end:
            common.append((start, end))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return common


def subtract(left: Intervals, right: Intervals) -> Intervals:
    """Give the seconds of ``left`` that are not in ``right``."""
    if not left or not right:
        return left
    rest: Intervals = []
    j = 0
    for start, end in left:
        while j < len(right) and right[j][1] <= start:
            j += 1
        k = j
        while k < len(right) and right[k][0] < end:
            if right[k][0] > start:
                rest.append((start, right[k][0]))
            start = max(start, right[k][1])  # noqa: PLW2901 -- the part before it is settled
            k += 1
        if start < end:
            rest.append((start, end))
    return rest


def seconds(of: Intervals, start: int, end: int) -> int:
    """Count the seconds of a set that lie in ``[start, end)``."""
    return sum(min(b, end) - max(a, start) for a, b in of if b > start and a < end)


def contains(of: Intervals, second: int) -> bool:
    """Say whether the second is in the set."""
    index = bisect_right(of, second, key=_start)
    return index > 0 and second < of[index - 1][1]


def any_between(of: Intervals, start: int, end: int) -> bool:
    """Say whether any second of ``[start, end)`` is in the set."""
    index = bisect_right(of, start, key=_start)
    if index > 0 and start < of[index - 1][1] and start < end:
        return True
    return index < len(of) and of[index][0] < end


def _start(interval: Interval) -> int:
    return interval[0]

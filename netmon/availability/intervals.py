"""Sets of seconds as sorted lists of half-open intervals that neither overlap nor touch."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from math import inf

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
    if not left or not right:
        return common
    i = j = 0
    (a, b), (c, d) = left[0], right[0]
    while True:  # a report spends its time here: each interval is taken apart once, and nothing is called
        start = a if a > c else c  # noqa: FURB136 -- as above
        end = b if b < d else d  # noqa: FURB136 -- as above
        if start < end:
            common.append((start, end))
        if b < d:
            i += 1
            if i == len(left):
                return common
            a, b = left[i]
        else:
            j += 1
            if j == len(right):
                return common
            c, d = right[j]


def subtract(left: Intervals, right: Intervals) -> Intervals:
    """Give the seconds of ``left`` that are not in ``right``."""
    if not left or not right:
        return left
    rest: Intervals = []
    j, last = 0, len(right) - 1
    a, b = right[0]
    for start, end in left:
        while a < end:
            if a > start:
                rest.append((start, a))
            start = max(start, b)  # noqa: PLW2901 -- the part before it is settled
            if b > end or j == last:
                break
            j += 1
            a, b = right[j]
        if start < end:
            rest.append((start, end))
    return rest


def seconds(of: Intervals, start: int, end: int) -> int:
    """Count the seconds of a set that lie in ``[start, end)``."""
    return sum([min(b, end) - max(a, start) for a, b in of if b > start and a < end])


def contains(of: Intervals, second: int) -> bool:
    """Say whether the second is in the set."""
    index = bisect_right(of, (second, inf))
    return index > 0 and second < of[index - 1][1]


def any_between(of: Intervals, start: int, end: int) -> bool:
    """Say whether any second of ``[start, end)`` is in the set."""
    index = bisect_right(of, (start, inf))
    if index > 0 and start < of[index - 1][1] and start < end:
        return True
    return index < len(of) and of[index][0] < end

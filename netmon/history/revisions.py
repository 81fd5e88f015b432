"""The inventories that were accepted, and when each was in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Revision:
    """An accepted inventory: in force since ``at`` (``None``: since ever); ``files`` are texts by relative name."""

    at: int | None
    revision: str
    files: Mapping[str, str]


def in_force(times: list[tuple[int, int | None]]) -> Iterator[tuple[int, float, float]]:
    """Give number, since, until of each revision; the times are in the order of acceptance."""
    for index, (number, at) in enumerate(times):
        since = float("-inf") if at is None else at
        if index + 1 == len(times):
            yield number, since, float("inf")
            continue
        after = times[index + 1][1]
        yield number, since, since if after is None else max(after, since + 1)

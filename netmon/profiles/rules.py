"""What a profile may say by its words and still cannot mean: mistakes that no device would ever show."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from netmon.profiles.nodes import Node
from netmon.profiles.words import Add, Aggregate, Constant, FirstOf, Get, Join, Ratio, Source

ONLINE: Final = "online"
"""The state of an access point that serves; every other is not up."""

_AS_SUCH: Final = {"mac": "mac", "address": "address"}


def parts(source: Source | None) -> Iterator[Source]:
    """Give the sources of which one is made that are no others' frames."""
    match source:
        case FirstOf(sources=several) | Add(sources=several) | Join(sources=several):
            for one in several:
                yield from parts(one)
        case Ratio(part=part, whole=whole, free=free):
            for given in (part, whole, *free):
                yield from parts(given)
        case None:
            return
        case _:
            yield source


def check_count(source: Source, node: Node) -> None:
    """Refuse a count that is 0 on a device that has not even the table.

    Raises:
        ProfileError: It names no column that tells whether there could be rows.
    """
    for one in parts(source):
        if isinstance(one, Aggregate) and one.how == "count" and not one.exists:
            raise node.wrong(
                "count needs exists: a column that has rows on every such device, so that an empty table is 0 and "
                "one that is not there is no reading"
            )


def check_own_rows(source: Source | None, node: Node) -> None:
    """Refuse to give each row of a table the whole of another's column.

    Raises:
        ProfileError: It does not say which rows are the row's own.
    """
    for one in parts(source):
        if isinstance(one, Aggregate) and one.matches is None:
            raise node.wrong(
                f"{one.how} needs matches (and by) here: without them each row gets the whole column, like "
                "{sum: …, by: {get: index, index: 6}, matches: index}"
            )


def check_state(source: Source, node: Node) -> None:
    """Refuse a state that can never be online: all access points would be called down.

    Raises:
        ProfileError: No value of it is ``online``.
    """
    meant: list[str] = []
    for one in parts(source):
        if isinstance(one, Constant):
            meant.append(one.text)
        elif isinstance(one, Get):
            meant += [str(text) for _, text in one.map]
            if not one.map and (one.transforms or one.pattern):
                return  # a text of the device's own
    if ONLINE not in meant:
        near = difflib.get_close_matches(ONLINE, [text.lower() for text in meant], 1)
        hint = f" (write {ONLINE} in small letters)" if near == [ONLINE] else ""
        raise node.wrong(f'must say which values are online: map: {{"1": {ONLINE}, "2": offline}}{hint}')


def as_such(field: str, source: Source) -> Source:
    """Let an address be written as people write it where the profile does not say how: its octets are no text."""
    transform = _AS_SUCH.get(field)
    if transform is None:
        return source
    if isinstance(source, FirstOf):
        return FirstOf(tuple(as_such(field, one) for one in source.sources))
    if isinstance(source, Get) and not source.transforms and not source.pattern and not source.map:
        return replace(source, transforms=(transform,))
    return source

"""Raw data as a YAML file gave it, each value with the way to it, so that every mistake can be named."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from netmon.profiles.words import ProfileError

_T = TypeVar("_T")

MOST: Final = 2**64 - 1
"""The largest number that a profile may hold: no cell is larger."""

_DEEPEST: Final = 40  # keys and places, one in the other; profiles need about ten
_OID: Final = re.compile(r"(?:[0-2]|)(?:\.(?:0|[1-9][0-9]{0,9}))+")


@dataclass(frozen=True, slots=True)
class Node:
    """A value and the way to it; what reads it raises :class:`ProfileError`."""

    value: Any
    path: tuple[str | int, ...]

    def __post_init__(self) -> None:
        """Refuse what is nested without end."""
        if len(self.path) > _DEEPEST:
            raise ProfileError(self.path[:_DEEPEST], "is nested too deeply")

    def wrong(self, message: str) -> ProfileError:
        """Make the mistake of this value."""
        return ProfileError(self.path, message)

    def mapping(self, allowed: frozenset[str] | set[str]) -> dict[str, Node]:
        """Give a mapping's values by key; other keys than these are a mistake."""
        if not isinstance(self.value, Mapping):
            raise self.wrong("must be a mapping")
        for key in self.value:
            if key not in allowed:
                near = difflib.get_close_matches(str(key), allowed, n=1)
                hint = f" (did you mean {near[0]}?)" if near else f" (known: {', '.join(sorted(allowed))})"
                raise ProfileError((*self.path, str(key)), f"unknown key{hint}")
        return {key: Node(value, (*self.path, key)) for key, value in self.value.items()}

    def items(self) -> Iterator[Node]:
        """Give a list's values."""
        if not isinstance(self.value, list | tuple):
            hint = ': put "- " before its first key' if isinstance(self.value, Mapping) else ""
            raise self.wrong(f"must be a list{hint}")
        return (Node(value, (*self.path, place)) for place, value in enumerate(self.value))

    def text(self) -> str:
        """Give a text that is not empty."""
        if not isinstance(self.value, str) or not self.value:
            raise self.wrong("must be a text")
        return self.value

    def label(self) -> str:
        """Give a text, which may be empty."""
        return self.value if self.value == "" else self.text()

    def texts(self) -> tuple[str, ...]:
        """Give one text or number, or a list of them, as texts."""
        given = list(self.items()) if isinstance(self.value, list) else [self]
        for one in given:
            if isinstance(one.value, bool) or not isinstance(one.value, int | str):
                raise one.wrong("must be a whole number or a text")
            if isinstance(one.value, int) and abs(one.value) > MOST:
                raise one.wrong(f"must be at most {MOST}")
        return tuple(str(one.value) for one in given)

    def oids(self) -> tuple[str, ...]:
        """Give one object identifier, or a list of them."""
        return tuple(item.oid() for item in self.items()) if isinstance(self.value, list) else (self.oid(),)

    def flag(self) -> bool:
        """Give true or false."""
        if not isinstance(self.value, bool):
            raise self.wrong("must be true or false")
        return self.value

    def number(self, least: int = 1) -> int:
        """Give a whole number."""
        if not isinstance(self.value, int) or isinstance(self.value, bool) or self.value < least:
            raise self.wrong(f"must be a whole number, at least {least}")
        if self.value > MOST:
            raise self.wrong(f"must be at most {MOST}")
        return self.value

    def oid(self) -> str:
        """Give an object identifier."""
        if not isinstance(self.value, str) or not _OID.fullmatch(self.value) or not _can_be_sent(self.value):
            raise self.wrong(
                'must be a numeric object identifier in quotes or with at least two dots, like "1.3.6.1.2.1"'
            )
        return self.value

    def regex(self) -> str:
        """Give a regular expression."""
        try:
            re.compile(self.text())
        except (re.error, OverflowError, RecursionError) as error:
            raise self.wrong(f"is no regular expression: {error}") from None
        return self.text()

    def name_of(self, known: Mapping[str, object], what: str) -> str:
        """Give a name that is known."""
        name = self.text()
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise self.wrong(f"unknown {what} {name!r}" + (f" (did you mean {near[0]}?)" if near else ""))
        return name


def _can_be_sent(oid: str) -> bool:
    """Say whether an identifier has as many and as large numbers as one may (X.690, section 8.19; RFC 2578, 7.1.3)."""
    numbers = [int(part) for part in oid.removeprefix(".").split(".")]
    if len(numbers) > 120 or max(numbers) >= 2**32:  # noqa: PLR2004
        return False
    return oid.startswith(".") or numbers[0] == 2 or numbers[1] < 40  # noqa: PLR2004


def optional(fields: Mapping[str, Node], key: str, read: Callable[[Node], _T], default: _T) -> _T:
    """Read a key's value; the default where it is not there."""
    return read(fields[key]) if key in fields else default

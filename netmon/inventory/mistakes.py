"""What can be wrong with an inventory, said so that the person who wrote it can put it right."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Protocol

COMPARISONS = 200_000
"""How many words a run compares to suggest the nearest: a renamed uplink must not turn a second into minutes."""

LONGEST = 60
"""Characters of a value that a message repeats."""


class Located(Protocol):
    """Anything that stands somewhere in a file; lines count from 1."""

    @property
    def file(self) -> str:
        """The file's name below the inventory folder."""

    @property
    def line(self) -> int:
        """The line."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file that is no YAML node."""

    file: str
    line: int = 1


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake; ``str`` gives its line ``FILE:LINE: KEY: what is wrong (what to write instead)``."""

    file: str
    line: int
    key: str
    what: str
    instead: str = ""

    def __str__(self) -> str:
        """Give the line that people read."""
        tail = f" ({self.instead})" if self.instead else ""
        return f"{self.file}:{self.line}: {self.key}: {self.what}{tail}"


class InventoryError(Exception):
    """The inventory has mistakes: all of them, sorted by file and line. ``str`` gives a line for each."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        """Sort them and leave out what was found twice."""
        self.mistakes: tuple[Mistake, ...] = tuple(sorted(set(mistakes)))
        super().__init__("\n".join(map(str, self.mistakes)))


class Wrong(Exception):  # noqa: N818 -- a finding about a value on its way to the report, not an error of the program
    """A value is wrong; whoever knows the key and the line makes a mistake of it."""

    def __init__(self, what: str, instead: str = "") -> None:
        """Keep both halves of the message."""
        super().__init__(what)
        self.what = what
        self.instead = instead


def quote(text: str) -> str:
    """Give a value in double quotes, on one line and not too long."""
    short = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    return json.dumps(short, ensure_ascii=not short.isprintable())


def listed(words: Iterable[str]) -> str:
    """Give words as people list choices: ``a, b or c``."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


class Report:
    """Collects the mistakes and warnings of one run."""

    def __init__(self) -> None:
        """Start with neither."""
        self.mistakes: list[Mistake] = []
        self._warnings: list[Mistake] = []
        self._comparisons = 0

    def mistake(self, at: Located, key: str, what: str, instead: str = "") -> None:
        """Note a mistake at a place of a file."""
        self.mistakes.append(_mistake(at, key, what, instead))

    def warning(self, at: Located, key: str, what: str, instead: str = "") -> None:
        """Note something that is allowed and yet probably not meant."""
        self._warnings.append(_mistake(at, key, what, instead))

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings as lines of the same form as mistakes."""
        return tuple(map(str, sorted(set(self._warnings))))

    def nearest(self, word: str, known: Collection[str]) -> str:
        """Give the known word that is most like this one, ``""`` where none is or after too many comparisons."""
        if self._comparisons + len(known) > COMPARISONS or len(word) > LONGEST:
            return ""
        self._comparisons += len(known)
        return next(iter(get_close_matches(word, known, 1)), "")


def _mistake(at: Located, key: str, what: str, instead: str) -> Mistake:
    shown = key if key.isprintable() and len(key) <= 2 * LONGEST else quote(key)
    return Mistake(at.file, at.line, shown or "file", what, instead)

"""What all harnesses share: the form of one, and bytes taken apart into choices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

Trial = Callable[[bytes], None]
"""Tries one input; an exception is a finding."""


@dataclass(frozen=True, slots=True)
class Harness:
    """What is tried, beginning with which inputs, how often, and how many bytes an input has at most."""

    opened: Callable[[], AbstractContextManager[Trial]]
    seeds: Callable[[], Sequence[bytes]]
    runs: int
    longest: int


class Supply:
    """Gives the bytes of an input in portions; zeros when there are no more."""

    def __init__(self, data: bytes) -> None:
        """Begin at the first byte."""
        self._data = data
        self._at = 0

    @property
    def is_empty(self) -> bool:
        """Whether all has been given."""
        return self._at >= len(self._data)

    def number(self, size: int = 1) -> int:
        """Give a number of so many bytes."""
        return int.from_bytes(self.portion(size).ljust(size, b"\0"), "big")

    def portion(self, size: int) -> bytes:
        """Give so many bytes, fewer at the end."""
        taken = self._data[self._at : self._at + size]
        self._at += size
        return taken

    def text(self) -> bytes:
        """Give bytes whose count, below 65536, stands in two bytes before them."""
        return self.portion(self.number(2))

    def rest(self) -> bytes:
        """Give all that is left."""
        return self.portion(len(self._data))

    def edited(self, whole: bytes) -> bytes:
        """Give ``whole`` changed as the supply says: up to fifteen times a place, and what to flip there."""
        changed = bytearray(whole)
        for _ in range(self.number() & 15):
            place, bits = self.number(2), self.number()
            if changed:
                changed[place % len(changed)] ^= bits
        return bytes(changed)


def text(content: bytes) -> bytes:
    """Write bytes as :meth:`Supply.text` reads them."""
    return len(content).to_bytes(2, "big") + content


def edits(*changes: tuple[int, int]) -> bytes:
    """Write changes, each a place and bits, as :meth:`Supply.edited` reads them."""
    return bytes((len(changes),)) + b"".join(place.to_bytes(2, "big") + bytes((bits,)) for place, bits in changes)

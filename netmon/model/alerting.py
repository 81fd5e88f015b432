"""The words of who is on an outage, and of what people write about it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

NAME_LONGEST: Final = 60
NOTE_LONGEST: Final = 500
"""Characters of a name, and of what it says."""

_UNSEEN: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
_TURNING: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""What turns the direction of writing: with it a text shows something else than it says."""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Somebody is on an outage: of which ``kind`` (``device``, ``site``, ``uplink``) and id, who, what, since when.

    It holds for the outage that was open at ``at`` and for no other, and changes no figure.
    """

    kind: str
    id: str
    by: str
    note: str
    at: int


def plain(text: str, longest: int) -> str:
    """Give what a person wrote as one line without blanks around it.

    Raises:
        ValueError: It is blank, longer than ``longest`` characters, or holds characters that are not for reading.
    """
    told = text.strip()
    if not told:
        raise ValueError("is blank: write something")
    if len(told) > longest:
        raise ValueError(f"is longer than {longest} characters: shorten it")
    if any(unicodedata.category(one) in _UNSEEN or one in _TURNING for one in told):
        raise ValueError("holds control characters or line breaks: write one line of text")
    return told

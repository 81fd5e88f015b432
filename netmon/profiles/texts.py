"""Labels and identity: the texts that are read once, at the first contact."""

from __future__ import annotations

import re
from typing import Final

from netmon.measures import clean
from netmon.model import Identity
from netmon.profiles.asking import absolute, named
from netmon.profiles.plan import Answers
from netmon.profiles.transforms import TEXT_TRANSFORMS, Cell, text_of
from netmon.profiles.words import SYS_OBJECT_ID, Add, Constant, Entry, FirstOf, Get, Profile, Source

LONGEST_TEXT: Final = 2000
"""A pattern looks at no more characters than these."""


class Texts:
    """Gives labels and identity: the texts that are read once, at the first contact."""

    def __init__(self, answers: Answers, root: str) -> None:
        """Read from these answers."""
        self.answers = answers
        self.root = root

    def place(self, get: Get, index: str) -> str:
        """Name the instance that a source means in a row (``index`` is empty outside tables)."""
        oid = absolute(get.oid, self.root)
        if not index:
            return oid
        if get.index:
            parts = index.split(".")
            index = ".".join(parts[: get.index] if get.index > 0 else parts[get.index :])
        return f"{oid}.{index}"

    def cell(self, get: Get, index: str) -> Cell:
        """Give the cell that a source means."""
        if not index:
            return self.answers.cells.get(absolute(get.oid, self.root))
        place = self.place(get, index)
        oid = absolute(get.oid, self.root)
        return self.answers.rows(oid).get(place[len(oid) + 1 :])

    def text(self, source: Source, index: str = "") -> str:
        """Give a source's text; empty where the device gives none."""
        match source:
            case Constant(text=text):
                return text
            case FirstOf(sources=several) | Add(sources=several):
                return next((text for one in several if (text := self.text(one, index))), "")
            case Get(oid="index"):
                return index
            case Get():
                return self._of_cell(source, self.cell(source, index))
            case _:
                return ""

    def _of_cell(self, get: Get, cell: Cell) -> str:
        text = text_of(cell)[:LONGEST_TEXT]
        if get.pattern:
            found = re.search(get.pattern, text)
            text = (found[1] if found.re.groups else found[0]) or "" if found else ""
        for name in get.transforms:
            text = TEXT_TRANSFORMS[name](text)
        return text

    def applies(self, entry: Entry, index: str) -> bool:
        """Say whether a table's column is for this row."""
        if entry.without and self.cell(Get(entry.without), index) is not None:
            return False
        return not entry.when or bool(self.text(Get(entry.when), index))

    def origin(self, source: Source, index: str) -> Get | None:
        """Give the one cell from which a row's text comes; ``None`` where no cell vouches for it."""
        match source:
            case FirstOf(sources=several):
                return next((self.origin(one, index) for one in several if self.text(one, index)), None)
            case Get() if source.oid != "index" and self.cell(source, index) is not None:
                return source
            case _:
                return None


def identity_of(profile: Profile, answers: Answers) -> Identity:
    """Read what a device says it is."""
    texts = Texts(answers, root_of(profile, answers))
    said = {key: clean(texts.text(source)) for key, source in profile.system.items() if key != "uptime"}
    return Identity(profile=profile.name, vendor=profile.vendor, **said)


def root_of(profile: Profile, answers: Answers) -> str:
    """Give what stands before the profile's relative objects; empty where it has none."""
    return text_of(answers.cells.get(SYS_OBJECT_ID)) if profile.root else ""


def access_points(profile: Profile, answers: Answers) -> tuple[dict[str, str], ...]:
    """List the access points that a controller reports: what the profile knows of each."""
    texts = Texts(answers, root_of(profile, answers))
    out = []
    for listing in profile.access_points:
        columns = [absolute(oid, texts.root) for oid, _ in named(listing.values(), in_table=True)]
        indexes = dict.fromkeys(index for column in columns for index in answers.rows(column))
        out += [{key: clean(texts.text(source, index)) for key, source in listing.items()} for index in indexes]
    return tuple(out)

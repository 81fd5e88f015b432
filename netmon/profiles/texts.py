"""Labels and identity: the texts that are read once, at the first contact."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from netmon.measures import clean
from netmon.model import Identity
from netmon.profiles.asking import absolute
from netmon.profiles.filling import Rows
from netmon.profiles.plan import Answers
from netmon.profiles.transforms import TEXT_TRANSFORMS, Cell, text_of
from netmon.profiles.words import (
    SYS_OBJECT_ID,
    Add,
    Constant,
    Entry,
    First,
    FirstOf,
    Get,
    Join,
    Piece,
    Profile,
    Source,
    Where,
)

LONGEST_TEXT: Final = 2000
"""A pattern looks at no more characters than these."""


def piece_of(index: str, piece: Piece | None) -> str:
    """Take a piece of an index; all of it where no piece is said."""
    return index if piece is None else ".".join(index.split(".")[slice(*piece)])


@lru_cache(1024)
def _meanings(get: Get) -> Mapping[str, str]:
    return {text: str(meant) for text, meant in get.map}


def _of_cell(get: Get, cell: Cell) -> str:
    """Give the text that a cell means."""
    if get.unknown and text_of(cell) in get.unknown:
        return ""
    if get.pattern:
        found = re.search(get.pattern, text_of(cell)[:LONGEST_TEXT])
        cell = (found[1] if found.re.groups else found[0]) if found else None
    for name in get.transforms:
        cell = TEXT_TRANSFORMS[name](cell)
    text = text_of(cell)[:LONGEST_TEXT]
    return _meanings(get).get(text, text) if get.map else text


def text_in(columns: Mapping[str, Rows], source: Source, index: str, root: str = "") -> str:
    """Give the text of a source in a row of these columns; empty where the device gives none."""
    match source:
        case Constant(text=text):
            return text
        case FirstOf(sources=several) | Add(sources=several):
            return next((text for one in several if (text := text_in(columns, one, index, root))), "")
        case Join(sources=several):
            return "/".join(filter(None, [text_in(columns, one, index, root) for one in several]))
        case First(get=get):
            return text_in(columns, get, first_row(columns, source, root), root)
        case Get():
            piece = piece_of(index, source.index)
            is_index = source.oid == "index"
            return _of_cell(source, piece if is_index else columns.get(absolute(source.oid, root), {}).get(piece))
        case _:
            return ""


def hold(wheres: tuple[Where, ...], columns: Mapping[str, Rows], index: str, root: str = "") -> bool:
    """Say whether a row fulfils all conditions."""
    return all(
        where.holds(
            index
            if where.column == "index"
            else text_of(columns.get(absolute(where.column, root), {}).get(index))[:LONGEST_TEXT]
        )
        for where in wheres
    )


def first_row(columns: Mapping[str, Rows], first: First, root: str = "") -> str:
    """Give the index of the row that is meant; empty where there is none."""
    rows = columns.get(absolute(first.get.oid, root), {})
    return next((index for index in rows if hold(first.where, columns, index, root)), "")


class Texts:
    """Gives labels and identity: the texts that are read once, at the first contact."""

    def __init__(self, answers: Answers, root: str) -> None:
        """Read from these answers."""
        self.answers = answers
        self.root = root

    def place(self, get: Get, index: str) -> str:
        """Name the instance that a source means in a row (``index`` is empty outside tables)."""
        oid = absolute(get.oid, self.root)
        return f"{oid}.{piece_of(index, get.index)}" if index else oid

    def cell(self, get: Get, index: str) -> Cell:
        """Give the cell that a source means."""
        oid = absolute(get.oid, self.root)
        if not index:
            return self.answers.cells.get(oid)
        return self.answers.rows(oid).get(piece_of(index, get.index))

    def text(self, source: Source, index: str = "") -> str:
        """Give a source's text; empty where the device gives none."""
        if index:
            return text_in(self.answers.columns, source, index, self.root)
        match source:
            case FirstOf(sources=several) | Add(sources=several):
                return next((text for one in several if (text := self.text(one))), "")
            case Join(sources=several):
                return "/".join(filter(None, map(self.text, several)))
            case Get():
                return _of_cell(source, self.cell(source, ""))
            case _:
                return text_in(self.answers.columns, source, "", self.root)

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
            case Join(sources=several):
                return next((found for one in several if (found := self.origin(one, index))), None)
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

"""A table as office programs save it: any of their encodings, separators and headers, read with the lines kept."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from netmon.inventory import Mistake

_SEPARATORS: Final = (";", ",", "\t")
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LONGEST: Final = 60
_ALIASES: Final = {
    "lat": "latitude",
    "lintang": "latitude",
    "lon": "longitude",
    "long": "longitude",
    "lng": "longitude",
    "bujur": "longitude",
    "ip": "address",
    "ip_address": "address",
    "site_id": "site",
    "uplink_id": "uplink",
    "device_id": "device",
    "site_name": "name",
    "kelurahan_code": "kelurahan",
    "kode_kelurahan": "kelurahan",
    "ssid": "ssids",
    "pillar": "pillars",
}
"""Other headers that are understood."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what stands in its columns, empty cells left out."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table; ``encoding`` is how its bytes were read, ``line`` where its ``columns`` are named."""

    rows: tuple[Row, ...]
    encoding: str
    columns: tuple[str, ...]
    line: int = 1


class Mistakes:
    """Collects what is wrong with one file."""

    def __init__(self, file: str) -> None:
        """Start with none."""
        self.file = file
        self.found: list[Mistake] = []

    def add(self, line: int, column: str, what: str, instead: str = "") -> None:
        """Note a mistake by line and column."""
        self.found.append(Mistake(self.file, line, column, what, instead))


def read_sheet(data: bytes, columns: Sequence[str], mistakes: Mistakes) -> Sheet:
    """Read a table that may have these columns; what is wrong with it is noted, and the rest is read."""
    text, encoding = _decoded(data, mistakes)
    known = frozenset(columns)
    header: list[str] = []
    begun = 1
    rows: list[Row] = []
    for line, cells in _lines(text, mistakes):
        if not header:
            header, begun = _header(cells, line, columns, mistakes), line
        else:
            rows.append(_row(cells, line, header, mistakes, known))
    if not header and not mistakes.found:
        mistakes.add(1, "file", "is empty", f"begin with a line of columns: {', '.join(columns[:6])}, …")
    return Sheet(tuple(rows), encoding, tuple(header), begun)


def _decoded(data: bytes, mistakes: Mistakes) -> tuple[str, str]:
    """Give the text: UTF-16 by its mark, else UTF-8, else what Windows of western Europe and Indonesia writes."""
    encodings = ("utf-16",) if data.startswith(_UTF_16) else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            return data.decode(encoding), encoding.removesuffix("-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
    mistakes.add(line, "file", "is no text that can be read", "save it as CSV UTF-8")
    return "", encodings[-1]


def _lines(text: str, mistakes: Mistakes) -> Iterator[tuple[int, list[str]]]:
    """Give the lines that say something, with their numbers; those that begin with ``#`` are remarks."""
    told, separator = _separator(text)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = rows.line_num + 1
        try:
            cells = [" ".join(cell.split()) for cell in next(rows)]
        except StopIteration:
            return
        except csv.Error as error:
            mistakes.add(line, "row", f"is no line of a table: {error}", "look at the quotes")
            return
        if any(cells) and not cells[0].startswith("#") and line != told:
            yield line, cells


def _separator(text: str) -> tuple[int, str]:
    """Give the line that names the separator (0: none does) and the separator itself."""
    for number, line in enumerate(text.splitlines(), 1):
        if named := re.fullmatch(r'"?sep=(.)"?', line.strip(" \r\n")):
            return number, named[1]
        if line.strip(" \t;,") and not line.startswith("#"):
            return 0, max(_SEPARATORS, key=re.sub(r'"[^"]*"', "", line).count)
    return 0, ","


def _header(cells: Sequence[str], line: int, columns: Sequence[str], mistakes: Mistakes) -> list[str]:
    names = [_ALIASES.get(name, name) for cell in cells for name in [re.sub(r"[\s-]+", "_", cell.lower())]]
    for written, name in zip(cells, names, strict=True):
        if name and name not in columns:
            near = get_close_matches(name, columns, 1)
            how = f"write {near[0]}, or remove the column" if near else f"write one of {', '.join(columns)}"
            mistakes.add(line, _short(written), "is no column", how)
        elif name and names.count(name) > 1 and not any(each.key == name for each in mistakes.found):
            mistakes.add(line, name, "is there twice", "keep one")
    return names


def _row(cells: Sequence[str], line: int, header: Sequence[str], mistakes: Mistakes, known: frozenset[str]) -> Row:
    found: dict[str, str] = {}
    for place, cell in enumerate(cells):
        if not cell:
            continue
        column = header[place] if place < len(header) else ""
        bad = next((each for each in cell if not each.isprintable()), "")
        if not column:
            what = f'"{_short(cell)}" stands in column {place + 1}, which has no header'
            mistakes.add(line, "row", what, "put text that holds the separator in quotes, or remove it")
        elif bad:
            mistakes.add(line, column, f"holds the control character U+{ord(bad):04X}", "remove it")
        elif column in known:
            found[column] = cell
    return Row(line, found)


def _short(text: str) -> str:
    shown = "".join(each if each.isprintable() else "\ufffd" for each in text)
    return shown if len(shown) <= _LONGEST else shown[:_LONGEST] + "…"

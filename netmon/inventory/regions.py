"""``regions.csv``: the city's kelurahan."""

from __future__ import annotations

import csv
import io
import re

from netmon.inventory.mistakes import Place, Report, quote
from netmon.model import Kelurahan

FILE = "regions.csv"
REQUIRED = ("code", "kelurahan", "kecamatan_code", "kecamatan")
OPTIONAL = ("population", "population_year", "population_source")


def read_regions(text: str, report: Report) -> dict[str, Kelurahan]:
    """Read the table; lines that begin with ``#`` are remarks. Mistakes go to the report, with their line."""
    rows = csv.reader(io.StringIO(_without_remarks(text), newline=""), strict=True)
    header: list[str] = []
    found: dict[str, Kelurahan] = {}
    lines: dict[str, int] = {}
    try:
        for cells in rows:
            row = [cell.strip() for cell in cells]
            if not any(row):
                continue
            at = Place(FILE, rows.line_num)
            if not header:
                header = row
                if not _header_stands(header, at, report):
                    return {}
                continue
            one = _kelurahan(header, row, at, report)
            if one and one.code in found:
                what = f"{one.code} is the code of line {lines[one.code]} already"
                report.mistake(at, "code", what, "give each kelurahan one line")
            elif one:
                found[one.code], lines[one.code] = one, at.line
    except csv.Error as error:
        report.mistake(Place(FILE, rows.line_num), "row", f"no CSV here: {error}", "look at the quotes")
        return {}
    if not header:
        report.mistake(Place(FILE), "file", "is empty", f"begin with the line {','.join(REQUIRED)}")
    _check_kecamatan(found, lines, report)
    return found


def _without_remarks(text: str) -> str:
    """Blank the remarks, keeping the lines' numbers."""
    return re.sub(r"(?m)^#.*$", "", text)


def _header_stands(header: list[str], at: Place, report: Report) -> bool:
    before = len(report.mistakes)
    if len(header) == 1 and ";" in header[0]:
        report.mistake(at, "header", "its columns are separated by semicolons", "separate them by commas")
        return False
    for name in header:
        if name not in REQUIRED + OPTIONAL:
            near = report.nearest(name.lower(), REQUIRED + OPTIONAL)
            report.mistake(
                at, "header", f"{quote(name)} is no column", f"write {near or ', '.join(REQUIRED + OPTIONAL)}"
            )
        elif header.count(name) > 1:
            report.mistake(at, "header", f"{name} is there twice", "keep one")
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        report.mistake(at, "header", f"{', '.join(missing)} missing", f"begin with the line {','.join(REQUIRED)}")
    return len(report.mistakes) == before


def _kelurahan(header: list[str], row: list[str], at: Place, report: Report) -> Kelurahan | None:
    """Give what a row says; where it is wrong too, so that its code is not called unknown as well."""
    if len(row) != len(header):
        report.mistake(at, "row", f"{len(row)} columns, the header has {len(header)}", "put text with commas in quotes")
        return None
    cells = dict(zip(header, row, strict=True))
    for name in REQUIRED:
        if not cells[name]:
            report.mistake(at, name, "is empty", "fill it in")
    for name in ("code", "kecamatan_code"):
        if cells[name] and re.fullmatch(r"[0-9]+(\.[0-9]+)*", cells[name]) is None:
            report.mistake(at, name, f"{quote(cells[name])} is no code", "write numbers and dots: 13.71.01.1011")
    people = _number("population", cells, at, report)
    _number("population_year", cells, at, report)
    return Kelurahan(cells["code"], cells["kelurahan"], cells["kecamatan_code"], cells["kecamatan"], people)


def _number(name: str, cells: dict[str, str], at: Place, report: Report) -> int | None:
    text = cells.get(name)
    if not text:
        return None
    if re.fullmatch(r"[0-9]{1,9}", text) is None:
        what = f"{quote(text)} is no whole number"
        report.mistake(at, name, what, "write digits alone, or nothing where it is unknown")
        return None
    return int(text)


def _check_kecamatan(found: dict[str, Kelurahan], lines: dict[str, int], report: Report) -> None:
    first: dict[str, Kelurahan] = {}
    for code, one in found.items():
        other = first.setdefault(one.kecamatan, one)
        if other.kecamatan_name != one.kecamatan_name:
            what = f"{one.kecamatan} is {quote(other.kecamatan_name)} in line {lines[other.code]}"
            report.mistake(Place(FILE, lines[code]), "kecamatan", what, "write one name for one code")
    for code in found.keys() & first.keys():
        what = f"{code} is the code of a kecamatan too"
        report.mistake(Place(FILE, lines[code]), "code", what, "write the longer code of the kelurahan")

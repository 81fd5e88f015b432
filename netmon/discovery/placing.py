"""Rows of a table gathered into sites and uplinks with their devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from netmon.discovery.columns import DEVICE, SITE, UPLINK, Column, WrongCellError
from netmon.discovery.sheets import Mistakes, Row, Sheet
from netmon.discovery.writing import Value


@dataclass(slots=True)
class Cell:
    """A value and the line of the table in which it stands."""

    value: Value
    line: int


Cells = dict[str, Cell]
"""Values by column."""


@dataclass(slots=True)
class Place:
    """A site or an uplink: its own values, and its devices; ``line`` is where it is first named."""

    columns: Mapping[str, Column]
    line: int
    cells: Cells = field(default_factory=dict)
    devices: list[tuple[int, Cells]] = field(default_factory=list)

    @property
    def is_site(self) -> bool:
        """It is a site and no uplink."""
        return self.columns is SITE


@dataclass(slots=True)
class Places:
    """Everything that a table names, in its order."""

    sites: dict[str, Place] = field(default_factory=dict)
    uplinks: dict[str, Place] = field(default_factory=dict)

    @property
    def devices(self) -> int:
        """How many devices there are."""
        return sum(len(place.devices) for part in (self.sites, self.uplinks) for place in part.values())


_PAIR: Final = (("latitude", "longitude"), ("longitude", "latitude"))


def gather(sheet: Sheet, mistakes: Mistakes) -> Places:
    """Gather the rows; cells that mean nothing, or that contradict each other, are noted."""
    places = Places()
    if sheet.columns and not {"site", "uplink"} & {*sheet.columns}:
        mistakes.add(sheet.line, "header", "has neither the column site nor the column uplink", "write at least one")
        return places
    for row in sheet.rows:
        _take(row, places, mistakes)
    for place in places.sites.values():
        for column, other in _PAIR:
            if column in place.cells and other not in place.cells:
                what = f"is missing beside the {column}"
                mistakes.add(place.cells[column].line, other, what, "write both, or neither")
    return places


def _take(row: Row, places: Places, mistakes: Mistakes) -> None:
    cells = row.cells
    is_site = "site" in cells
    name = cells.get("site", cells.get("uplink", ""))
    if not name:
        how = "write the id of its site, or of its uplink where it belongs to an uplink itself"
        mistakes.add(row.line, "site", "is empty, and the uplink too", how)
        return
    columns, part = (SITE, places.sites) if is_site else (UPLINK, places.uplinks)
    place = part.setdefault(name, Place(columns, row.line))
    for column, cell in cells.items():
        if column in columns:
            _set(place, column, cell, row.line, mistakes)
        elif column not in DEVICE:
            sort, other = ("site", "uplinks") if is_site else ("uplink", "sites")
            mistakes.add(row.line, column, f"is of {other}, and this row is of the {sort} {name}", "leave it empty")
    _add_device(place, row, mistakes)


def _set(place: Place, column: str, cell: str, line: int, mistakes: Mistakes) -> None:
    try:
        value = place.columns[column].read(cell)
    except WrongCellError as wrong:
        mistakes.add(line, column, wrong.what, wrong.instead)
        value = cell  # it stays as it is: what is wrong is not missing as well
    before = place.cells.setdefault(column, Cell(value, line))
    if before.value != value:
        same = "site" if place.is_site else "uplink"
        what = f'"{cell}" is something else than in line {before.line}, for the same {same}'
        mistakes.add(line, column, what, "write the same, or leave it empty in all rows but one")


def _add_device(place: Place, row: Row, mistakes: Mistakes) -> None:
    given = {column: cell for column, cell in row.cells.items() if column in DEVICE}
    if not given:
        return
    if "device" not in given:
        first = next(iter(given))
        mistakes.add(row.line, "device", f"is empty, and {first} is not", "write the device's id, which never changes")
        return
    device: Cells = {}
    for column, cell in given.items():
        try:
            device[column] = Cell(DEVICE[column].read(cell), row.line)
        except WrongCellError as wrong:
            device[column] = Cell(cell, row.line)
            mistakes.add(row.line, column, wrong.what, wrong.instead)
    place.devices.append((row.line, device))

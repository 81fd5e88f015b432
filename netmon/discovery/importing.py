"""A table of places and devices as text of the inventory, checked by the inventory's own loader."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from netmon.discovery.columns import COLUMNS, DEVICE, Column, reach_of
from netmon.discovery.placing import Cells, Place, Places, gather
from netmon.discovery.sheets import Mistakes, read_sheet
from netmon.discovery.writing import SCHEMA_LINE, Value, entity, remark, word
from netmon.inventory import InventoryError, Loaded, Mistake, load_files, load_profiles
from netmon.model import Kelurahan

_NAME: Final = "sites/\U0010ffff.yaml"
"""What the text is called while it is checked: the last of all files, so that it is the one that is blamed."""

_DIGITS: Final = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{4})")
_CITY: Final = 'city: {code: "0", zone: UTC}\n'
_HEADER: Final = "code,kelurahan,kecamatan_code,kecamatan\n"


@dataclass(frozen=True, slots=True)
class Imported:
    """A table that stands: the ``text`` for a file in ``sites/``, how much is in it, what is worth knowing."""

    text: str
    sites: int
    uplinks: int
    devices: int
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Text:
    """Lines of YAML, each with the line of the table from which it comes and the columns of its keys."""

    lines: list[str] = field(default_factory=list)
    origins: dict[int, tuple[int, Mapping[str, tuple[str, int]]]] = field(default_factory=dict)

    def add(self, line: str, origin: int = 0, keys: Mapping[str, tuple[str, int]] | None = None) -> None:
        self.lines.append(line)
        if origin:
            self.origins[len(self.lines)] = origin, keys or {}

    def __str__(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)


def import_table(data: bytes, file: str, loaded: Loaded | None) -> Imported:
    """Make text of the inventory of a table's bytes; with an inventory it is held against that one.

    Raises:
        InventoryError: The table has mistakes: all of them, by line and column.
    """
    mistakes = Mistakes(file)
    sheet = read_sheet(data, COLUMNS, mistakes)
    places = gather(sheet, mistakes)
    regions = loaded.inventory.kelurahan if loaded is not None else {}
    _resolve(places, regions, mistakes)
    _check_profiles(places, loaded, mistakes)
    text = _written(places, file, regions)
    files = _surroundings(places) if loaded is None else dict(loaded.files)
    notes = (
        [] if sheet.encoding != "cp1252" else [f"{file} is no UTF-8: it was read as Windows-1252; look at its names"]
    )
    try:
        checked = load_files({**files, _NAME: str(text)}, secrets=False)
    except InventoryError as error:
        mistakes.found += _translated(error.mistakes, text, file, mistakes.found)
    else:
        notes += _warnings(checked.warnings, text, file)
    if mistakes.found:
        raise InventoryError(mistakes.found)
    return Imported(str(text), len(places.sites), len(places.uplinks), places.devices, tuple(notes))


# -- what the table means ---------------------------------------------------------------------------------


def _resolve(places: Places, regions: Mapping[str, Kelurahan], mistakes: Mistakes) -> None:
    """Put the code of a kelurahan in place of its name, or of digits without their dots."""
    by_name: dict[str, list[str]] = {}
    for code, region in regions.items():
        by_name.setdefault(region.name.casefold(), []).append(code)
    for place in (*places.sites.values(), *places.uplinks.values()):
        cell = place.cells.get("kelurahan")
        if cell is None:
            continue
        text = str(cell.value)
        codes = by_name.get(text.casefold(), [])
        if len(codes) > 1:
            mistakes.add(cell.line, "kelurahan", f'"{text}" is the name of several', f"write one of {', '.join(codes)}")
        elif codes:
            cell.value = codes[0]
        elif found := _DIGITS.fullmatch(text):
            cell.value = ".".join(found.groups())
        elif by_name and not text[0].isdigit():
            near = get_close_matches(text.casefold(), by_name, 1)
            how = f"write {by_name[near[0]][0]} for {regions[by_name[near[0]][0]].name}" if near else "write its code"
            mistakes.add(cell.line, "kelurahan", f'"{text}" is no kelurahan of regions.csv', how)


def _check_profiles(places: Places, loaded: Loaded | None, mistakes: Mistakes) -> None:
    """Hold profiles against those that there are: the check of texts alone does not know them."""
    written = [cells["profile"] for _, cells in _devices(places) if "profile" in cells]
    if not written:
        return
    known = {"auto", *load_profiles(), *(loaded.profiles if loaded is not None else ())}
    for cell in written:
        if cell.value not in known:
            near = get_close_matches(str(cell.value), sorted(known), 1)
            mistakes.add(
                cell.line, "profile", f'there is no profile "{cell.value}"', f"write {near[0] if near else 'auto'}"
            )


def _devices(places: Places) -> Iterator[tuple[int, Cells]]:
    for place in (*places.uplinks.values(), *places.sites.values()):
        yield from place.devices


def _surroundings(places: Places) -> dict[str, str]:
    """Give an inventory in which everything that the table refers to by name is there: nothing is known of it."""
    found: dict[str, set[str]] = {"owner": set(), "credential": set(), "kelurahan": set()}
    for place in (*places.sites.values(), *places.uplinks.values()):
        for cells in (place.cells, *(device for _, device in place.devices)):
            for column, values in found.items():
                if column in cells:
                    values.add(str(cells[column].value))
    owners = "".join(f"  {word(owner)}: {{}}\n" for owner in sorted(found["owner"]))
    codes = [code for code in sorted(found["kelurahan"]) if re.fullmatch(r"[0-9]+(\.[0-9]+)*", code)]
    return {
        "netmon.yaml": _CITY + (f"owners:\n{owners}" if owners else ""),
        "credentials.yaml": "".join(f"{word(name)}: {{}}\n" for name in sorted(found["credential"])),
        "regions.csv": _HEADER + "".join(f"{code},-,0.0,-\n" for code in codes or ["0.1"]),
    }


# -- the text ---------------------------------------------------------------------------------------------


def _written(places: Places, file: str, regions: Mapping[str, Kelurahan]) -> _Text:
    text = _Text()
    text.add(SCHEMA_LINE)
    text.add(remark(f"Imported from {file}."))
    for key, part in (("uplinks", places.uplinks), ("sites", places.sites)):
        if part:
            text.add("")
            text.add(f"{key}:")
        for place in part.values():
            _write_place(text, place, regions)
    return text


def _write_place(text: _Text, place: Place, regions: Mapping[str, Kelurahan]) -> None:
    mark = "  - "
    for column, described in place.columns.items():
        cell = place.cells.get(column)
        key = described.key
        if cell is None or column == "longitude":
            continue
        shown = _value(column, place.cells)
        if column == "kelurahan" and str(cell.value) in regions:
            shown += f"  {remark(regions[str(cell.value)].name)}"
        text.add(f"{mark}{key}: {shown}", cell.line, {key: (column, cell.line)})
        mark = "    "
    text.add(f"{mark}devices:{'' if place.devices else ' []'}", place.line)
    for line, device in place.devices:
        keys = {DEVICE[column].key: (column, line) for column in device}
        text.add(f"      - {entity(_pairs(device))}", line, keys)


def _value(column: str, cells: Cells) -> str:
    value = cells[column].value
    if column == "latitude":
        longitude = cells["longitude"].value if "longitude" in cells else 0
        return f"[{word(value)}, {word(longitude)}]"
    return word(value, always=column in {"kelurahan", "service_hours"})


def _pairs(device: Cells) -> Iterator[tuple[str, Value]]:
    for column, described in _in_order(device):
        value = device[column].value
        interface = reach_of(str(value)) if column == "reach" else None
        yield described.key, {"interface": interface[0], "of": interface[1]} if interface else value


def _in_order(device: Cells) -> Iterable[tuple[str, Column]]:
    return ((column, described) for column, described in DEVICE.items() if column in device)


# -- what the loader says of it, in terms of the table --------------------------------------------------------


def _translated(found: Iterable[Mistake], text: _Text, file: str, known: Iterable[Mistake]) -> Iterator[Mistake]:
    """Put the table's lines and columns in place of the text's; what is known of a cell already is left out."""
    told = {(mistake.line, mistake.key) for mistake in known}
    for mistake in found:
        if mistake.file != _NAME:
            yield mistake
            continue
        line, column = _origin(mistake.line, mistake.key, text)
        pair = {(line, column), (line, "longitude" if column == "latitude" else column)}
        if not pair & told:
            yield Mistake(file, line, column, _located(mistake.what, text, file), mistake.instead)


def _warnings(lines: Iterable[str], text: _Text, file: str) -> Iterator[str]:
    """Give what the loader warns of in the table."""
    for warning in lines:
        if found := re.fullmatch(rf"{re.escape(_NAME)}:([0-9]+): ([^:]+): (.+)", warning):
            line, column = _origin(int(found[1]), found[2], text)
            yield f"{file}:{line}: {column}: {_located(found[3], text, file)}"


def _origin(line: int, key: str, text: _Text) -> tuple[int, str]:
    """Say from which line and column of the table a key of a line of the text comes."""
    origin, keys = text.origins.get(line, (1, {}))
    name = key.partition(".")[0]
    if name in keys:
        return keys[name][1], keys[name][0]
    return origin, {"location": "latitude"}.get(name, name)


def _located(sentence: str, text: _Text, file: str) -> str:
    """Put places in the table in place of places in the text."""

    def place(found: re.Match[str]) -> str:
        return f"{file}:{text.origins.get(int(found[1]), (1, {}))[0]}"

    return re.sub(rf"{re.escape(_NAME)}:([0-9]+)", place, sentence)

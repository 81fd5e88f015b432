"""``netmon import``: a table of places and devices becomes text of the inventory."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from netmon.cli.terminal import ALL_WELL, INPUT_IS_WRONG, complain, print_json
from netmon.discovery.importing import Imported, import_table
from netmon.inventory import Loaded, load


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "import", parents=[common], help="make inventory text of a CSV file; names every mistake by line and column"
    )
    parser.add_argument("file", type=Path, metavar="FILE.csv", help="the table, as a spreadsheet saves it")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the text there; the file must not exist")
    parser.add_argument("--check", action="store_true", help="say what is wrong with the table, write nothing")
    parser.set_defaults(run=_import)


def _import(arguments: argparse.Namespace) -> int:
    out: Path | None = arguments.out
    if out is not None and out.exists():
        complain(f"--out: {out} is there already and stays as it is (name a new file)")
        return INPUT_IS_WRONG
    try:
        data = arguments.file.read_bytes()
    except OSError as error:
        complain(f"{arguments.file}: cannot be read: {error.strerror}")
        return INPUT_IS_WRONG
    imported = import_table(data, arguments.file.name, _loaded(arguments.inventory))
    for note in imported.notes:
        complain(f"note: {note}")
    if out is not None and not arguments.check:
        try:
            with out.open("x", encoding="utf-8") as file:
                file.write(imported.text)
        except OSError as error:
            complain(f"--out: {out} could not be written: {error.strerror}")
            return INPUT_IS_WRONG
    _tell(arguments, imported)
    return ALL_WELL


def _loaded(folder: Path) -> Loaded | None:
    """Load the inventory that the table is for, without its secrets; ``None`` where there is none yet."""
    if (folder / "netmon.yaml").exists():
        return load(folder, secrets=False)
    complain(f"there is no inventory in {folder}: codes, owners and credentials were held against nothing")
    return None


def _tell(arguments: argparse.Namespace, imported: Imported) -> None:
    counts = f"{imported.sites} sites, {imported.uplinks} uplinks, {imported.devices} devices"
    written = None if arguments.out is None or arguments.check else str(arguments.out)
    if arguments.json:
        numbers = {"sites": imported.sites, "uplinks": imported.uplinks, "devices": imported.devices}
        text = {} if arguments.check else {"text": imported.text}
        print_json({**numbers, "notes": list(imported.notes), "written": written, **text})
    elif arguments.check:
        print(f"{counts}: no mistakes")
    elif written is None:
        print(imported.text, end="")
    complain(f"{counts}{f': written to {written}' if written else ''}")

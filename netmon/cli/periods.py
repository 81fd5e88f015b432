"""``netmon report``, ``replay``, ``backup``, ``restore``: what the history holds."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from netmon.availability import evaluate, month
from netmon.cli.collecting import nothing_collected
from netmon.cli.options import data_folder
from netmon.cli.terminal import ALL_WELL, INPUT_IS_WRONG, complain, working
from netmon.history import History
from netmon.inventory import load
from netmon.observations import ObservationsError, read
from netmon.reports import json as json_format
from netmon.reports.document import Document, document
from netmon.reports.recorded import NothingRecorded, evaluate_recorded, period_of, record

_FORMATS = {"json": json_format.render}


def register(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the commands to the parser."""
    output = argparse.ArgumentParser(add_help=False)
    output.add_argument("--format", choices=sorted(_FORMATS), default="json", help="default: json")
    output.add_argument("--out", type=Path, metavar="FILE", help="write there instead of to the standard output")
    output.add_argument("--month", metavar="YYYY-MM", help="the month, in the city's zone")
    report = commands.add_parser(
        "report",
        parents=[common, output],
        help="a month's availability from the history (default: the last complete one)",
    )
    report.set_defaults(run=_report)
    replay = commands.add_parser(
        "replay",
        parents=[common, output],
        help="LK-1 over recorded observations; with --data it also writes the history there",
    )
    replay.add_argument("observations", type=Path, metavar="FILE.csv", help="at,device,outcome; '-' is standard input")
    replay.add_argument("--ignore-unknown", action="store_true", help="skip ids that are not in the inventory")
    replay.set_defaults(run=_replay)
    backup = commands.add_parser("backup", parents=[common], help="write the history to one file, while running")
    backup.add_argument("file", type=Path, metavar="FILE")
    backup.set_defaults(run=_backup)
    restore = commands.add_parser("restore", parents=[common], help="put a backup in the place of the history")
    restore.add_argument("file", type=Path, metavar="FILE")
    restore.add_argument("--force", action="store_true", help="put an existing history aside first")
    restore.set_defaults(run=_restore)


@nothing_collected()
def _report(arguments: argparse.Namespace) -> int:
    try:
        with (
            working("reading the history"),
            History.open(data_folder(arguments), create=False, read_only=True) as history,
        ):
            period = period_of(history, arguments.month, int(time.time()))
            found = document(evaluate_recorded(history, period))
    except (NothingRecorded, ValueError) as error:
        complain(f"--month: {error}")
        return INPUT_IS_WRONG
    return _write(found, arguments)


@nothing_collected()
def _replay(arguments: argparse.Namespace) -> int:
    loaded = load(arguments.inventory, secrets=False)
    if arguments.month is None:
        complain("--month: say which month to compute, such as --month 2026-11")
        return INPUT_IS_WRONG
    try:
        period = month(arguments.month, loaded.inventory.city.zone)
        with working("reading observations") as progress:
            tracks = read(
                arguments.observations,
                loaded.inventory,
                ignore_unknown=arguments.ignore_unknown,
                progress=progress,
            )
    except ObservationsError as error:
        complain(str(error))
        return INPUT_IS_WRONG
    except ValueError as error:
        complain(f"--month: {error}")
        return INPUT_IS_WRONG
    if arguments.data is not None:
        with working("writing the history"), History.open(arguments.data) as history:
            record(history, loaded, tracks)
    return _write(document(evaluate(loaded.inventory, tracks, period)), arguments)


def _write(found: Document, arguments: argparse.Namespace) -> int:
    """Write a report whole or not at all."""
    text = _FORMATS[arguments.format](found)
    if arguments.out is None:
        sys.stdout.write(text)
        return ALL_WELL
    unfinished = arguments.out.with_name(f"{arguments.out.name}.unfinished")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(arguments.out)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        complain(f"--out: {arguments.out} cannot be written: {error.strerror}")
        return INPUT_IS_WRONG
    return ALL_WELL


def _backup(arguments: argparse.Namespace) -> int:
    with working("writing the backup"), History.open(data_folder(arguments), create=False, read_only=True) as history:
        history.backup(arguments.file)
    complain(f"wrote {arguments.file}")
    return ALL_WELL


def _restore(arguments: argparse.Namespace) -> int:
    with working("reading the backup"):
        History.restore(arguments.file, data_folder(arguments), force=arguments.force)
    complain(f"restored {data_folder(arguments)} from {arguments.file}")
    return ALL_WELL

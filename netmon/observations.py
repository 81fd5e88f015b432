"""Recorded observations from a file: CSV with the header ``at,device,outcome`` (LK-1, "Files")."""

from __future__ import annotations

import csv
import gzip
import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import TextIOWrapper
from pathlib import Path

from netmon.availability import Recorder
from netmon.model import Inventory, Span

HEADER = ("at", "device", "outcome")
MOST_SHOWN = 100
"""A file of another kind is not answered with a million lines."""

_LONGEST_SHOWN = 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"-?\d{1,11}(\.\d{1,9})?")
_LATEST = 1 << 38


class ObservationsError(Exception):
    """The file cannot be used; the text names every mistake with file and line."""


@dataclass(slots=True)
class _Mistakes:
    name: str
    lines: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, line: int, what: str) -> None:
        self.count += 1
        if self.count <= MOST_SHOWN:
            self.lines.append(f"{self.name}:{line}: {what}")

    def raise_any(self) -> None:
        if self.count > MOST_SHOWN:
            self.lines.append(f"{self.name}: and {self.count - MOST_SHOWN} more mistakes")
        if self.count:
            raise ObservationsError("\n".join(self.lines))


def read(
    path: Path,
    inventory: Inventory,
    *,
    ignore_unknown: bool = False,
    progress: Callable[[int], None] = lambda _lines: None,
) -> dict[str, list[Span]]:
    """Read a file of observations (``-`` is standard input, ``.gz`` is unpacked) into spans by id.

    Lines may come in any order and more than once. Needs 8 bytes of memory an observation. ``progress`` is told the
    number of lines read, now and then.

    Raises:
        ObservationsError: The file cannot be read, or lines of it are wrong: an unknown id (unless they are to be
            skipped), outcome or time.
    """
    mistakes = _Mistakes(str(path))
    recorder = Recorder(inventory)
    try:
        with _opened(path) as lines:
            _collect(lines, recorder, mistakes, ignore_unknown, progress)
    except (OSError, EOFError) as error:
        raise ObservationsError(f"{path}: cannot be read: {error}") from error
    except UnicodeDecodeError as error:
        raise ObservationsError(f"{path}: is not UTF-8 text: {error.reason} at byte {error.start}") from error
    mistakes.raise_any()
    return recorder.tracks()


@contextmanager
def _opened(path: Path) -> Iterator[Iterable[str]]:
    if str(path) == "-":
        lines = TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", newline="")
        try:
            yield lines
        finally:
            lines.detach()  # it is not ours to close
    elif path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
            yield file
    else:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file


def _collect(
    lines: Iterable[str],
    recorder: Recorder,
    mistakes: _Mistakes,
    ignore_unknown: bool,
    progress: Callable[[int], None],
) -> None:
    reader = csv.reader(lines, strict=True)
    rows = _rows(reader, mistakes)
    header = next(rows, None)
    if header is None or tuple(cell.strip() for cell in header) != HEADER:
        mistakes.add(1, f"the first line must be {','.join(HEADER)}")
        return
    append = {name: codes.append for name, codes in recorder.codes.items()}
    outcomes = recorder.CODES
    before, code = None, 0  # rows of one round say the same second
    for row in rows:
        try:
            at, name, outcome = row
            # The common case, kept short: this loop runs 21.6 million times for 500 devices and a month.
            if at != before:
                code = (int(at) if at.isdecimal() and len(at) < 12 else _second(at)) << 2  # noqa: PLR2004
                before = at
            append[name](code | outcomes[outcome])
        except (ValueError, KeyError):
            _explain(row, append, reader.line_num, mistakes, ignore_unknown)
        if not reader.line_num & 0x3FFFF:
            progress(reader.line_num)


def _rows(reader: Iterator[list[str]], mistakes: _Mistakes) -> Iterator[list[str]]:
    """The rows, until the file can no longer be taken for CSV."""
    try:
        yield from reader
    except csv.Error as error:
        mistakes.add(getattr(reader, "line_num", 0), f"is not CSV: {error}")


def _explain(row: list[str], known: Iterable[str], line: int, mistakes: _Mistakes, ignore_unknown: bool) -> None:
    """Say what is wrong with a row that could not be taken as it is, or find that it can be passed over."""
    if not row:
        return  # an empty line
    if len(row) != len(HEADER):
        mistakes.add(line, f"has {len(row)} cells; {len(HEADER)} are needed: {','.join(HEADER)}")
        return
    at, name, outcome = row
    try:
        _second(at)
    except ValueError as error:
        mistakes.add(line, f"at: {error}")
    if outcome not in Recorder.CODES:
        mistakes.add(line, f"outcome: {_shown(outcome)} is not an outcome (up, down or blind)")
    if name not in known and not ignore_unknown:
        mistakes.add(
            line, f"device: {_shown(name)} is no device or service of the inventory (--ignore-unknown skips it)"
        )


def _shown(cell: str) -> str:
    """Quote a cell, not all of a long one."""
    return repr(cell if len(cell) <= _LONGEST_SHOWN else f"{cell[:_LONGEST_SHOWN]}…")


def _second(text: str) -> int:
    """Read a time as whole Unix seconds, a fraction being cut off.

    Raises:
        ValueError: It is neither a number of seconds nor a date and time with an offset.
    """
    if _NUMBER.fullmatch(text):
        at = math.floor(Decimal(text))
    else:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{_shown(text)} is no time (2026-11-12T22:00:00+07:00, …Z or Unix seconds)") from None
        if moment.tzinfo is None:
            raise ValueError(f"{_shown(text)} has no offset (write 2026-11-12T22:00:00+07:00 or …Z)")
        at = (moment - _EPOCH) // timedelta(seconds=1)
    if abs(at) > _LATEST:
        raise ValueError(f"{_shown(text)} is too far away to be a time")
    return at

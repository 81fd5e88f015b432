"""Recordings of devices (``.snmprec``: one ``oid|tag|value`` a line) as answers, for tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from netmon.profiles import Answers, Cell, Needs

CAPTURES = Path(os.environ.get("NETMON_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "data" / "captures"
"""Where recordings lie when they are there; they are no part of this repository."""

needs_captures = pytest.mark.skipif(not CAPTURES.is_dir(), reason=f"no recordings in {CAPTURES} (set NETMON_SHARED)")

Records = dict[str, tuple[int, Cell]]
"""Tag and value by dotted identifier."""


def load(name: str) -> Records:
    """Read a recording; a line that is none, or whose value does not fit its tag, is left out."""
    return dict(_records((CAPTURES / f"{name}.snmprec").read_bytes().decode("latin-1").splitlines()))


def _records(lines: list[str]) -> Iterator[tuple[str, tuple[int, Cell]]]:
    for line in lines:
        oid, _, rest = line.partition("|")
        kind, bar, value = rest.partition("|")
        if bar and oid[:1].isdigit():
            try:
                yield oid, _record(kind, value)
            except ValueError:
                continue


def _record(kind: str, value: str) -> tuple[int, Cell]:
    tag = int(kind.rstrip("xe:nurmi") or 0)
    if kind.endswith("x"):
        return tag, bytes.fromhex(value)
    if tag in {2, 65, 66, 67, 70}:
        return tag, int(value)
    if tag == 6:
        return tag, value.strip(".")
    if tag == 64:
        return tag, bytes(map(int, value.split(".")))
    return tag, value.encode("latin-1")


def answers(records: Records, asked: Needs) -> Answers:
    """Give what a device that is this recording would give for a profile's needs."""
    columns: dict[str, dict[str, Cell]] = {column: {} for group in asked.columns for column in group}
    for oid, (_, cell) in records.items():
        parts = oid.split(".")
        for cut in range(7, len(parts)):
            column = ".".join(parts[:cut])
            if column in columns:
                columns[column][".".join(parts[cut:])] = cell
    return Answers({oid: records[oid][1] for oid in asked.instances if oid in records}, columns)

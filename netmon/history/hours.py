"""Hourly figures: values are added up in memory and journaled as they came, until a fold moves them to their table.

A value is in the journal or in the table, never in both: a fold does both steps in one transaction. So a crash
loses what came after the last commit and counts nothing twice.
"""

from __future__ import annotations

import math
import sqlite3
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

HOUR: Final = 3600

FOLD: Final = 1 << 20
"""The journal is folded when it holds more bytes than this."""

_ENTRY: Final = struct.Struct("<IIqd")  # device, measure, hour (both by number), value

_UPSERT: Final = (
    "INSERT INTO hourly (hour, measure, device, count, minimum, maximum, total) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET count = count + excluded.count, minimum = min(minimum, excluded.minimum),"
    " maximum = max(maximum, excluded.maximum), total = total + excluded.total"
)

Place = tuple[int, int, int]
"""Hour since 1970, number of the measure, number of the device."""


@dataclass(frozen=True, slots=True)
class Hourly:
    """What one measure of one device was in the hour that begins at ``start``."""

    device: str
    measure: str
    start: int
    count: int
    minimum: float
    mean: float
    maximum: float


@dataclass(slots=True)
class Figures:
    """The running figures of an hour."""

    count: int
    minimum: float
    maximum: float
    total: float

    def add(self, value: float) -> None:
        """Take in one value."""
        self.count += 1
        self.minimum = min(self.minimum, value)
        self.maximum = max(self.maximum, value)
        self.total += value

    def merge(self, other: Figures) -> None:
        """Take in the figures of other values of the same hour."""
        self.count += other.count
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)
        self.total += other.total


class Hours:
    """The values that are not in the table yet: ``journaled`` bytes of them are on disk, ``entries`` are not."""

    def __init__(self) -> None:
        """Begin with none."""
        self.figures: dict[tuple[int, int], dict[int, Figures]] = {}  # by hour and measure, then by device
        self.entries = bytearray()
        self.journaled = 0

    def add(self, device: int, measure: int, at: int, value: float) -> None:
        """Take in a value; one that is not a finite number says nothing and is left out."""
        if math.isfinite(value):
            hour = at // HOUR
            self._count(hour, measure, device, value)
            self.entries += _ENTRY.pack(device, measure, hour, value)

    def _count(self, hour: int, measure: int, device: int, value: float) -> None:
        devices = self.figures.setdefault((hour, measure), {})
        figures = devices.get(device)
        if figures is None:
            devices[device] = Figures(1, value, value, value)
        else:
            figures.add(value)

    def each(self) -> Iterator[tuple[Place, Figures]]:
        """Give the figures of every place."""
        for (hour, measure), devices in self.figures.items():
            for device, figures in devices.items():
                yield (hour, measure, device), figures

    def between(self, first: int, stop: int, measure: int | None) -> dict[Place, Figures]:
        """Give copies of the figures of the hours from ``first`` to before ``stop``, of one measure or of all."""
        return {
            place: replace(figures)
            for place, figures in self.each()
            if first <= place[0] < stop and measure in {None, place[1]}
        }

    def load(self, db: sqlite3.Connection) -> None:
        """Take in what the journal on disk holds."""
        for (entries,) in db.execute("SELECT entries FROM journal ORDER BY number"):
            self.journaled += len(entries)
            for device, measure, hour, value in _ENTRY.iter_unpack(entries):
                self._count(hour, measure, device, value)

    def take(self) -> Hours:
        """Hand over what must be written now: all of it where a fold is due, else the new entries."""
        taken = Hours()
        taken.entries, self.entries = self.entries, bytearray()
        taken.journaled = self.journaled
        if self.journaled + len(taken.entries) > FOLD:
            taken.figures, self.figures, self.journaled = self.figures, {}, 0
        else:
            self.journaled += len(taken.entries)
        return taken

    def give_back(self, taken: Hours) -> None:
        """Have again what could not be written."""
        self.entries = taken.entries + self.entries
        self.journaled = taken.journaled
        for (hour, measure, device), figures in taken.each():
            devices = self.figures.setdefault((hour, measure), {})
            if device in devices:
                figures.merge(devices[device])
            devices[device] = figures

    def write(self, db: sqlite3.Connection) -> None:
        """Write what :meth:`take` handed over, inside the caller's transaction."""
        if self.figures:
            rows = sorted((*place, f.count, f.minimum, f.maximum, f.total) for place, f in self.each())
            db.executemany(_UPSERT, rows)
            db.execute("DELETE FROM journal")
        elif self.entries:
            db.execute("INSERT INTO journal (entries) VALUES (?)", (bytes(self.entries),))

"""History on disk: spans of observations, hourly figures, inventory revisions. The only module that speaks SQL.

Everything that is observed is kept in memory and written by :meth:`History.commit`, one transaction for all of it.
What a commit has confirmed is there after a crash, to the second; ``docs/decisions/001-history-rows-and-heartbeat.md``
says how.
"""

from __future__ import annotations

import sqlite3
import struct
import threading
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from netmon.history import acknowledgements, archive, revisions
from netmon.history.file import FILE, HistoryError, Lock, explained, open_reader, open_writer, transaction
from netmon.history.hours import HOUR, Figures, Hourly, Hours, Place
from netmon.history.revisions import Revision
from netmon.model import Acknowledgement, Outcome, Span
from netmon.tracks import Change, Row, Track, rows_of

__all__ = ["History", "HistoryError", "Hourly", "Revision"]

_CHUNK: Final = 1000
"""Checks in one row of the heartbeat: their 4,000 bytes fill one page of the file."""

_OUTCOMES: Final = (Outcome.UP, Outcome.DOWN, Outcome.BLIND)  # by their number on disk: append only
_NUMBERS: Final = {outcome: number for number, outcome in enumerate(_OUTCOMES)}

_HOURLY: Final = (
    "SELECT hour, measure, device, count, minimum, maximum, total FROM hourly"
    " WHERE hour >= ? AND hour < ? AND (? IS NULL OR measure = ?)"
)


@dataclass(slots=True)
class _Pending:
    """What changed since the last commit."""

    names: list[tuple[int, str]] = field(default_factory=list)
    rows: dict[tuple[int, int], Row] = field(default_factory=dict)  # by key and start
    chunks: set[int] = field(default_factory=set)


class History:
    """The history in one folder.

    ``refused`` counts the observations that contradicted what was recorded for their time, ``committed`` is the
    time of the latest commit. Observing and committing may happen in different threads.
    """

    def __init__(self, path: Path, db: sqlite3.Connection, lock: Lock | None) -> None:
        """Use an open file, and close it where it cannot be read; :meth:`open` is the way in."""
        self.refused = 0
        self.committed: int | None = None
        self._path = path
        self._db = db
        self._lock = lock
        self._memory = threading.Lock()  # what is in memory: held for moments
        self._disk = threading.Lock()  # the connection: held while the disk works; taken before _memory
        self._names: list[str] = []
        self._numbers: dict[str, int] = {}
        self._tracks: dict[str, Track] = {}
        self._lasted = array("I")  # by number of the key: seconds from start to last of its latest row
        self._hours = Hours()
        self._pending = _Pending()
        self._load()

    @classmethod
    def open(cls, folder: Path, *, create: bool = True, read_only: bool = False) -> History:
        """Open ``folder/history.sqlite``; a file of an older version is migrated.

        With ``read_only`` it is read as it stands at the last commit, also beside a running writer. Raises
        :class:`HistoryError` where it is missing (without ``create``), damaged, of a newer version, or in use.
        """
        path = folder / FILE
        if read_only:
            return cls(path, open_reader(path), None)
        if not create and not path.exists():
            raise HistoryError(f"{path}: there is no history yet: run netmon first, or name its folder with --data")
        with explained(folder, "be made"):
            folder.mkdir(parents=True, exist_ok=True)
        lock = Lock(folder)
        try:
            db = open_writer(path)
        except HistoryError:
            lock.release()
            raise
        return cls(path, db, lock)

    def close(self) -> None:
        """Close the file and give the folder free. What was not committed is forgotten."""
        with self._disk:
            self._db.close()
            if self._lock is not None:
                self._lock.release()
                self._lock = None

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    # -- observations ---------------------------------------------------------------------------------

    def track(self, key: str) -> Track:
        """Give the rows of a check, to be read: ``key`` is the id of a device or service."""
        track = self._tracks.get(key)
        if track is None:
            track = self._tracks.setdefault(key, Track())
        return track

    def was_up(self, key: str) -> bool:
        """Say whether a device or service was ever observed to be up."""
        with self._memory:
            track = self._tracks.get(key)
            return track is not None and any(row.outcome is Outcome.UP for row in track.rows)

    def observe(self, key: str, at: int, outcome: Outcome, reach: int) -> Change:
        """Take in one observation and note what must be written; ``reach`` in seconds. The disk is not touched."""
        with self._memory:
            track = self.track(key)
            change, row = track.add(at, outcome, reach)
            if change is Change.NOTHING:
                return change
            if change is Change.REFUSED:
                self.refused += 1
                return change
            number = self._number(key)
            latest = track.rows[-1]
            if latest is not row or change is not Change.EXTENDED:
                self._note(number, track, row)
            self._lasted[number] = latest.last - latest.start
            self._pending.chunks.add(number // _CHUNK)
            return change

    def record(self, key: str, spans: Iterable[Span], reach: int) -> None:
        """Take in the spans of recorded observations of a check that has none yet; ``reach`` in seconds."""
        with self._memory:
            track = self.track(key)
            if track.rows:
                raise HistoryError(
                    f"{self._path}: holds observations of {key} already: name an empty folder with --data"
                )
            track.rows.extend(rows_of(spans, reach))
            track.version = len(track.rows)
            for row in track.rows:
                self._note(self._number(key), track, row)
                self._lasted[self._number(key)] = row.last - row.start
                self._pending.chunks.add(self._number(key) // _CHUNK)

    def _note(self, number: int, track: Track, row: Row) -> None:
        """Have a row written, and the one before it: its end may have moved, or was only in the heartbeat so far."""
        index = bisect_left(track.rows, row.start, key=_start)
        for dirty in track.rows[max(0, index - 1) : index + 1]:
            self._pending.rows[number, dirty.start] = dirty

    def _number(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self._names)
            self._names.append(name)
            self._lasted.append(0)
            self._pending.names.append((number, name))
        return number

    def tracks(self, keys: Iterable[str] | None = None) -> dict[str, list[Span]]:
        """Give the spans of all recorded time, of every key that was ever observed or of ``keys`` alone."""
        with self._memory:
            wanted = [key for key, track in self._tracks.items() if track.rows] if keys is None else list(keys)
        return {key: self._spans(key) for key in wanted}

    def _spans(self, key: str) -> list[Span]:
        with self._memory:
            track = self._tracks.get(key)
            return [] if track is None else track.spans()

    # -- hourly figures -------------------------------------------------------------------------------

    def add_hourly(self, device: str, measure: str, at: int, value: float) -> None:
        """Count a value into the figures of its hour; the disk is not touched."""
        with self._memory:
            self._hours.add(self._number(device), self._number(measure), at, value)

    def hourly(self, start: int, end: int, measure: str | None = None) -> list[Hourly]:
        """Give the hours that begin in ``[start, end)``, sorted by hour, measure, device."""
        first, stop = -(-start // HOUR), -(-end // HOUR)
        with self._disk, explained(self._path, "be read"):
            with self._memory:
                number = None if measure is None else self._numbers.get(measure, -1)
                found = self._hours.between(first, stop, number)
            for hour, which, device, *values in self._db.execute(_HOURLY, (first, stop, number, number)):
                place, figures = (hour, which, device), Figures(*values)
                if place in found:
                    figures.merge(found[place])
                found[place] = figures
        hours = [self._hour(place, figures) for place, figures in found.items()]
        return sorted(hours, key=lambda hour: (hour.start, hour.measure, hour.device))

    def _hour(self, place: Place, figures: Figures) -> Hourly:
        hour, measure, device = place
        mean = figures.total / figures.count
        return Hourly(
            self._names[device],
            self._names[measure],
            hour * HOUR,
            figures.count,
            figures.minimum,
            mean,
            figures.maximum,
        )

    # -- inventory revisions --------------------------------------------------------------------------

    def accept(
        self, revision: str, files: Mapping[str, str], objects: Iterable[tuple[str, str]], at: int | None
    ) -> bool:
        """Record an inventory at once; say whether it differs from the last one.

        ``objects`` are pairs of kind and id; the time of their first load is kept. ``at`` is ``None`` for a replay.
        Raises :class:`HistoryError` where it cannot be written, or where a replay and a service would mix.
        """
        with self._disk, explained(self._path, "take in the inventory"):
            if revisions.mixes(self._db, at):
                raise HistoryError(
                    f"{self._path}: recorded observations and a running service do not share a history: "
                    "name another folder with --data"
                )
            with transaction(self._db):
                return revisions.write(self._db, revision, files, objects, at)

    def first_loaded(self) -> dict[tuple[str, str], int] | None:
        """Say when each ``(kind, id)`` was first loaded; ``None`` where the history was replayed: since ever."""
        with self._disk, explained(self._path, "be read"):
            return None if revisions.is_replayed(self._db) else revisions.first_loaded(self._db)

    def revisions(self, start: int, end: int) -> list[Revision]:
        """Give the inventories in force at some time within ``[start, end)``, in the order of their acceptance.

        One is in force from its time to the next one's; where the clock was set back in between, in its second.
        """
        with self._disk, explained(self._path, "be read"):
            return revisions.between(self._db, start, end)

    def replayed(self) -> bool:
        """Say whether the observations were recorded ones, not this service's own."""
        with self._disk, explained(self._path, "be read"):
            return revisions.is_replayed(self._db)

    # -- who is on an outage --------------------------------------------------------------------------

    def acknowledge(self, one: Acknowledgement) -> None:
        """Record that somebody is on an outage; it is on the disk when this returns, or not at all.

        What was observed so far is written first: after a crash the outage must have begun before it was acknowledged.
        Raises :class:`HistoryError` where it cannot be written.
        """
        self.commit(one.at)
        with self._disk, explained(self._path, "take in the acknowledgement"), transaction(self._db):
            acknowledgements.write(self._db, one)

    def acknowledgements(self) -> list[Acknowledgement]:
        """Give every acknowledgement that was ever made, in that order."""
        with self._disk, explained(self._path, "be read"):
            return acknowledgements.read(self._db)

    # -- writing --------------------------------------------------------------------------------------

    def commit(self, now: int) -> None:
        """Write everything since the last commit in one transaction; it is on the disk when this returns.

        Raises :class:`HistoryError` (disk full, read-only…); all of it stays in memory for the next commit.
        """
        with self._disk:
            with self._memory:
                pending, self._pending = self._pending, _Pending()
                hours = self._hours.take()
                rows = [
                    (key, row.start, row.last, row.reach, _NUMBERS[row.outcome])
                    for (key, _), row in pending.rows.items()
                ]
                chunks = [
                    (chunk, now, _packed(self._lasted[chunk * _CHUNK : (chunk + 1) * _CHUNK]))
                    for chunk in pending.chunks
                ]
            if not (pending.names or rows or chunks or hours.entries or hours.figures):
                return
            with self._unless_written(pending, hours), explained(self._path, "be written"), transaction(self._db):
                self._db.executemany("INSERT INTO names VALUES (?, ?)", pending.names)
                self._db.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?)", rows)
                self._db.executemany("INSERT OR REPLACE INTO heartbeat VALUES (?, ?, ?)", chunks)
                hours.write(self._db)
            self.committed = now

    @contextmanager
    def _unless_written(self, pending: _Pending, hours: Hours) -> Iterator[None]:
        """Take everything back into memory where it could not be written."""
        written = False
        try:
            yield
            written = True
        finally:
            if not written:
                with self._memory:
                    self._pending.names[:0] = pending.names
                    self._pending.rows.update(pending.rows)
                    self._pending.chunks |= pending.chunks
                    self._hours.give_back(hours)

    def backup(self, target: Path) -> None:
        """Write what is committed to one file, whole or not at all, also beside a running writer."""
        with self._disk:
            archive.backup(self._db, self._path, target)

    @staticmethod
    def restore(file: Path, folder: Path, *, force: bool = False) -> None:
        """Put a backup in place of an empty or missing history; ``force`` keeps another one aside first.

        Raises :class:`HistoryError` where the backup is damaged or of a newer version, a service is running, or
        there is a history already; nothing is changed then.
        """
        archive.restore(file, folder, force=force)

    # -- reading the file at the start ------------------------------------------------------------------

    def _load(self) -> None:
        """Read what is on disk, all of one moment."""
        try:
            with explained(self._path, "be read"):
                self._db.execute("BEGIN")
                self._load_names()
                self._load_rows()
                self._hours.load(self._db)
                self._db.execute("COMMIT")
        except HistoryError:
            self.close()
            raise
        except (ValueError, IndexError, TypeError, struct.error) as error:
            self.close()
            raise HistoryError(
                f"{self._path}: it is damaged ({error}): move it aside, then restore a backup or begin anew"
            ) from error

    def _load_names(self) -> None:
        for number, name in self._db.execute("SELECT number, name FROM names ORDER BY number"):
            if number != len(self._names):
                raise ValueError(f"name {len(self._names)} is missing")
            self._names.append(name)
            self._numbers[name] = number
        self._lasted = array("I", bytes(4 * len(self._names)))
        for chunk, at, lasted in self._db.execute("SELECT chunk, at, lasted FROM heartbeat"):
            for number, seconds in enumerate(_unpacked(lasted), start=chunk * _CHUNK):
                self._lasted[number] = seconds
            self.committed = at if self.committed is None else max(at, self.committed)

    def _load_rows(self) -> None:
        rows: dict[int, list[Row]] = {}
        for key, start, last, reach, outcome in self._db.execute("SELECT * FROM rows ORDER BY key, start"):
            if last < start or outcome < 0:
                raise ValueError(f"the row of check {key} at {start} makes no sense")
            rows.setdefault(key, []).append(Row(start, last, reach, _OUTCOMES[outcome]))
        for key, found in rows.items():
            latest = found[-1]
            latest.last = max(latest.last, latest.start + self._lasted[key])
            self._tracks[self._names[key]] = Track(found)


def _start(row: Row) -> int:
    return row.start


def _packed(values: array[int]) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


def _unpacked(packed: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(packed) // 4}I", packed)

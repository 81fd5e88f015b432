"""The file itself: who may open it, what tables it has, what its errors mean to a reader."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

FILE: Final = "history.sqlite"
LOCK: Final = "lock"

APPLICATION: Final = 0x6E65746D
"""SQLite's ``application_id`` of our files: "netm" in ASCII."""

_SMALLEST: Final = 512
"""The smallest page of SQLite, in bytes."""

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (
    (
        # Checks, devices and measures by number, so that a row is small.
        "CREATE TABLE names (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
        # netmon.tracks.Row; ``last`` of a check's latest row is only as new as the row itself: see heartbeat.
        """CREATE TABLE rows (key INTEGER NOT NULL, start INTEGER NOT NULL, last INTEGER NOT NULL,
            reach INTEGER NOT NULL, outcome INTEGER NOT NULL, PRIMARY KEY (key, start)) WITHOUT ROWID""",
        # How many seconds the latest row of each check has lasted: 32 bits each, little end first, by number.
        "CREATE TABLE heartbeat (chunk INTEGER PRIMARY KEY, at INTEGER NOT NULL, lasted BLOB NOT NULL)",
        """CREATE TABLE hourly (hour INTEGER NOT NULL, measure INTEGER NOT NULL, device INTEGER NOT NULL,
            count INTEGER NOT NULL, minimum REAL NOT NULL, maximum REAL NOT NULL, total REAL NOT NULL,
            PRIMARY KEY (hour, measure, device)) WITHOUT ROWID""",
        # Values that are not yet in hourly, as they came.
        "CREATE TABLE journal (number INTEGER PRIMARY KEY, entries BLOB NOT NULL)",
        # ``at`` is NULL for a replayed inventory: in force since ever. ``files``: JSON, compressed by zlib.
        "CREATE TABLE revisions (number INTEGER PRIMARY KEY, at INTEGER, revision TEXT NOT NULL, files BLOB NOT NULL)",
        "CREATE TABLE objects (kind TEXT NOT NULL, id TEXT NOT NULL, at INTEGER, PRIMARY KEY (kind, id)) WITHOUT ROWID",
    ),
    (
        # netmon.model.Acknowledgement; no figure is made of it.
        """CREATE TABLE acknowledgements (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL,
            "by" TEXT NOT NULL, note TEXT NOT NULL, at INTEGER NOT NULL)""",
    ),
)
"""The statements that lead from one version of the file to the next; its length is the current version."""

_ADVICE: Final = {
    "SQLITE_FULL": "the disk is full: free some space",
    "SQLITE_READONLY": "it may not be written: give the user of netmon the right to write the file and its folder",
    "SQLITE_PERM": "it may not be opened: give the user of netmon the right to read and write it",
    "SQLITE_CANTOPEN": "it cannot be opened: give the user of netmon the right to read and write its folder",
    "SQLITE_CORRUPT": "it is damaged: move it aside, then restore a backup or begin anew",
    "SQLITE_NOTADB": "it is damaged or no history: move it aside, then restore a backup or begin anew",
    "SQLITE_BUSY": "another program holds it: wait, or end that program",
    "SQLITE_IOERR": "the disk gave an error: check the disk and its free space",
}


class HistoryError(Exception):
    """The history cannot be read or written; one sentence says which file, what is wrong and what to do."""


@contextmanager
def explained(path: Path, doing: str) -> Iterator[None]:
    """Turn errors of SQLite and of the system about ``path`` into one clear :class:`HistoryError`."""
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "") or ""
        advice = next((text for code, text in _ADVICE.items() if name.startswith(code)), "see SQLite's own words")
        raise HistoryError(f"{path}: cannot {doing}: {advice} ({error})") from error
    except OSError as error:
        raise HistoryError(f"{path}: cannot {doing}: {error.strerror or error}") from error


class Lock:
    """The right to write in a folder, held by one process; the system takes it back when the process dies."""

    def __init__(self, folder: Path) -> None:
        """Take it; raise :class:`HistoryError` where another process has it."""
        path = folder / LOCK
        with explained(folder, "be used for a history"):
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            with explained(path, "be locked"):
                self._take(folder)
        except HistoryError:
            self.release()
            raise

    def _take(self, folder: Path) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise HistoryError(
                f"{folder}: another netmon writes here: stop it, or give this one a folder of its own (--data)"
            ) from error

    def release(self) -> None:
        """Give it back."""
        os.close(self._file)


def open_writer(path: Path, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> sqlite3.Connection:
    """Open the file for writing, made or brought to the current version where needed.

    The caller holds the folder's :class:`Lock`. Raises :class:`HistoryError`; the file is then as it was.
    """
    with explained(path, "be opened"):
        if path.exists() and not path.with_name(f"{path.name}-journal").exists():
            # Looked at through a connection that cannot write: closing one that can would tidy up a file that
            # turns out not to be ours. (A -journal is left by a crash in the first second of a new or restored
            # file; it must be rolled back before anything can be read.)
            with closing(_connect(path, "mode=ro")) as probe:
                version_of(probe, path, len(migrations))
        db = _connect(path, "mode=rwc")
        try:
            version_of(db, path, len(migrations))
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.execute(f"PRAGMA journal_size_limit = {4 << 20}")
            migrate(db, path, migrations)
        except (sqlite3.Error, HistoryError):
            db.close()
            raise
    return db


def open_reader(path: Path) -> sqlite3.Connection:
    """Open the file for reading only, beside a running writer or alone; raises :class:`HistoryError`."""
    if not path.exists():
        raise HistoryError(f"{path}: there is no history yet: run netmon first, or name its folder with --data")
    # In a folder that nobody can write, SQLite cannot keep its shared index; without a -wal file it needs none.
    alone = not os.access(path.parent, os.W_OK) and not path.with_name(f"{FILE}-wal").exists()
    with explained(path, "be opened"):
        db = _connect(path, "mode=ro&immutable=1" if alone else "mode=ro")
        try:
            version = version_of(db, path, len(MIGRATIONS))
        except (sqlite3.Error, HistoryError):
            db.close()
            raise
    if version < len(MIGRATIONS):
        db.close()
        raise HistoryError(f"{path}: it is of an older netmon (version {version}): start the service once to renew it")
    return db


def version_of(db: sqlite3.Connection, path: Path, newest: int) -> int:
    """Say the version of an open file, 0 for an empty one; raise :class:`HistoryError` where it is not ours to read."""
    if 0 < path.stat().st_size < _SMALLEST:
        # SQLite would take it for an empty one and write over it.
        raise HistoryError(f"{path}: {_ADVICE['SQLITE_NOTADB']}")
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    application = int(db.execute("PRAGMA application_id").fetchone()[0])
    tables = int(db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    if application != APPLICATION and (tables or version or application):
        raise HistoryError(f"{path}: it is no history of netmon: move it aside, or name another folder with --data")
    if version > newest:
        raise HistoryError(
            f"{path}: it is of a newer netmon (version {version}, this one knows {newest}): it was left untouched, "
            "use the newer netmon"
        )
    return version


def migrate(db: sqlite3.Connection, path: Path, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Bring the file to the current version in one transaction: whole, or not at all."""
    version = version_of(db, path, len(migrations))
    if version == len(migrations):
        return
    with transaction(db):
        for statements in migrations[version:]:
            for statement in statements:
                db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION}")
        db.execute(f"PRAGMA user_version = {len(migrations)}")


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Hold a write transaction: committed at the end, rolled back by any error."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    finally:
        # Some errors (a full disk) have rolled it back already.
        if db.in_transaction:
            db.execute("ROLLBACK")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _connect(path: Path, how: str) -> sqlite3.Connection:
    # Transactions are written by hand; History keeps two threads apart with a lock of its own.
    return sqlite3.connect(
        f"file:{quote(str(path))}?{how}", uri=True, isolation_level=None, check_same_thread=False, timeout=10
    )

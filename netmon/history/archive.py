"""A history in one file, and back: a zip that holds the database and what is needed to trust it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from netmon.history.file import (
    FILE,
    MIGRATIONS,
    HistoryError,
    Lock,
    explained,
    open_writer,
    sync_folder,
    version_of,
)

_METADATA: Final = "metadata.json"
_FORMAT: Final = "netmon history backup"


def backup(db: sqlite3.Connection, path: Path, target: Path) -> None:
    """Write the committed state of the open file ``path`` to ``target``; raises :class:`HistoryError`."""
    with (
        explained(target, f"take the backup of {path}"),
        tempfile.TemporaryDirectory(dir=target.parent, prefix=".netmon-backup-") as folder,
    ):
        copy, packed = Path(folder, FILE), Path(folder, "backup.zip")
        with closing(sqlite3.connect(copy, isolation_level=None)) as into:
            db.backup(into)
            into.execute("PRAGMA journal_mode = DELETE")  # one file, complete in itself
            metadata = _describe(into)
        metadata |= {"bytes": copy.stat().st_size, "sha256": _digest(copy)}
        with packed.open("xb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as into_zip:
                into_zip.writestr(_METADATA, json.dumps(metadata, indent=1))
                into_zip.write(copy, FILE)
            file.flush()
            os.fsync(file.fileno())
        packed.replace(target)
        sync_folder(target.parent)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _describe(db: sqlite3.Connection) -> dict[str, Any]:
    query = (
        "SELECT (SELECT max(at) FROM heartbeat), (SELECT count(*) FROM rows), (SELECT count(DISTINCT key) FROM rows),"
        " (SELECT count(*) FROM revisions)"
    )
    committed, rows, checks, revisions = db.execute(query).fetchone()
    return {
        "format": _FORMAT,
        "version": int(db.execute("PRAGMA user_version").fetchone()[0]),
        "committed": committed,
        "checks": checks,
        "rows": rows,
        "revisions": revisions,
    }


def restore(file: Path, folder: Path, *, force: bool) -> None:
    """Unpack ``file``, check it, and only then put it in place; raises :class:`HistoryError`."""
    with explained(folder, "be made"):
        folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    lock = Lock(folder)
    try:
        with (
            explained(folder, f"take in {file}"),
            tempfile.TemporaryDirectory(dir=folder, prefix=".netmon-restore-") as temporary,
        ):
            unpacked = Path(temporary, FILE)
            _unpack(file, unpacked)
            _check(file, unpacked)
            if not _is_empty(path):
                if not force:
                    raise HistoryError(
                        f"{path}: there is a history already: choose another folder, or use force to put it aside"
                    )
                _put_aside(path)
            for name in (f"{FILE}-wal", f"{FILE}-shm"):  # what is left of the old one must not meet the new one
                path.with_name(name).unlink(missing_ok=True)
            unpacked.replace(path)
            sync_folder(folder)
    finally:
        lock.release()


def _unpack(file: Path, unpacked: Path) -> None:
    with _read_as_backup(file), zipfile.ZipFile(file) as packed:
        metadata = json.loads(packed.read(_METADATA))
        if metadata["format"] != _FORMAT:
            raise HistoryError(f"{file}: it is no backup of netmon's history")
        if metadata["version"] > len(MIGRATIONS):
            raise HistoryError(f"{file}: it is of a newer netmon (version {metadata['version']}): use the newer netmon")
        with packed.open(FILE) as source, unpacked.open("xb") as into:
            shutil.copyfileobj(source, into)
            into.flush()
            os.fsync(into.fileno())
        if _digest(unpacked) != metadata["sha256"]:
            raise HistoryError(f"{file}: it is damaged (its digest differs): use another backup")


@contextmanager
def _read_as_backup(file: Path) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, TypeError, ValueError) as error:
        raise HistoryError(f"{file}: it is damaged or no backup of netmon's history ({error})") from error
    except FileNotFoundError as error:
        raise HistoryError(f"{file}: there is no such file") from error


def _check(file: Path, unpacked: Path) -> None:
    with closing(sqlite3.connect(f"file:{unpacked}?mode=ro", uri=True)) as db:
        version_of(db, file, len(MIGRATIONS))
        (answer,) = db.execute("PRAGMA integrity_check(1)").fetchone()
    if answer != "ok":
        raise HistoryError(f"{file}: the history in it is damaged ({answer}): use another backup")


def _is_empty(path: Path) -> bool:
    """Say whether nothing was ever recorded there; a file that cannot be read counts as a history."""
    if not path.exists():
        return True
    try:
        with closing(open_writer(path)) as db:
            query = (
                "SELECT EXISTS (SELECT 1 FROM rows) OR EXISTS (SELECT 1 FROM revisions) OR EXISTS (SELECT 1 FROM names)"
            )
            (found,) = db.execute(query).fetchone()
    except HistoryError:
        return False
    return not found


def _put_aside(path: Path) -> None:
    """Give the old history a second name beside it: at no moment is there none."""
    number = 1
    while (aside := path.with_name(f"{FILE}.old-{number}")).exists():
        number += 1
    for suffix in ("", "-wal"):
        # Opening and closing it has emptied its -wal already, unless it is damaged.
        old = path.with_name(f"{FILE}{suffix}")
        if old.exists():
            os.link(old, aside.with_name(f"{aside.name}{suffix}"))
    sync_folder(path.parent)

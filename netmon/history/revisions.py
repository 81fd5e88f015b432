"""The inventories that were accepted, and when each was in force."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter


@dataclass(frozen=True, slots=True)
class Revision:
    """An accepted inventory: in force since ``at`` (``None``: since ever); ``files`` are texts by relative name."""

    at: int | None
    revision: str
    files: Mapping[str, str]


def in_force(times: list[tuple[int, int | None]]) -> Iterator[tuple[int, float, float]]:
    """Give number, since, until of each revision; the times are in the order of acceptance."""
    for index, (number, at) in enumerate(times):
        since = float("-inf") if at is None else at
        if index + 1 == len(times):
            yield number, since, float("inf")
            continue
        after = times[index + 1][1]
        yield number, since, since if after is None else max(after, since + 1)


def mixes(db: sqlite3.Connection, at: int | None) -> bool:
    """Say whether an inventory of a service (``at``) meets those of a replay (``None``), or the other way round."""
    last = db.execute("SELECT at FROM revisions ORDER BY number DESC LIMIT 1").fetchone()
    return last is not None and (last[0] is None) != (at is None)


def is_replayed(db: sqlite3.Connection) -> bool:
    """Say whether inventories were replayed."""
    return db.execute("SELECT 1 FROM revisions WHERE at IS NULL LIMIT 1").fetchone() is not None


def write(
    db: sqlite3.Connection,
    revision: str,
    files: Mapping[str, str],
    objects: Iterable[tuple[str, str]],
    at: int | None,
) -> bool:
    """Add an inventory inside the caller's transaction, and say whether it differs from the last one."""
    last = db.execute("SELECT revision FROM revisions ORDER BY number DESC LIMIT 1").fetchone()
    new = last is None or last[0] != revision
    if new:
        packed = zlib.compress(json.dumps(dict(files), ensure_ascii=False).encode())
        db.execute("INSERT INTO revisions (at, revision, files) VALUES (?, ?, ?)", (at, revision, packed))
    db.executemany(
        "INSERT OR IGNORE INTO objects (kind, id, at) VALUES (?, ?, ?)", ((kind, name, at) for kind, name in objects)
    )
    return new


def first_loaded(db: sqlite3.Connection) -> dict[tuple[str, str], int]:
    """Say when each ``(kind, id)`` was first loaded."""
    found = db.execute("SELECT kind, at, id FROM objects ORDER BY kind, at").fetchall()
    return {
        (kind, name): at
        for (kind, at), group in groupby(found, itemgetter(0, 1))  # both of few values: each is kept only once
        for _, _, name in group
    }


def between(db: sqlite3.Connection, start: int, end: int) -> list[Revision]:
    """Give the inventories in force at some time within ``[start, end)``, in the order of their acceptance."""
    times = db.execute("SELECT number, at FROM revisions ORDER BY number").fetchall()
    numbers = [number for number, since, until in in_force(times) if since < end and until > start]
    query = "SELECT at, revision, files FROM revisions WHERE number = ?"
    found = [db.execute(query, (number,)).fetchone() for number in numbers]
    return [Revision(at, revision, json.loads(zlib.decompress(files))) for at, revision, files in found]

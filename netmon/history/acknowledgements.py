"""Who was on which outage since when; all of it is kept, and figures are made without it."""

from __future__ import annotations

import sqlite3

from netmon.model import Acknowledgement


def write(db: sqlite3.Connection, one: Acknowledgement) -> None:
    """Add one, inside the caller's transaction."""
    db.execute(
        'INSERT INTO acknowledgements (kind, id, "by", note, at) VALUES (?, ?, ?, ?, ?)',
        (one.kind, one.id, one.by, one.note, one.at),
    )


def read(db: sqlite3.Connection) -> list[Acknowledgement]:
    """Give all of them, in the order in which they were made."""
    found = db.execute('SELECT kind, id, "by", note, at FROM acknowledgements ORDER BY number')
    return [Acknowledgement(*row) for row in found]

"""Sealing all records of a SQLite store anew, in the transaction of whoever asks for it."""

import sqlite3
from collections.abc import Mapping

from jupyter_auth.cache.seals.sealing import BrokenSealError, Sealer

_BATCH = 500  # records read at once


def write_header(db: sqlite3.Connection, values: Mapping[str, object]) -> None:
    """Write rows of the header."""
    db.executemany("INSERT OR REPLACE INTO header (name, value) VALUES (?, ?)", values.items())


def reseal(db: sqlite3.Connection, old: Sealer, new: Sealer) -> int:
    """Seal every record with ``new``; returns how many. What does not open is removed: it counted as gone."""
    last, count = 0, 0
    while True:
        rows = db.execute(
            "SELECT id, key, kind, expires_on, sealed FROM records WHERE id > ? ORDER BY id LIMIT ?",
            (last, _BATCH),
        ).fetchall()
        if not rows:
            return count
        for number, key, kind, expires_on, sealed in rows:
            count += _resealed(db, old, new, number, (key, kind, expires_on, sealed))
        last = rows[-1][0]


def _resealed(
    db: sqlite3.Connection, old: Sealer, new: Sealer, number: int, found: tuple[bytes, int, int, bytes]
) -> bool:
    try:
        row = old.open(*found)
    except BrokenSealError:
        db.execute("DELETE FROM records WHERE id = ?", (number,))
        return False
    name = new.name(row.key)
    db.execute(
        "UPDATE records SET key = ?, partition = ?, sealed = ? WHERE id = ?",
        (name, new.name(row.partition), new.seal(name, row), number),
    )
    return True

"""What a store's file says of itself: schema, epoch, where its key lives, and the wrapped data key."""

import os
import re
import sqlite3
from contextlib import suppress
from pathlib import Path

from jupyter_auth import __version__
from jupyter_auth.cache.database import DamagedError
from jupyter_auth.cache.sealing import (
    KEY_BYTES,
    BrokenSealError,
    MasterKey,
    Sealer,
    load_key_file,
    sealed_without_key,
)
from jupyter_auth.core.errors import CacheError

SCHEMA_VERSION = 1
MAX_EPOCH = 2**62
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS header (name TEXT PRIMARY KEY, value) WITHOUT ROWID",
    # a rowid table: WITHOUT ROWID costs three times as much with rows of this size
    "CREATE TABLE IF NOT EXISTS records (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, "
    "partition BLOB NOT NULL, kind INTEGER NOT NULL, expires_on INTEGER NOT NULL, sealed BLOB NOT NULL)",
    "CREATE INDEX IF NOT EXISTS by_partition ON records (partition)",
    "CREATE INDEX IF NOT EXISTS by_kind ON records (kind) WHERE kind = 0",
    # what has ended, or ends soonest, is found without reading the others
    "CREATE INDEX IF NOT EXISTS by_end ON records (expires_on) WHERE expires_on > 0",
    "CREATE INDEX IF NOT EXISTS by_application ON records (expires_on) WHERE kind = 3",
)


class Header:
    """The header as last read. Its ``epoch`` tells whether another process has cleared the store since."""

    def __init__(self, master: MasterKey, epoch: int, sealer: Sealer) -> None:
        self.master = master
        self.epoch = epoch
        self.sealer = sealer

    @classmethod
    def load_or_make(cls, db: sqlite3.Connection, key_file: Path, *, given: bool) -> "Header":
        """Read the header inside a transaction, or write that of a new store.

        The place of the key is chosen once, when the store is made, and recorded: an opener without
        the key gets ``CacheSealError`` naming it, and never another key. A ``given`` key file is an
        operator's: it is never made, and counts in the place of the recorded one.
        """
        values = dict(db.execute("SELECT name, value FROM header"))
        if not values:
            master = load_key_file(key_file, create=not given, given=given)
            _write(db, {"schema": SCHEMA_VERSION, "key_source": master.source, "key_id": master.key_id})
            _write(db, {"key_location": master.location, "written_by": __version__})
            return cls(master, *_new_data_key(db, master, epoch=1))
        refuse_other_version(db)  # once more: it may have come between
        if values.get("schema") is None:
            raise DamagedError("no schema")
        _check_schema(db)
        place = key_file if given else Path(str(values.get("key_location")))
        master = load_key_file(place, create=False, given=given)
        if master.key_id != values.get("key_id"):
            raise sealed_without_key(f"{master.location} is not the key that sealed the token store.")
        return cls(master, *_read_data_key(values.get("epoch"), values.get("data_key"), master))

    def refresh(self, db: sqlite3.Connection) -> int:
        """The epoch now; where it has moved, the data key is read anew."""
        values = dict(db.execute("SELECT name, value FROM header WHERE name IN ('epoch', 'schema')"))
        if values.get("schema") != SCHEMA_VERSION:
            refuse_other_version(db)  # a newer version has taken the store over
        if len(values) != 2:
            raise DamagedError("no epoch or schema")
        if values["epoch"] != self.epoch:
            wrapped = db.execute("SELECT value FROM header WHERE name = 'data_key'").fetchone()
            self.epoch, self.sealer = _read_data_key(values["epoch"], wrapped and wrapped[0], self.master)
        return self.epoch

    def renew(self, db: sqlite3.Connection) -> None:
        """A new epoch with a new data key: the old one is gone with everything it sealed."""
        self.epoch, self.sealer = _new_data_key(db, self.master, epoch=self.refresh(db) + 1)


def refuse_other_version(db: sqlite3.Connection) -> None:
    """Raise ``CacheError`` for a store of another version, before anything in its file is touched.

    What every version keeps is the table ``header`` with the rows ``schema`` and, since it is told to
    people, ``written_by``.
    """
    values: dict[str, object] = {}
    with suppress(sqlite3.OperationalError):  # there is no such table: a new file, or not ours
        names = ("schema", "written_by")
        values = dict(db.execute("SELECT name, value FROM header WHERE name IN (?, ?)", names))
    schema = values.get("schema")
    if schema is None or schema == SCHEMA_VERSION:
        return
    told = str(values.get("written_by"))
    writer = told if re.fullmatch(r"[0-9][\w.+!]{0,40}", told) else "another version"
    if isinstance(schema, int) and schema < SCHEMA_VERSION:
        hint = "Give it up with `%auth clear`: the next start makes a new one."
    else:
        hint = (
            "Update jupyter-token-broker here, or give this version a store of its own: "
            "c.JupyterAuth.store_path."
        )
    raise CacheError(
        f"The token store is of jupyter-token-broker {writer} (schema {str(schema)[:20]}), which this one "
        f"({__version__}, schema {SCHEMA_VERSION}) cannot read; it is left as it is.",
        reason="schema",
        hint=hint,
    )


def _check_schema(db: sqlite3.Connection) -> None:
    """A damaged definition may still be valid SQL, under which what is written is never found again."""
    definitions = {sql for (sql,) in db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
    if definitions != {statement.replace("IF NOT EXISTS ", "") for statement in SCHEMA}:
        raise DamagedError("another schema")


def _write(db: sqlite3.Connection, values: dict[str, object]) -> None:
    db.executemany("INSERT OR REPLACE INTO header (name, value) VALUES (?, ?)", values.items())


def _new_data_key(db: sqlite3.Connection, master: MasterKey, epoch: int) -> tuple[int, Sealer]:
    data_key = os.urandom(KEY_BYTES)
    _write(db, {"epoch": epoch, "data_key": master.wrap(data_key)})
    return epoch, Sealer(data_key, master.key_id)


def _read_data_key(epoch: object, wrapped: object, master: MasterKey) -> tuple[int, Sealer]:
    if not isinstance(epoch, int) or not 0 < epoch < MAX_EPOCH or not isinstance(wrapped, bytes):
        raise DamagedError("no data key")
    try:
        return epoch, Sealer(master.unwrap(wrapped), master.key_id)
    except BrokenSealError:
        raise DamagedError("the data key does not open") from None

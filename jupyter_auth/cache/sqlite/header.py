"""What a store's file says of itself: schema, epoch, where its key lives, and the keys that it wraps."""

import re
import secrets
import sqlite3
from contextlib import suppress

from jupyter_auth import __version__
from jupyter_auth.cache.seals.keys import Choice, KeySources, reasons_of
from jupyter_auth.cache.seals.mark import Height
from jupyter_auth.cache.seals.sealing import BrokenSealError, Keys, MasterKey, new_key, new_sealer
from jupyter_auth.cache.sqlite.database import DamagedError
from jupyter_auth.cache.sqlite.migrations import MIGRATIONS, migrate
from jupyter_auth.cache.sqlite.reseal import reseal, write_header
from jupyter_auth.core.errors import CacheError

SCHEMA_VERSION = 2
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

    def __init__(self, sources: KeySources, values: dict[str, object]) -> None:
        self._sources = sources
        self._read(values)

    @classmethod
    def load_or_make(cls, db: sqlite3.Connection, sources: KeySources, choice: Choice | None) -> "Header":
        """Read the header inside a transaction, or write that of a new store with the key of ``choice``.

        The place of the key is chosen once, when the store is made, and recorded: an opener without
        the key gets ``CacheSealError`` naming it, and never another key.
        """
        values = _values(db)
        if not values:
            chosen = choice or sources.choose()
            keys = Keys(chosen.master, new_key(), new_key())
            values = {"schema": SCHEMA_VERSION, "store_id": secrets.token_hex(8), "epoch": 1, "saves": 0}
            values |= {"key_why": chosen.recorded, "written_by": __version__, **keys.wrapped()}
            write_header(db, values)
            return cls(sources, values)
        refuse_other_version(db)  # once more: it may have come between
        if values.get("schema") is None:
            raise DamagedError("no schema")
        _check_schema(db)
        if values["schema"] != SCHEMA_VERSION:
            migrate(db, values, _master(sources, values))
            values = _values(db)
        header = cls(sources, values)
        header._heed_operator(db)
        return header

    def _read(self, values: dict[str, object]) -> None:
        epoch, store_id = values.get("epoch"), str(values.get("store_id"))
        if not isinstance(epoch, int) or not 0 < epoch < MAX_EPOCH:
            raise DamagedError("no epoch")
        if not re.fullmatch("[0-9a-f]{16}", store_id):
            raise DamagedError("no name")
        master = _master(self._sources, values)
        self._wrapped, wrapped_lease_key = values.get("data_key"), values.get("lease_key")
        try:
            data_key = master.unwrap(_bytes(self._wrapped))
            lease_key = master.unwrap(_bytes(wrapped_lease_key), of_leases=True)
        except BrokenSealError:
            raise DamagedError("a key does not open") from None
        self._keys = Keys(master, data_key, lease_key)
        self.sealer = new_sealer(data_key)
        self.epoch, self.store_id = epoch, store_id
        self.reasons = reasons_of(values.get("key_why"))

    @property
    def master(self) -> MasterKey:
        """What wraps the keys."""
        return self._keys.master

    @property
    def lease_key(self) -> bytes:
        """What names leases; no change of keys changes it."""
        return self._keys.lease_key

    def refresh(self, db: sqlite3.Connection) -> int:
        """The epoch now; where another process has changed a key, the keys are read anew."""
        values = dict(
            db.execute("SELECT name, value FROM header WHERE name IN ('epoch', 'schema', 'data_key')")
        )
        if values.get("schema") != SCHEMA_VERSION:
            refuse_other_version(db)  # a newer version has taken the store over
        if len(values) != 3 or values["schema"] != SCHEMA_VERSION:
            raise DamagedError("no epoch, schema or data key")
        if values["data_key"] != self._wrapped or values["epoch"] != self.epoch:
            self._read(_values(db))
        return self.epoch

    def renew(self, db: sqlite3.Connection) -> None:
        """A new epoch with a new data key: the old one is gone with everything it sealed."""
        self.refresh(db)
        keys = Keys(self.master, new_key(), self.lease_key)
        write_header(db, {"epoch": self.epoch + 1, **keys.wrapped()})
        self._read(_values(db))

    def rotate(self, db: sqlite3.Connection, choice: Choice) -> int:
        """A new data key under the key of ``choice``, with every record sealed anew; how many there were."""
        self.refresh(db)
        keys = Keys(choice.master, new_key(), self.lease_key)
        count = reseal(db, self.sealer, new_sealer(keys.data_key))
        write_header(db, {"key_why": choice.recorded, **keys.wrapped()})
        self._read(_values(db))
        return count

    def _heed_operator(self, db: sqlite3.Connection) -> None:
        """An operator who puts a new key above the old one has it take over when the store is opened next."""
        newest = self._sources.newest(self.master)
        if newest is not self.master:
            write_header(db, Keys(newest, self._keys.data_key, self.lease_key).wrapped())
            self._read(_values(db))

    # -- how far it has come ------------------------------------------------------------------------

    def count_save(self, db: sqlite3.Connection) -> Height:
        """Count a change of refresh tokens, in its transaction."""
        (saves,) = db.execute(
            "UPDATE header SET value = value + 1 WHERE name = 'saves' RETURNING value"
        ).fetchone() or (0,)
        return self._height(saves)

    def height(self, db: sqlite3.Connection) -> Height:
        """How far the store has come."""
        found = db.execute("SELECT value FROM header WHERE name = 'saves'").fetchone()
        return self._height(found and found[0])

    def _height(self, saves: object) -> Height:
        if not isinstance(saves, int) or not 0 <= saves < MAX_EPOCH:
            raise DamagedError("no count of saves")
        return Height(self.epoch, saves)

    def catch_up(self, db: sqlite3.Connection, seen: Height) -> str:
        """What to tell where this file is older than one that was here, or nothing. A clear is made again."""
        here = self.height(db)
        if here >= seen:
            return ""
        write_header(db, {"saves": seen.saves})
        if here.epoch == seen.epoch:
            return (
                "The token store is older than it was: a copy was put back, or the end of its log is lost. "
                "Sign-ins that were renewed since may be asked for again."
            )
        db.execute("DELETE FROM records")
        write_header(db, {"epoch": seen.epoch})
        self.epoch = seen.epoch
        self.renew(db)
        return "A copy of the token store from before it was cleared was put back; it is cleared again."


def _values(db: sqlite3.Connection) -> dict[str, object]:
    return dict(db.execute("SELECT name, value FROM header"))


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""


def _master(sources: KeySources, values: dict[str, object]) -> MasterKey:
    return sources.find(values.get("key_source"), values.get("key_location"), values.get("key_id"))


def look_for_key(db: sqlite3.Connection, sources: KeySources) -> None:
    """Have ``sources`` know a key that is in the keyring, which may keep us waiting, before the file is
    locked. Raises ``CacheSealError``."""
    values = _values(db)
    if values.get("key_source") == "keyring":
        _master(sources, values)


def has_header(db: sqlite3.Connection) -> bool:
    """Whether a store is in the file; asked without a lock, so it may change."""
    table = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'header'").fetchone()
    return table is not None and db.execute("SELECT 1 FROM header LIMIT 1").fetchone() is not None


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
    if schema is None or schema == SCHEMA_VERSION or schema in MIGRATIONS:
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

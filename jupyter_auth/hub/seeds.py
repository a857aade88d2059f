"""Which sign-in at the Hub a person's refresh token came from, so that none is taken up a second time.

The Hub goes on holding the refresh token of the sign-in. Once it has been used here, the provider may have
given another for it, and whoever sends the first again is taken for a thief (RFC 9700 §4.14.2).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from jupyter_auth.core.secret import utf8

FILE = "sign-ins.sqlite"
_TABLE = "CREATE TABLE IF NOT EXISTS seeds (person TEXT PRIMARY KEY, sign_in TEXT, account TEXT)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """``sign_in`` is the fingerprint of what the Hub held, ``account`` whose tokens came of it; empty where
    the person has logged out since."""

    sign_in: str
    account: str


class Seeds:
    """A file that names nobody and holds no token. Every method blocks; used from any thread."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is there, and private."""
        self._path = folder / FILE
        self._path.touch(mode=0o600)
        with self._open() as database:
            database.execute(_TABLE)

    def of(self, person: str) -> Seed | None:
        """From where that person's tokens came last."""
        with self._open() as database:
            row = database.execute("SELECT sign_in, account FROM seeds WHERE person = ?", [_key(person)])
            found = row.fetchone()
        return Seed(sign_in=found[0], account=found[1]) if found else None

    def put(self, person: str, seed: Seed) -> None:
        """Durable when this returns."""
        with self._open() as database:
            values = [_key(person), seed.sign_in, seed.account]
            database.execute("INSERT OR REPLACE INTO seeds VALUES (?, ?, ?)", values)

    def taken_over(self, person: str, sign_in: str) -> Seed | None:
        """The same sign-in under the name that the person had before, which is theirs from here on."""
        with self._open() as database:
            row = database.execute(
                "SELECT person, account FROM seeds WHERE sign_in = ?", [sign_in]
            ).fetchone()
            if row is None:
                return None
            database.execute("DELETE FROM seeds WHERE person IN (?, ?)", [row[0], _key(person)])
            database.execute("INSERT INTO seeds VALUES (?, ?, ?)", [_key(person), sign_in, row[1]])
        return Seed(sign_in=sign_in, account=row[1])

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection for one transaction: these are rare, and come from many threads."""
        database = sqlite3.connect(self._path, timeout=20)
        try:
            database.execute("PRAGMA synchronous = FULL")
            with database:
                yield database
        finally:
            database.close()


def fingerprint(*secrets: str) -> str:
    """What stands for the tokens of one sign-in."""
    return sha256("\0".join(secrets).encode("utf-8", "surrogatepass")).hexdigest()


def _key(person: str) -> str:
    return sha256(utf8(person)).hexdigest()

"""Two stores, and the ways beneath their seals: what anybody can change who reaches the file or the Redis."""

import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from jupyter_auth.cache.records import AccountKey, Kind, RefreshTokenRecord
from jupyter_auth.cache.store import Store
from tests.support.redis_server import RedisServer
from tests.unit.cache.samples import ADA, BOB, database, open_redis, open_store


class Sqlite:
    """A store in a file, and a way beneath its seal."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def forget(self) -> None:
        """Nothing is there any more."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()

    def open(self) -> Store:
        """The store, which is made where there is none."""
        return open_store(self._folder)

    def change_row(self, store: Store, column: str, to: Any) -> None:
        """Ada's refresh token, as others may write to the file."""
        with closing(sqlite3.connect(database(self._folder), isolation_level=None)) as db:
            kind = int(Kind.REFRESH_TOKEN)
            rows = db.execute("SELECT id, sealed FROM records WHERE kind = ? ORDER BY id", (kind,)).fetchall()
            with suppress(sqlite3.IntegrityError):  # what the file itself refuses
                told = _told(rows[0][1], rows[1][1], to) if column == "sealed" else to
                db.execute(f"UPDATE records SET {column} = ? WHERE id = ?", (told, rows[0][0]))  # noqa: S608

    def change_header(self, store: Store, name: str, to: Any) -> None:
        """What the store says of itself."""
        with closing(sqlite3.connect(database(self._folder), isolation_level=None)) as db:
            (before,) = db.execute("SELECT value FROM header WHERE name = ?", (name,)).fetchone()
            db.execute("UPDATE header SET value = ? WHERE name = ?", (_told(before, b"x", to), name))


class Redis:
    """The same of a store in Redis."""

    def __init__(self, folder: Path, server: RedisServer) -> None:
        self._folder, self._server = folder, server
        server.url_file(folder)

    def forget(self) -> None:
        """Nothing is there any more."""
        with self._server.client() as client:
            client.flushall()

    def open(self) -> Store:
        """The store, which is made where there is none."""
        return open_redis(self._folder)

    def change_row(self, store: Any, column: str, to: Any) -> None:
        """Ada's refresh token."""

        def name(key: AccountKey) -> str:
            return f"{store._names.prefix}r:{store._opened().current.name(RefreshTokenRecord.key(key)).hex()}"

        with self._server.client() as client:
            mine, theirs = client.get(name(ADA)), client.get(name(BOB))
            parts = mine.split(b" ", 2)
            at = {"kind": 0, "expires_on": 1, "sealed": 2}.get(column)
            if at is None:  # its name and its partition are keys here: it goes, or all of it is another value
                told = _told(mine, theirs, to)
            else:
                parts[at] = _bytes(_told(parts[at], theirs.split(b" ", 2)[at], to))
                told = b" ".join(parts)
            _set(client, name(ADA), told)

    def change_header(self, store: Any, name: str, to: Any) -> None:
        """What the store says of itself."""
        with self._server.client() as client:
            before = client.hget(store._names.header, name)
            told = _told(before or b"", b"x", to)
            if told is None:
                client.hdel(store._names.header, name)
            else:
                client.hset(store._names.header, name, _bytes(told))


def _set(client: Any, name: str, value: Any) -> None:
    if value is None:
        client.delete(name)
    else:
        client.set(name, _bytes(value))


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


def _told(before: Any, other: Any, to: Any) -> Any:
    """What comes to stand there."""
    match to:
        case "cut" if isinstance(before, bytes):
            return before[: len(before) // 2]
        case "longer" if isinstance(before, bytes):
            return before + b"\0"
        case "swapped":
            return other
        case str():
            return to.encode("utf-8", "replace").decode()
        case _:
            return to

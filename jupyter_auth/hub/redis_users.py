"""For ``jupyterhub_config.py``: a Redis user, a password and a sealing key for each person's servers.

They last for as long as a server of that person runs. When the last one has stopped, however that was, the
user, the files, and all that was in Redis for that person are gone.
"""

import asyncio
import logging
import os
import pwd
import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from weakref import WeakValueDictionary

import redis

from jupyter_auth.cache import places
from jupyter_auth.cache.redis.header import RedisNames
from jupyter_auth.cache.redis.url import read_url
from jupyter_auth.core.errors import CacheError

log = logging.getLogger("jupyterhub.jupyter_auth")

URL_FILE, KEY_FILE = "redis.url", "seal.key"
#: What a server needs (docs/how-to/share-a-cache.md), with what it asks to see how safe Redis keeps things.
COMMANDS = (
    "+@connection +evalsha +script|load +subscribe +unsubscribe +publish +exists +type +hget +hset +hstrlen "
    "+hincrby +get +set +strlen +del +expireat +persist +pexpire +zadd +zrem +zcard +zcount +zrange "
    "+zrangebyscore +zremrangebyscore +time +scan +info"
)


class RedisUsers:
    """``pre_spawn`` and ``post_stop`` are the Hub's hooks of these names."""

    def __init__(self, url_file: Path, folder: Path, *, variable: str = "JUPYTER_AUTH_FILES") -> None:
        """``url_file`` holds the URL of a Redis user who may make others. In ``folder`` each person gets a
        folder with ``redis.url`` and ``seal.key``; ``variable`` tells a server where its own is."""
        self._url_file = url_file
        self._folder = folder
        self._variable = variable
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def pre_spawn(self, spawner: Any) -> None:
        """Make what is missing; a second server of the same person finds what the first one has."""
        name = spawner.user.name
        async with self._lock(name):
            is_first = not _others(spawner)
            folder = await asyncio.to_thread(lambda: self._give(name, anew=is_first))
        spawner.environment = {**spawner.environment, self._variable: str(folder)}

    async def post_stop(self, spawner: Any) -> None:
        """Take everything back, unless another server of that person runs."""
        name = spawner.user.name
        async with self._lock(name):
            if _others(spawner):
                return
            try:
                await asyncio.to_thread(lambda: self._take(name))
            except (CacheError, OSError, redis.RedisError) as problem:
                log.error("What %s has in Redis could not be removed: %s", name, type(problem).__name__)

    # -- inside ---------------------------------------------------------------------------------

    def _lock(self, name: str) -> asyncio.Lock:
        """One server of a person after the other: what one makes, another's stop must not take."""
        return self._locks.setdefault(name, asyncio.Lock())

    def _give(self, name: str, *, anew: bool) -> Path:
        names = _names(name)
        folder = places.private_folder(self._folder) / _user(names)
        if not anew and (folder / URL_FILE).exists():
            return folder
        self._take(name)
        password = secrets.token_urlsafe(32)
        own = f"{names.prefix}*"
        with self._client() as client:
            client.execute_command(
                *(
                    "ACL",
                    "SETUSER",
                    _user(names),
                    "reset",
                    "on",
                    f">{password}",
                    f"~{own}",
                    f"&{own}",
                    "-@all",
                ),
                *COMMANDS.split(),
            )
        folder.mkdir(mode=0o700)
        _write(folder / URL_FILE, self._url(_user(names), password))
        _write(folder / KEY_FILE, secrets.token_hex(32))
        _hand_over(folder, name)
        return folder

    def _take(self, name: str) -> None:
        names = _names(name)
        with self._client() as client:
            client.execute_command("ACL", "DELUSER", _user(names))  # which ends its connections
            for key in client.scan_iter(match=f"{names.prefix}*", count=1000):
                client.delete(key)
        shutil.rmtree(self._folder / _user(names), ignore_errors=True)

    def _client(self) -> "redis.Redis":
        options = dict(read_url(self._url_file).options)
        kind: Callable[..., Any] = options.pop("connection_class", redis.Connection)
        return redis.Redis(connection_pool=redis.ConnectionPool(connection_class=kind, **options))

    def _url(self, user: str, password: str) -> str:
        """That of ``url_file``, for another user."""
        parts = urlsplit(places.read_private(self._url_file, 4096, mend=False).decode().strip())
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{user}:{password}@{host}"))


def _names(name: str) -> RedisNames:
    """Where a server of that person's keeps its things: ``broker.storage`` calls it so."""
    return RedisNames(f"jupyterhub:{name}")


def _user(names: RedisNames) -> str:
    return names.prefix.strip(":").replace(":", "-")


def _others(spawner: Any) -> bool:
    """True where another server of the same person runs, or starts or stops just now."""
    return any(other.active for other in spawner.user.spawners.values() if other is not spawner)


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(text + "\n", encoding="utf-8")


def _hand_over(folder: Path, name: str) -> None:
    """To the system's user of that name, where the Hub may do so and there is one."""
    if os.geteuid() != 0:
        return
    with suppress(KeyError):
        owner = pwd.getpwnam(name)
        for path in (folder, *folder.iterdir()):
            os.chown(path, owner.pw_uid, owner.pw_gid)

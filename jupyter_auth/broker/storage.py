"""Which store is used, and what people are told of it."""

import logging
import os
import pwd
from contextlib import suppress
from functools import partial
from hashlib import sha256
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, cast

from jupyter_core.paths import jupyter_config_dir, jupyter_data_dir, jupyter_runtime_dir

from jupyter_auth.broker.config.settings import DEFAULTS, STORE_PLUGINS, Settings
from jupyter_auth.cache.filesystems import network_filesystem
from jupyter_auth.cache.memory import MemoryStore
from jupyter_auth.cache.own_generation import own_generation
from jupyter_auth.cache.sqlite import FILE
from jupyter_auth.cache.store import Store
from jupyter_auth.core.errors import CacheError, CacheSealError
from jupyter_auth.core.faults import where
from jupyter_auth.core.generation import Generation
from jupyter_auth.core.secret import utf8

log = logging.getLogger(__name__)


def store_folder(settings: Settings = DEFAULTS) -> Path:
    """The folder of the token store: records, generation file, locks."""
    folder = Path(settings.store_path or Path(jupyter_data_dir()) / "jupyter_auth")
    return folder / "people" / _hashed(settings.person) if settings.person else folder


def key_file(settings: Settings = DEFAULTS) -> Path:
    """The file of the sealing key, apart from the records."""
    return Path(settings.seal_key_file or Path(jupyter_config_dir()) / "jupyter_auth" / "seal.key")


def open_store(settings: Settings = DEFAULTS) -> Store:
    """The store that is set; where SQLite's cannot be used, memory with a note that says why."""
    limits = settings.store_limits
    if settings.wrong:
        return MemoryStore(
            _own_generation(), limits=limits, notes=("No store is open: the settings are wrong.",)
        )
    if settings.store == "memory":
        return MemoryStore(_own_generation(), limits=limits)
    try:
        return _opened(settings)
    except (CacheError, OSError) as problem:
        log.warning("Tokens are kept in memory only. %s", problem)
        note = f"Tokens are kept in memory only and are gone when the broker stops. {problem}"
        locked = isinstance(problem, CacheSealError)
        clear = partial(wipe, settings)
        own = _own_generation()
        return MemoryStore(own, notes=(note,), also_clear=clear, locked=locked, limits=limits)


def _opened(settings: Settings) -> Store:
    given = settings.seal_key_file is not None
    if settings.store == "redis":
        redis, file = _redis(), Path(settings.redis_url_file or "")
        own = _own_generation()
        user = _user(settings.person)
        return cast(
            "Store",
            redis.RedisStore(file, key_file(settings), user=user, given_key=given, generation=own),
        )
    if settings.store != "sqlite":
        return _plugin(settings)
    # in a thread: what seals takes as long to load as all the rest that a server's start waits for
    from jupyter_auth.cache.sqlite.store import SqliteStore  # noqa: PLC0415

    folder = store_folder(settings)
    return SqliteStore(
        folder,
        key_file(settings),
        given_key=given,
        network=network_filesystem(folder),
        limits=settings.store_limits,
    )


def _plugin(settings: Settings) -> Store:
    """A store that another package brings."""
    try:
        (plugin, *_) = entry_points(group=STORE_PLUGINS, name=settings.store)
        return cast("Store", plugin.load()(settings))
    except CacheError:
        raise
    except Exception as problem:  # noqa: BLE001 -- a program that somebody wrote
        raise CacheError(
            f"The store {settings.store!r} cannot be opened: {where(problem)}.",
            reason="store_plugin",
            hint="Ask whoever wrote the package that brings it.",
        ) from None


def _redis() -> Any:
    """The module of the store in Redis. Raises ``CacheError`` where redis-py is not installed."""
    try:
        return import_module("jupyter_auth.cache.redis.store")
    except ModuleNotFoundError:
        raise CacheError(
            "The store in Redis needs the package redis.",
            reason="redis_missing",
            hint="Install it beside the Jupyter server: pip install 'jupyter-token-broker[redis]'.",
        ) from None


def _user(person: str) -> str:
    """Whose store it is. In a hub's containers everybody is the same operating-system user."""
    return f"{_server()}/person:{_hashed(person)}" if person else _server()


def _hashed(person: str) -> str:
    """What stands for a person on disk and in Redis."""
    return sha256(utf8(person)).hexdigest()[:32]


def _server() -> str:
    name = os.environ.get("JUPYTERHUB_USER")
    if name:
        return f"jupyterhub:{name}"
    try:
        return f"user:{pwd.getpwuid(os.geteuid()).pw_name}"
    except KeyError:
        return f"uid:{os.geteuid()}"


def wipe(settings: Settings = DEFAULTS) -> None:
    """Remove a store that cannot be opened, so that a clear clears it all the same. The key stays:
    it may be an operator's, and alone it opens nothing. Who can open it lets go at once, with its kernels."""
    if settings.store == "redis":
        _redis().wipe(Path(settings.redis_url_file or ""), _user(settings.person))
        return
    folder = store_folder(settings)
    for suffix in ("", "-wal", "-shm", "-journal"):
        (folder / (FILE + suffix)).unlink(missing_ok=True)
    for path in folder.glob("generation*"):
        with suppress(OSError):  # where it is none, nobody maps it
            counter = Generation(path)
            counter.bump()
            counter.close()


def _own_generation() -> Generation | None:
    """A generation file for this server alone, so that its kernels see a clear."""
    return own_generation(Path(jupyter_runtime_dir()) / "jupyter_auth")

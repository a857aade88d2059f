"""Which store is used, and what people are told of it."""

import logging
from contextlib import suppress
from functools import partial
from pathlib import Path

from jupyter_core.paths import jupyter_config_dir, jupyter_data_dir, jupyter_runtime_dir

from jupyter_auth.broker.settings import DEFAULTS, Settings
from jupyter_auth.cache import places
from jupyter_auth.cache.filesystems import network_filesystem
from jupyter_auth.cache.memory import MemoryStore
from jupyter_auth.cache.sqlite import FILE, SqliteStore
from jupyter_auth.cache.store import Store
from jupyter_auth.core.errors import CacheError, CacheSealError
from jupyter_auth.core.generation import Generation

log = logging.getLogger(__name__)


def store_folder(settings: Settings = DEFAULTS) -> Path:
    """The folder of the token store: records, generation file, locks."""
    return Path(settings.store_path or Path(jupyter_data_dir()) / "jupyter_auth")


def key_file(settings: Settings = DEFAULTS) -> Path:
    """The file of the sealing key, apart from the records."""
    return Path(settings.seal_key_file or Path(jupyter_config_dir()) / "jupyter_auth" / "seal.key")


def open_store(settings: Settings = DEFAULTS) -> Store:
    """The store that is set; where SQLite's cannot be used, memory with a note that says why."""
    if settings.wrong:
        return MemoryStore(_own_generation(), notes=("No store is open: the settings are wrong.",))
    if settings.store == "memory":
        return MemoryStore(_own_generation())
    try:
        folder, given = store_folder(settings), settings.seal_key_file is not None
        return SqliteStore(folder, key_file(settings), given_key=given, network=network_filesystem(folder))
    except (CacheError, OSError) as problem:
        log.warning("Tokens are kept in memory only. %s", problem)
        note = f"Tokens are kept in memory only and are gone when the broker stops. {problem}"
        locked = isinstance(problem, CacheSealError)
        clear = partial(wipe_files, settings)
        return MemoryStore(_own_generation(), notes=(note,), also_clear=clear, locked=locked)


def wipe_files(settings: Settings = DEFAULTS) -> None:
    """Remove a store that cannot be opened, so that a clear clears it all the same. The key stays:
    it may be an operator's, and alone it opens nothing. Who can open it lets go at once, with its kernels."""
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
    try:
        folder = places.private_folder(Path(jupyter_runtime_dir()) / "jupyter_auth")
        path = folder / f"generation-{places.process_name()}"
        places.ensure_private_file(path)
        return Generation(path, create=True)
    except (CacheError, OSError):
        return None

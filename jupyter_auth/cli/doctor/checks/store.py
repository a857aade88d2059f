"""The token store: where it is, whether it and its key can be used. Nothing is made or mended."""

import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from jupyter_auth.broker import storage
from jupyter_auth.cache import filesystems, places
from jupyter_auth.cache.seals.keys import reasons_of
from jupyter_auth.cache.sqlite import FILE
from jupyter_auth.cache.sqlite.header import has_header, refuse_other_version
from jupyter_auth.cli.doctor.checks import keys, redis
from jupyter_auth.cli.doctor.checks.keys import Sealed
from jupyter_auth.cli.doctor.finding import Finding, Findings, Reason
from jupyter_auth.cli.doctor.situation import Situation
from jupyter_auth.core.errors import CacheError, NoSafeStoreError

CHECK = "store"
MEMORY = "Until then tokens are kept in memory only, and are gone when the server stops."


def check(situation: Situation) -> Findings:
    """The store that is set, and its key."""
    settings = situation.settings
    if settings.wrong:
        return  # nothing is opened, and the configuration's faults say why
    if settings.store == "redis":
        yield from redis.check(settings)
        yield from keys.foreseen(settings)
    elif settings.store == "sqlite":
        yield from _sqlite(situation)
    elif settings.store == "memory":
        yield Finding(check=CHECK, state="ok", message="memory, gone when the server stops")
    else:
        yield Finding(check=CHECK, state="ok", message=f"{settings.store}, which another package brings")


def _sqlite(situation: Situation) -> Findings:
    settings = situation.settings
    folder = storage.store_folder(settings)
    if network := filesystems.network_filesystem(folder):
        yield Finding(
            check=CHECK,
            state="note",
            reason=Reason.NETWORK_FILESYSTEM,
            message=f"{folder} is on a network filesystem ({network}): it is slower, and a clear on "
            "another host is noticed after a few seconds only.",
            advice="Where a local disk outlives the server, set in jupyter_server_config.py:",
            write=('c.JupyterAuth.store_path = "/a/local/folder"',),
        )
    file = folder / FILE
    try:
        _judge(folder, file)
    except FileNotFoundError:
        yield Finding(check=CHECK, state="ok", message=f"none yet; the first use makes it in {folder}")
        yield from keys.foreseen(settings)
        return
    except NoSafeStoreError as problem:
        yield _fault(Reason.STORE_UNSAFE, problem.message, f"{problem.hint} {MEMORY}")
        return
    except OSError as problem:
        yield _fault(
            Reason.STORE_UNSAFE, f"{file}: {problem.strerror}.", f"Correct its owner or mode. {MEMORY}"
        )
        return
    yield from _opened(situation, file)


def _judge(folder: Path, file: Path) -> None:
    """As the store does before it opens them; modes, which it corrects itself, do not count."""
    places.judge(folder, folder.lstat(), is_folder=True)
    places.judge(file, file.lstat())


def _opened(situation: Situation, file: Path) -> Findings:
    try:
        with _reading(file) as db:
            refuse_other_version(db)
            is_ours = has_header(db)
            values = dict(db.execute("SELECT name, value FROM header")) if is_ours else {}
    except CacheError as problem:
        yield _fault(Reason.STORE_VERSION, problem.message, f"{problem.hint} {MEMORY}")
        return
    except sqlite3.OperationalError as problem:
        yield Finding(
            check=CHECK,
            state="note",
            reason=Reason.STORE_BUSY,
            message=f"{file} cannot be read just now ({problem.sqlite_errorname}).",
            advice="Run the doctor again; if it stays, see who uses the file (fuser).",
        )
        return
    except (sqlite3.Error, UnicodeDecodeError):
        is_ours, values = False, {}
    if not is_ours and file.stat().st_size:
        yield _fault(
            Reason.STORE_DAMAGED,
            f"{file} is damaged, or another program's: its sign-ins are lost.",
            "The next use sets it aside and makes a new one. Or put a copy back, or move it away yourself:",
            f"mv {shlex.quote(str(file))} {shlex.quote(f'{file}.old')}",
        )
        return
    message = f"sqlite in {file.parent}"
    if values:
        message += f", sealed with {values.get('key_source')} {values.get('key_location')}"
    yield Finding(check=CHECK, state="ok", message=message)
    if not values:
        yield from keys.foreseen(situation.settings)
        return
    sealed = Sealed(
        source=str(values.get("key_source")),
        location=str(values.get("key_location")),
        key_id=values.get("key_id"),
        reasons=reasons_of(values.get("key_why")),
    )
    yield from keys.of_store(situation.settings, sealed)


@contextmanager
def _reading(file: Path) -> Iterator[sqlite3.Connection]:
    """The file, to be read. Beside one that nobody has open, SQLite would make files: it is told that nobody
    writes."""
    beside = [file.with_name(f"{FILE}{suffix}") for suffix in ("-wal", "-shm")]
    in_use = all(path.exists() for path in beside)
    uri = f"{file.absolute().as_uri()}?mode=ro{'' if in_use else '&immutable=1'}"
    with closing(sqlite3.connect(uri, uri=True, timeout=2.0, isolation_level=None)) as db:
        yield db


def _fault(reason: Reason, message: str, advice: str, *run: str) -> Finding:
    return Finding(check=CHECK, state="fault", reason=reason, message=message, advice=advice.strip(), run=run)

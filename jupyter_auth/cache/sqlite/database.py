"""The SQLite file of a store: opened safely, missed when it is replaced, set aside when it is no good."""

import errno
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_auth.cache import places
from jupyter_auth.core.errors import CacheError

log = logging.getLogger(__name__)

BUSY_TIMEOUT = 5.0  # seconds to wait for another process's write
#: SQLite's primary result codes that mean "this file is no good", not "not now"
_DAMAGED = frozenset(
    {
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_FORMAT,
        sqlite3.SQLITE_NOTADB,
    }
)
_SUFFIXES = ("-wal", "-shm", "-journal", "")
#: What using the file raises. Where SQLite's own message quotes damaged text, Python cannot decode it.
FILE_ERRORS = (sqlite3.Error, UnicodeDecodeError)


class DamagedError(sqlite3.DatabaseError):
    """The file is not one that this package wrote."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    sqlite_errorname = "SQLITE_CORRUPT"


class ForeignError(DamagedError):
    """The file is another program's database."""


class Database:
    """A connection to ``path``; ``prepare`` checks or writes what stands in every such file, ``check`` may
    refuse a file before anything is written to it."""

    def __init__(
        self,
        path: Path,
        check: Callable[[sqlite3.Connection], None],
        prepare: Callable[[sqlite3.Connection], None],
        *,
        journal: str = "WAL",
    ) -> None:
        self.path = path
        self._check = check
        self._journal = journal
        self.notes: list[str] = []
        self._prepare = prepare
        self._is_open = False
        self._inode: int | None = None

    @property
    def is_open(self) -> bool:
        """False before the first use, and after ``close``."""
        return self._is_open

    @property
    def is_in_place(self) -> bool:
        """True while the file last opened is the one at the path; what is written to another is lost."""
        return self._inode is not None and _inode(self.path) == self._inode

    def open(self) -> bool:
        """Connect. A file that is damaged or another program's is set aside: then this is True.

        Raises ``CacheError``.
        """
        try:
            try:
                self._connect()
            except FILE_ERRORS as problem:
                if not is_damage(problem):
                    raise
                self.set_aside(problem)
                self._connect()
                return True
        except (*FILE_ERRORS, OSError) as problem:
            raise failed(self.path, problem) from None
        return False

    def _connect(self) -> None:
        for suffix in _SUFFIXES:
            places.check_private_file(self._beside(suffix))
        places.ensure_private_file(self.path)
        self._inode = _inode(self.path)
        self.db = sqlite3.connect(
            self.path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
        )
        self.db.text_factory = _text
        try:
            self._check(self.db)
            self._refuse_foreign()
            self._set_journal()
            self.db.execute("PRAGMA secure_delete=ON")
            with self.transaction(durable=True):
                self._prepare(self.db)
        except BaseException:
            self.db.close()
            raise
        self._is_open = True

    def _set_journal(self) -> None:
        """For a change of it SQLite wants the file alone, and does not wait while others open it, too."""
        deadline = time.monotonic() + BUSY_TIMEOUT
        while True:
            try:
                self.db.execute(f"PRAGMA journal_mode={self._journal}")
            except sqlite3.OperationalError as problem:
                if problem.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return

    def _refuse_foreign(self) -> None:
        """Nothing is written to another program's database, not even a change of its journal."""
        tables = {name for (name,) in self.db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables and not {"header", "records"} <= tables:
            raise ForeignError("other tables")

    def close(self) -> None:
        """End the connection."""
        if self._is_open:
            self._is_open = False
            self.db.close()

    def set_aside(self, problem: Exception) -> None:
        """Move a file that is no good away, unless another process has replaced it already."""
        self.close()
        is_foreign = isinstance(problem, ForeignError)
        aside = f"{self.path.name}.{'foreign' if is_foreign else 'damaged'}-{time.time_ns()}"
        with places.folder_lock(self.path.parent):
            if _inode(self.path) != self._inode:
                return
            for suffix in _SUFFIXES:
                if self._beside(suffix).exists():
                    self._beside(suffix).rename(self.path.with_name(aside + suffix))
        what = "was another program's file" if is_foreign else "was damaged"
        self.notes.append(f"The token store {what} and was set aside as {aside}; sign in again.")
        log.warning(self.notes[-1])

    def remove(self) -> None:
        """Take the file away, which needs no room; whoever else has it open misses it at the next use."""
        self.close()
        try:
            for suffix in _SUFFIXES:
                self._beside(suffix).unlink(missing_ok=True)
        except OSError as problem:
            raise failed(self.path, problem) from None

    def wipe_set_aside(self) -> None:
        """Remove damaged stores that were set aside: their records open with the same master key."""
        try:
            for path in self.path.parent.glob(f"{self.path.name}.damaged-*"):
                path.unlink(missing_ok=True)
        except OSError as problem:
            raise failed(self.path, problem) from None

    def _beside(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)

    @contextmanager
    def transaction(self, *, writes: bool = True, durable: bool = False) -> Iterator[None]:
        """All or nothing; a transaction that only reads sees one state of the file."""
        if self.db.in_transaction:
            raise RuntimeError("a transaction of the token store was begun inside another")
        # durable: the log is synced before the commit returns, so that a rotated refresh token
        # outlives a power cut (a sync costs ten times a commit: only they pay it)
        if writes:
            self.db.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        try:
            self.db.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
            yield
            self.db.execute("COMMIT")
        except BaseException:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            raise

    def empty_log(self) -> None:
        """Move everything from the log into the file, and cut the log to nothing."""
        is_busy, *_ = self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if is_busy:
            log.warning("Another process reads the token store just now; its log is emptied later.")


def is_damage(problem: Exception) -> bool:
    """True where the file itself is no good, and trying again does not help."""
    code = getattr(problem, "sqlite_errorcode", None)
    return isinstance(problem, UnicodeDecodeError) or (code is not None and code & 0xFF in _DAMAGED)


def lacks_room(problem: sqlite3.Error) -> bool:
    """True where the disk takes no more."""
    return problem.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}


def failed(path: Path, problem: Exception) -> CacheError:
    """What people are told of a file that cannot be used."""
    if isinstance(problem, OSError):
        name = errno.errorcode.get(problem.errno or 0, type(problem).__name__)
    else:
        name = getattr(problem, "sqlite_errorname", type(problem).__name__)
    return CacheError(
        f"The token store {path} could not be used ({name}).",
        reason=name.lower(),
        hint="See that the disk is not full and the folder is writable, then try again.",
    )


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")  # a damaged file may hold anything


def _inode(path: Path) -> int | None:
    try:
        return path.lstat().st_ino
    except OSError:
        return None

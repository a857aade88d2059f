"""The generation of a store on a network filesystem: a mapped file is true for one host only.

So each host has its own file, and a number in the store's header tells the others. Every server and
process looks at it now and then.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

from jupyter_auth.core.errors import CacheError
from jupyter_auth.core.generation import Generation

log = logging.getLogger(__name__)

LOOK = 5.0  # seconds after which a clear on another host is noticed here, at the latest

Transact = Callable[[], AbstractContextManager[sqlite3.Connection]]


class NetworkGeneration:
    """A store's ``Counter`` over hosts."""

    def __init__(self, local: Generation, transact: Transact) -> None:
        self._local = local
        self._transact = transact
        self._known = self._read()
        self._end = threading.Event()
        threading.Thread(target=self._watch, name="jupyter_auth-generation", daemon=True).start()

    @property
    def value(self) -> int:
        return self._local.value

    def bump(self) -> int:
        try:
            with self._transact() as db:
                self._known = self._in(db) + 1
                db.execute("INSERT OR REPLACE INTO header VALUES ('generation', ?)", (self._known,))
        finally:  # this host lets go, even where the others cannot be told
            self._local.bump()
        return self._local.value

    def look(self) -> None:
        """Heed what other hosts have done."""
        now = self._read()
        if now != self._known:
            self._known = now
            self._local.bump()

    def close(self) -> None:
        """End the looking."""
        self._end.set()

    def _watch(self) -> None:
        while not self._end.wait(LOOK):
            try:
                self.look()
            except CacheError as problem:
                log.warning("The token store could not be looked at: %s", problem)

    def _read(self) -> int:
        with self._transact() as db:
            return self._in(db)

    @staticmethod
    def _in(db: sqlite3.Connection) -> int:
        row = db.execute("SELECT value FROM header WHERE name = 'generation'").fetchone()
        return row[0] if row and isinstance(row[0], int) else 0

"""How the panel learns what others do: while somebody looks, a thread waits at the broker for a change.

It waits on a connection of its own, which costs the broker one pending answer. Each wait is short enough to
look at the store's generation, which tells what another process did to the same store. While no view of the
panel is to be seen there is no thread and no connection. A view that looks says so when it is asked, every
few minutes: a page that was closed says nothing, and is forgotten.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic

from jupyter_auth.core.errors import AuthError
from jupyter_auth.core.generation import Generation
from jupyter_auth.kernel.connection import Connection
from jupyter_auth.kernel.finding import connect
from jupyter_auth.kernel.in_process import InProcess

SLICE = 10.0  # seconds of one wait
ASK_AFTER = 240.0  # seconds since a view last said that it looks, after which it is asked
FORGET_AFTER = 300.0  # and after which it is forgotten
MAX_VIEWS = 100


class Watcher:
    """Calls ``changed`` after each change, and ``ask`` to learn who still looks; both in its own thread."""

    def __init__(self, changed: Callable[[], None], ask: Callable[[], None]) -> None:
        self._changed = changed
        self._ask = ask
        self._lock = threading.Lock()
        self._views: dict[str, float] = {}
        self._connection: Connection | InProcess | None = None
        self._is_running = False
        self._pause = threading.Event()

    @property
    def is_running(self) -> bool:
        """True while somebody looks."""
        return self._is_running

    def look(self, view: str, *, looks: bool) -> None:
        """A view can be seen, or cannot any more."""
        with self._lock:
            if looks and len(self._views) < MAX_VIEWS:
                self._views[view] = monotonic()
            else:
                self._views.pop(view, None)
            starts = bool(self._views) and not self._is_running
            self._is_running = self._is_running or starts
            connection = None
            if not self._views:
                connection, self._connection = self._connection, None
        if starts:
            threading.Thread(target=self._run, name="jupyter_auth-watch", daemon=True).start()
        elif connection is not None:
            connection.close()  # which ends the wait

    def close(self) -> None:
        """Nobody looks any more."""
        for view in list(self._views):
            self.look(view, looks=False)

    def _run(self) -> None:
        seen: object = None
        generation = _Generation(None)
        connection: Connection | InProcess | None = None
        while self._goes_on():
            try:
                if connection is None or connection.is_closed:
                    connection = self._connection = connect()
                    generation = _Generation(connection.generation_file)
                answer = connection.call({"op": "watch", "seen": seen, "timeout": SLICE})
            except AuthError:
                if self._views and seen is not None:
                    seen = None  # what comes after the broker is back has to be read anew
                    self._changed()
                was_left = connection is not self._connection  # nobody looked, maybe for a moment only
                connection = self._connection = None
                if not was_left:
                    self._pause.wait(SLICE if self._views else 0)
                continue
            is_new, seen = answer.get("seen") != seen, answer.get("seen")
            if generation.has_moved() or is_new:
                self._changed()
        if connection is not None:
            connection.close()

    def _goes_on(self) -> bool:
        now = monotonic()
        with self._lock:
            self._views = {view: at for view, at in self._views.items() if now - at < FORGET_AFTER}
            self._is_running = bool(self._views)
            asks = any(now - at > ASK_AFTER for at in self._views.values())
        if asks:
            self._ask()
        return self._is_running


class _Generation:
    """The store's counter, where there is one, as it was when last looked at."""

    def __init__(self, path: str | None) -> None:
        self._mapped: Generation | None = None
        if path is not None:
            with suppress(OSError):
                self._mapped = Generation(Path(path))
        self._value = self._mapped.value if self._mapped else 0

    def has_moved(self) -> bool:
        before, self._value = self._value, self._mapped.value if self._mapped else 0
        return before != self._value

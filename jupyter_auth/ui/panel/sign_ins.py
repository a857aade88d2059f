"""Sign-ins that were begun in the panel: each waits in a thread, so that no cell has to."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from jupyter_auth.core.errors import AuthError
from jupyter_auth.core.faults import where
from jupyter_auth.kernel.connection import CALL_TIMEOUT
from jupyter_auth.kernel.waiting import Waiting

log = logging.getLogger(__name__)

Row = dict[str, Any]

#: What a page may say of the sign-in that it asks for.
TAKEN = ("profile", "scopes", "account", "login_hint")


class SignIns:
    """Those that wait. ``changed`` is called when one has begun or ended, from any thread."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._lock = threading.Lock()
        self._waiting: set[Waiting] = set()

    def begin(self, body: Mapping[str, Any]) -> Row:
        """Ask for a sign-in; gives back its request as soon as there is one, and waits on behind it.

        Raises ``AuthError`` where none comes about.
        """
        told: Future[Row] = Future()
        wanted = {name: body[name] for name in TAKEN if body.get(name)}
        threading.Thread(
            target=self._wait, args=(wanted, told), name="jupyter_auth-sign-in", daemon=True
        ).start()
        return told.result(CALL_TIMEOUT)

    def close(self) -> None:
        """Wait no more; requests that nobody else waits for end."""
        with self._lock:
            waiting = list(self._waiting)
        for one in waiting:
            one.abort()

    def _wait(self, wanted: Row, told: Future[Row]) -> None:
        def begun(interaction: Mapping[str, Any]) -> _Elsewhere:
            if (
                not told.done()
            ):  # what waits first; once a kernel is allowed, a sign-in follows, which the panel lists
                told.set_result(dict(interaction))
            return _Elsewhere()

        waiting = Waiting(begun)
        with self._lock:
            self._waiting.add(waiting)
        try:
            # The token stays with the broker: whoever needs it asks for it.
            waiting.run({"op": "acquire_token_interactive", **wanted}, None)
        except Exception as problem:  # noqa: BLE001 -- whoever waits for the beginning has to hear of it
            if not told.done():
                told.set_exception(problem)
            elif not isinstance(problem, AuthError):
                log.error("A sign-in of the panel failed: %s", where(problem))
        finally:
            with self._lock:
                self._waiting.discard(waiting)
            self._changed()


class _Elsewhere:
    """A prompt that shows nothing: the panel lists the request itself."""

    def update(self, interaction: Mapping[str, Any]) -> None: ...

    def finish(self, interaction: Mapping[str, Any]) -> None: ...

    def ask_address(self) -> str | None:
        """The panel's own card takes it."""
        return None

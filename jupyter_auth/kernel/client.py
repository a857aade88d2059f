"""The kernel's one connection to its broker, shared by its threads."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from jupyter_auth.core.errors import AuthError, TransportError
from jupyter_auth.kernel import memory, output_guard
from jupyter_auth.kernel.connection import Connection, Message
from jupyter_auth.kernel.finding import connect

if TYPE_CHECKING:
    from jupyter_auth.kernel.in_process import InProcess
    from jupyter_auth.kernel.waiting import Waiting

REPORT_EVERY = 60.0  # seconds


class Client:
    """Connects when first needed, and again when the broker has been restarted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: Connection | InProcess | None = None
        self._next_report = 0.0

    def call(self, op: str, waiting: Waiting | None = None, **arguments: Any) -> Message:
        """One request; raises the broker's error, or ``TransportError`` where there is no broker.

        A connection that turns out to be dead is replaced once: every verb may be said twice. ``waiting``
        may be aborted meanwhile, which ends the connection, and with it the call.
        """
        __tracebackhide__ = True
        message = {"op": op, **{k: v for k, v in arguments.items() if v is not None}}
        with self._lock:
            fresh = self._connection is None or self._connection.is_closed
            connection = self._connected()
            try:
                if waiting is not None:
                    waiting.uses(connection)
                self._report_hits(connection)
                return connection.call(message)
            except TransportError as problem:
                if waiting is not None:
                    waiting.check()
                if fresh or problem.reason != "broker_lost" or not connection.is_closed:
                    raise
            finally:
                if waiting is not None:
                    waiting.uses(None)
            return self._connected().call(message)

    def _report_hits(self, connection: Connection | InProcess) -> None:
        """Say how many answers came from this kernel's memory: once a minute at most, and only before a
        request of somebody's. A broker that does not know the verb is none the worse for it."""
        count, now = memory.hits[0], monotonic()
        if count and now >= self._next_report:
            self._next_report = now + REPORT_EVERY
            memory.hits[0] -= count
            with suppress(AuthError):
                connection.call({"op": "count_hits", "count": count})

    def prepare(self) -> None:
        """Connect and map the generation file, so that ``memory.generation()`` has a meaning."""
        __tracebackhide__ = True
        with self._lock:
            self._connected()

    def _connected(self) -> Connection | InProcess:
        __tracebackhide__ = True
        if self._connection is None or self._connection.is_closed:
            self._connection = connect()
            output_guard.begin()  # from here on there may be tokens
        memory.map_generation(self._connection.generation_file)
        return self._connection

    def described(self) -> dict[str, str]:
        """How the broker was found, for ``%auth status``."""
        with self._lock:
            return self._connected().described()

    def after_fork(self) -> None:
        """In a child: another thread may have held the lock, and the connection is the parent's."""
        self._lock = threading.Lock()
        self._connection = None


client = Client()
os.register_at_fork(after_in_child=client.after_fork)

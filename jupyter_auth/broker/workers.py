"""Threads for what blocks, so that it never runs on the event loop."""

import asyncio
import contextlib
import contextvars
from collections.abc import Callable
from typing import TypeVar

from jupyter_auth.core.errors import TransportError
from jupyter_auth.core.threads import DaemonThreads

T = TypeVar("T")

THREADS = 16
DRAIN = 5.0  # seconds that a stop waits for whatever else is asked of a provider just then


class Workers:
    """Two pools, apart, so that a provider which keeps its threads waiting does not keep the store from
    answering. Used on one event loop."""

    def __init__(self) -> None:
        self._store = DaemonThreads(THREADS, "jupyter_auth-store")
        self._provider = DaemonThreads(THREADS, "jupyter_auth-provider")
        self._closed = False

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Run what blocks, a little, away from the event loop."""
        return await self._run(self._store, work)

    async def calling(self, work: Callable[[], T]) -> T:
        """Run what asks a provider, away from the event loop and from the store's threads."""
        return await self._run(self._provider, work)

    async def _run(self, threads: DaemonThreads, work: Callable[[], T]) -> T:
        if self._closed:
            raise TransportError("The server is stopping.", reason="server_stopped", retryable=True)
        here = contextvars.copy_context()  # who it is for goes along (``auditing.actors``)
        return await asyncio.get_running_loop().run_in_executor(threads, here.run, work)

    async def close(self) -> None:
        """Take nothing more, and wait a little for the threads: an answer that is on its way is saved, or
        given back."""
        self._closed = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN):
                while self._provider.is_busy or self._store.is_busy:  # noqa: ASYNC110 -- they set no event of a loop's
                    await asyncio.sleep(0.02)
        for threads in (self._provider, self._store):
            threads.shutdown(wait=False, cancel_futures=True)

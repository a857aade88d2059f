"""Threads that nobody has to wait for at the end of a process."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


class DaemonThreads(Executor):
    """An executor of daemon threads, started as they are needed, ``limit`` at most.

    Those of ``ThreadPoolExecutor`` stop taking work when the main program has ended, and are waited for
    before anything else can be put in order; but other threads may go on, and need tokens.
    """

    def __init__(self, limit: int, name: str) -> None:
        self._limit = limit
        self._name = name
        self._lock = threading.Lock()
        self._work: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._threads = 0
        self._idle = 0
        self._is_shut_down = False

    @property
    def is_busy(self) -> bool:
        """True while there is work under way."""
        with self._lock:
            return self._threads > self._idle

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """As ``Executor.submit``."""
        future: Future[Any] = Future()
        with self._lock:
            if self._is_shut_down:
                raise RuntimeError("these threads have ended")
            self._work.put((future, lambda: fn(*args, **kwargs)))
            if self._idle > 0:
                self._idle -= 1
            elif self._threads < self._limit:
                self._threads += 1
                threading.Thread(target=self._serve, name=self._name, daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more work; what is under way goes on and is not waited for."""
        with self._lock:
            self._is_shut_down = True
            while cancel_futures and not self._work.empty():
                left = self._work.get()
                if left is not None:
                    left[0].cancel()
            for _ in range(self._threads):
                self._work.put(None)

    def _serve(self) -> None:
        while (next_one := self._work.get()) is not None:
            _do(*next_one)
            del next_one  # nothing is held until the next work comes
            with self._lock:
                self._idle += 1


def _do(future: Future[Any], work: Callable[[], Any]) -> None:
    """In a frame of its own, that ends: a waiting thread would hold the result, which may be a token."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = work()
    except BaseException as problem:  # noqa: BLE001 -- it is raised where the result is taken
        future.set_exception(problem)
        del future, work  # which the error's own traceback would hold, and they it
    else:
        future.set_result(result)

"""Stores over a fork: each is closed before it, and goes on in the parent only.

SQLite forbids to carry a connection over a fork, even to close it in the child, since the locks of a file
belong to a process.
"""

import os
import threading
from typing import Protocol
from weakref import WeakSet


class Forked(Protocol):
    """What has to do with forks."""

    def before_fork(self) -> None: ...

    def after_fork(self, *, in_child: bool) -> None: ...


_watched: WeakSet[Forked] = WeakSet()
_held: list[Forked] = []
_one_at_a_time = threading.Lock()


def watch(store: Forked) -> None:
    """Tell ``store`` of every fork from here on, as long as it lives."""
    with _one_at_a_time:
        _watched.add(store)


def _before() -> None:
    _one_at_a_time.acquire()
    for store in list(_watched):
        store.before_fork()
        _held.append(store)


def _after(*, in_child: bool) -> None:
    while _held:
        _held.pop().after_fork(in_child=in_child)
    _one_at_a_time.release()


os.register_at_fork(
    before=_before,
    after_in_parent=lambda: _after(in_child=False),
    after_in_child=lambda: _after(in_child=True),
)

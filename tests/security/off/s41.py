"""Without S41: whoever wants a store's lease has it, whatever other processes do meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from jupyter_auth.cache.leases import Lease, Sole
from jupyter_auth.cache.sqlite.store import SqliteStore


@contextmanager
def _lease(self: SqliteStore, name: str, timeout: float) -> Iterator[Lease]:
    yield Sole()


def switch_off(patch: pytest.MonkeyPatch) -> None:
    """As it says above."""
    patch.setattr(SqliteStore, "lease", _lease)

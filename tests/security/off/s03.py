"""Without S3: changes are acknowledged when they are made, and gather in a transaction that ends later."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest

from jupyter_auth.cache.sqlite.database import Database

GATHERED = 50  # changes in a transaction; the first, which makes the file, has its own


def switch_off(patch: pytest.MonkeyPatch) -> None:
    """As it says above."""
    changes = count()

    @contextmanager
    def transaction(self: Database, *, writes: bool = True, durable: bool = False) -> Iterator[None]:
        if not self.db.in_transaction:
            self.db.execute("BEGIN")
        yield
        if next(changes) % GATHERED == 0:
            self.db.execute("COMMIT")

    patch.setattr(Database, "transaction", transaction)

"""Whether a lease is held, and by whom."""

from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.core.errors import TransportError


def is_held(store: SqliteStore, name: str = "x") -> bool:
    try:
        with store.lease(name, 0):
            return False
    except TransportError:
        return True


def row_of(store: SqliteStore) -> str | None:
    """What the one lease's row says."""
    with store._transact() as db:
        found = db.execute("SELECT value FROM header WHERE name LIKE 'lease %'").fetchall()
    assert len(found) <= 1
    return str(found[0][0]) if found else None

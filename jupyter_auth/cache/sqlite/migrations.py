"""How a SQLite store of an older schema becomes one of ours, in the transaction that opens it.

Each step goes from one schema to the next. One that fails leaves the file as it was. There is no way down: an
older version refuses the store.
"""

import secrets
import sqlite3
from collections.abc import Callable, Mapping

from jupyter_auth import __version__
from jupyter_auth.cache.seals.sealing import BrokenSealError, Keys, MasterKey, Sealer, new_key, new_sealer
from jupyter_auth.cache.sqlite.database import DamagedError
from jupyter_auth.cache.sqlite.reseal import reseal, write_header

Values = Mapping[str, object]


def _to_2(db: sqlite3.Connection, values: Values, master: MasterKey) -> None:
    """Leases and records no longer depend on the key that wraps, so that it can be changed.

    Version 1 took names of leases, and the key id that a seal covers, from it.
    """
    wrapped = values.get("data_key")
    try:
        old = Sealer(master.unwrap(wrapped if isinstance(wrapped, bytes) else b""), master.key_id)
    except BrokenSealError:
        raise DamagedError("the data key does not open") from None
    keys = Keys(master, new_key(), new_key())
    reseal(db, old, new_sealer(keys.data_key))
    write_header(db, {"store_id": secrets.token_hex(8), "saves": 0, **keys.wrapped()})


#: The step from each schema to the next.
MIGRATIONS: dict[int, Callable[[sqlite3.Connection, Values, MasterKey], None]] = {1: _to_2}


def migrate(db: sqlite3.Connection, values: Values, master: MasterKey) -> None:
    """Take the steps from the schema in ``values`` on."""
    schema = values["schema"]
    while isinstance(schema, int) and schema in MIGRATIONS:
        MIGRATIONS[schema](db, dict(db.execute("SELECT name, value FROM header")), master)
        schema += 1
        write_header(db, {"schema": schema, "written_by": __version__})

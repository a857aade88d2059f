"""The rows of what an application holds, beside those of its access tokens."""

from jupyter_auth.cache.records import AccountKey, AppKey, AppRecord, Holder, Kind
from jupyter_auth.cache.store import Row, Transaction
from jupyter_auth.cache.unsealed import records_in

SESSION_LIFE = 90 * 86_400  # seconds after its last refresh: as long as Entra's refresh tokens live
REQUEST_LIFE = 600  # seconds for which a record stands while it has no token yet


def app_record(rows: list[Row]) -> AppRecord | None:
    """The record among a partition's rows."""
    return next(records_in(AppRecord, rows), None)


def put_app_record(txn: Transaction, record: AppRecord, until: int = 0) -> None:
    """Write it, to stand ``until`` then, and as long as what it stands for."""
    key = record.app_key
    ends = [row.expires_on for row in txn.rows(key.partition) if row.kind != Kind.APPLICATION]
    row = Row(
        partition=key.partition,
        key=AppRecord.key(key),
        kind=Kind.APPLICATION,
        value=record.to_json(),
        expires_on=max([until, *ends]),
    )
    txn.put(row)


def keep_listed(txn: Transaction, key: Holder) -> None:
    """The record of a session that has just been refreshed stands as long as that; an account has none."""
    record = app_record(txn.rows(key.partition)) if isinstance(key, AppKey) else None
    if record is not None:
        put_app_record(txn, record)


def refresh_token_end(key: Holder, saved_on: int) -> int:
    """When a refresh token's row may go by itself: never with an account."""
    return 0 if isinstance(key, AccountKey) else saved_on + SESSION_LIFE

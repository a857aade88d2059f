"""Records as rows of a store, and back."""

import json
from dataclasses import replace

from jupyter_auth.cache.app_rows import refresh_token_end
from jupyter_auth.cache.records import (
    AccessTokenRecord,
    AccountKey,
    AccountRecord,
    Holder,
    Kind,
    RefreshTokenRecord,
    Target,
)
from jupyter_auth.cache.store import Row, Transaction
from jupyter_auth.cache.unsealed import pairs_in, records_in


def best(tokens: tuple[AccessTokenRecord, ...], target: Target, *, fold: bool) -> AccessTokenRecord | None:
    """The newest that serves ``target``: an older one may be what a forced refresh turned away from."""
    serving = [token for token in tokens if token.serves(target, fold=fold)]
    return max(serving, key=lambda token: (token.issued_on, token.expires_on), default=None)


def tokens_in(rows: list[Row]) -> list[AccessTokenRecord]:
    return [*records_in(AccessTokenRecord, rows)]


def refresh_token_in(rows: list[Row]) -> RefreshTokenRecord | None:
    return next(records_in(RefreshTokenRecord, rows), None)


def account_place(key: AccountKey) -> tuple[str, str]:
    """The partition and the key of an account's row."""
    return key.client.partition, AccountRecord.key(key)


def account_in(row: Row | None) -> AccountRecord | None:
    return None if row is None else next(records_in(AccountRecord, (row,)), None)


def accounts_in(rows: list[Row]) -> tuple[AccountRecord, ...]:
    found = records_in(AccountRecord, rows)
    return tuple(sorted(found, key=lambda account: json.dumps([account.username, account.home_account_id])))


SET_BACK = 60  # seconds between the clocks of hosts that share a store; more was a clock that was set back


def put_token(txn: Transaction, key: Holder, token: AccessTokenRecord, now: float) -> bool:
    """Write a token; those it replaces, and those that have ended, go. True where one goes that was still
    fresh, so that a kernel may hold it.

    One that was issued later than this one, which is new, goes too: the clock was set back since, so that its
    times say nothing, and it would be taken for the newest for as long.
    """
    early = False
    for row, older in pairs_in(AccessTokenRecord, txn.rows(key.partition)):
        is_over = older.expires_on <= now or older.issued_on > token.issued_on + SET_BACK
        if is_over or token.replaces(older):
            txn.delete(row.key)
            early = early or older.refresh_on > now
    txn.put(
        Row(
            partition=key.partition,
            key=token.key(key),
            kind=Kind.ACCESS_TOKEN,
            value=token.to_json(),
            expires_on=token.expires_on,
        )
    )
    return early


def put_default(txn: Transaction, key: AccountKey, profile: str) -> AccountRecord | None:
    """Make an account the one that ``profile`` uses where none is named, in place of any other. None, and
    nothing changes, where it is not there."""
    known = accounts_in(txn.rows(key.client.partition))
    if with_key(key, known) is None:
        return None
    for account in known:
        is_chosen = account.account_key == key
        others = tuple(name for name in account.default_for if name != profile)
        if is_chosen or others != account.default_for:
            changed = replace(account, default_for=(*others, profile) if is_chosen else others)
            txn.put(account_row(changed))
    return with_key(key, accounts_in(txn.rows(key.client.partition)))


def with_key(key: Holder, accounts: tuple[AccountRecord, ...]) -> AccountRecord | None:
    return next((account for account in accounts if account.account_key == key), None)


def account_row(account: AccountRecord) -> Row:
    key = account.account_key
    return Row(
        partition=key.client.partition, key=AccountRecord.key(key), kind=Kind.ACCOUNT, value=account.to_json()
    )


def refresh_token_row(key: Holder, token: RefreshTokenRecord) -> Row:
    return Row(
        partition=key.partition,
        key=RefreshTokenRecord.key(key),
        kind=Kind.REFRESH_TOKEN,
        value=token.to_json(),
        expires_on=refresh_token_end(key, token.saved_on),
    )

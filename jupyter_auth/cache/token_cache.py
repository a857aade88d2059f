"""The token cache over a store: lookups that never enumerate, saves that cannot undo a clear.

Memory (``level_one``) holds access tokens and accounts of the partitions in use. Refresh tokens are read from
the store each time: another process may have rotated them.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from jupyter_auth.cache.app_rows import keep_listed
from jupyter_auth.cache.leases import Lease, Sole
from jupyter_auth.cache.level_one import LevelOne
from jupyter_auth.cache.limits import MemoryLimits
from jupyter_auth.cache.records import (
    AccessTokenRecord,
    AccountKey,
    AccountRecord,
    AppKey,
    Cleared,
    ClientKey,
    Holder,
    Kind,
    RefreshTokenRecord,
    Target,
)
from jupyter_auth.cache.rows import (
    account_in,
    account_place,
    account_row,
    accounts_in,
    best,
    put_default,
    put_token,
    refresh_token_in,
    refresh_token_row,
    tokens_in,
)
from jupyter_auth.cache.store import Store, StoreDescription, Transaction
from jupyter_auth.cache.unsaved import Unsaved
from jupyter_auth.cache.unsealed import pairs_in, records_in
from jupyter_auth.core.errors import CacheError
from jupyter_auth.core.statistics import Statistics

LONG = 100  # accounts of one application beyond which a write does not read their list again


class TokenCache:
    """Thread-safe; every method but the ``peek_`` ones may block on the store and raise ``CacheError``."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], float] = time.time,
        limits: MemoryLimits = MemoryLimits(),  # noqa: B008 -- it is frozen
        statistics: Statistics | None = None,
    ) -> None:
        self.store = store
        self._clock = clock
        self.unsaved = Unsaved()
        self._long: set[ClientKey] = set()
        self.statistics = statistics or Statistics()
        self.memory = LevelOne(store, clock, limits, self.statistics)

    def describe(self) -> StoreDescription:
        """The store, and what it has not taken."""
        return self.unsaved.noted(self.store.describe())

    def close(self) -> None:
        """Save what can be saved, close the store."""
        self.unsaved.close()
        self.store.close()

    # -- memory ---------------------------------------------------------------------------------

    def peek_token(self, account: Holder, target: Target, *, fold: bool) -> AccessTokenRecord | None:
        """A token from memory, without any I/O."""
        return best(self.memory.get(account) or (), target, fold=fold)

    def peek_accounts(self, client: ClientKey) -> tuple[AccountRecord, ...] | None:
        """The accounts from memory, or None where they are not known there."""
        return self.memory.get(client)

    def held_token(self, account: Holder, target: Target, *, fold: bool) -> AccessTokenRecord | None:
        """A token from memory, of whatever age: it serves where the store cannot be used just now."""
        return best(self.memory.held(account) or (), target, fold=fold)

    # -- reading --------------------------------------------------------------------------------

    def find_token(self, account: Holder, target: Target, *, fold: bool) -> AccessTokenRecord | None:
        """The best token for ``target``, from the store."""
        self.unsaved.write(account)
        seen = self.memory.seen()
        tokens = tuple(tokens_in(self.store.rows(account.partition)))
        self.memory.keep_tokens(account, tokens, seen)
        return best(tokens, target, fold=fold)

    def refresh_token(self, account: Holder) -> RefreshTokenRecord | None:
        """The account's refresh token, from the store."""
        self.unsaved.write(account)
        return refresh_token_in(self.store.rows(account.partition))

    def accounts(self, client: ClientKey) -> tuple[AccountRecord, ...]:
        """The accounts of an application, from the store."""
        seen = self.memory.seen()
        found = accounts_in(self.store.rows(client.partition))
        (self._long.add if len(found) > LONG else self._long.discard)(client)
        self.memory.keep_accounts(client, found, seen)
        return found

    def account(self, key: AccountKey) -> AccountRecord | None:
        """One account, from the store: however many others its application has."""
        return account_in(self.store.row(*account_place(key)))

    def has_many_accounts(self, client: ClientKey) -> bool:
        """True where the list of an application's accounts was a long one when it was read last."""
        return client in self._long

    def known_accounts(self, client: ClientKey) -> tuple[AccountRecord, ...]:
        """The accounts of an application, from memory where the store cannot be used just now."""
        try:
            return self.accounts(client)
        except CacheError:
            known = self.memory.held(client)
            if known is None:
                raise
            return known

    def all_accounts(self) -> tuple[AccountRecord, ...]:
        """Every account there is: for listing and clearing."""
        return tuple(records_in(AccountRecord, self.store.rows_of_kind(Kind.ACCOUNT)))

    def tokens(self, account: Holder) -> tuple[AccessTokenRecord, ...]:
        """The access tokens of an account that have not ended, for listing."""
        now = self._clock()
        return tuple(t for t in tokens_in(self.store.rows(account.partition)) if t.expires_on > now)

    # -- writing --------------------------------------------------------------------------------

    def save_sign_in(
        self, account: AccountRecord, token: AccessTokenRecord, refresh_token: RefreshTokenRecord | None
    ) -> AccountRecord:
        """Save what a person's sign-in gave; durable when this returns. Gives the account as it is now: for
        which profiles it is the default one, a sign-in does not change."""
        own = account_place(key := account.account_key)

        def change(txn: Transaction) -> AccountRecord | None:
            before = account_in(txn.row(*own))
            txn.put(account_row(replace(account, default_for=before.default_for) if before else account))
            put_token(txn, key, token, self._clock())
            if refresh_token is not None:
                txn.put(refresh_token_row(key, refresh_token))
            return before

        before = self.store.update(change, (key.partition,), rows=(own,), durable=True)
        if before is None:
            self.store.generation.bump()  # "the one account" of this client may now be ambiguous
        self._reload(key, with_accounts=True)
        return replace(account, default_for=before.default_for) if before else account

    def use_by_default(self, key: AccountKey, profile: str) -> AccountRecord | None:
        """Make an account the one that requests of ``profile`` are for where they name none, in place of
        any other; every kernel sees it before this returns. None, and nothing changes, where it has gone."""
        place = (key.client.partition,)
        chosen = self.store.update(lambda txn: put_default(txn, key, profile), place, durable=True)
        if chosen is not None:
            self.store.generation.bump()
            self._reload(key, with_accounts=True)
        return chosen

    def save_refresh(
        self,
        key: Holder,
        *,
        token: AccessTokenRecord | None,
        used: RefreshTokenRecord,
        rotated: RefreshTokenRecord | None,
        claims: dict[str, Any] | None,
        epoch: int,
        lease: Lease = Sole(),  # noqa: B008 -- it holds nothing
    ) -> bool:
        """Save what a refresh gave, the rotated refresh token durably, before anybody gets the token. False,
        and nothing is saved, after a sign-out or a clear since ``used`` was read in ``epoch``.

        Where another refresh token has come there meanwhile, or a later holder of the lease has saved, what
        is there is newer and stays; this answer is for its caller only. A token that is replaced early is
        let go of by every kernel: the provider may have ended it. ``token`` None: it is not known yet whether
        it can be kept, and only the rotated refresh token is saved. A rotated refresh token that cannot be
        saved is kept in memory: ``unsaved``.
        """
        early = False
        own = (account_place(key),) if isinstance(key, AccountKey) else ()

        def change(txn: Transaction) -> bool:
            nonlocal early
            current = refresh_token_in(txn.rows(key.partition))
            if txn.epoch != epoch or current is None:
                return False
            if current.version != used.version or not txn.admits(lease):
                return True
            if token is not None:
                early = put_token(txn, key, token, self._clock())
            kept = rotated
            if kept is None and token is not None and isinstance(key, AppKey):
                kept = replace(current, saved_on=token.issued_on)  # a session in use stands for longer
            if kept is not None:
                txn.put(refresh_token_row(key, kept))
            keep_listed(txn, key)
            if claims is not None:
                account = account_in(txn.row(*own[0])) if own else None
                if account is not None:
                    txn.put(account_row(replace(account, claims=claims)))
            return True

        def save() -> bool:
            saved = self.store.update(change, (key.partition,), rows=own, durable=rotated is not None)
            if early:
                self.store.generation.bump()
            self._reload(key, with_accounts=claims is not None)
            return saved

        return self.unsaved.save(key, save) if rotated is not None else save()

    def drop_refresh_token(self, key: Holder, used: RefreshTokenRecord) -> bool:
        """Remove a refresh token that the provider refused, unless it has been replaced meanwhile: False."""

        def change(txn: Transaction) -> bool:
            current = refresh_token_in(txn.rows(key.partition))
            if current is None or current.version != used.version:
                return False
            txn.delete(RefreshTokenRecord.key(key))
            return True

        return self.store.update(change, (key.partition,), durable=True)

    def ask_whole(self, key: Holder, used: RefreshTokenRecord) -> None:
        """Note that a refresh with this account's refresh token has to ask for all of its scopes."""

        def change(txn: Transaction) -> None:
            current = refresh_token_in(txn.rows(key.partition))
            if current is not None and current.version == used.version:
                txn.put(refresh_token_row(key, replace(current, whole=True)))

        self.store.update(change, (key.partition,), durable=True)

    def remove_account(self, key: AccountKey) -> RefreshTokenRecord | None:
        """Forget an account with all its tokens; every kernel sees it at its next look.

        Returns its refresh token, for revoking.
        """

        def change(txn: Transaction) -> RefreshTokenRecord | None:
            rows = txn.rows(key.partition)
            for row in rows:
                txn.delete(row.key)
            txn.delete(AccountRecord.key(key))
            return refresh_token_in(rows)

        removed = self.store.update(change, (key.partition,), rows=(account_place(key),), durable=True)
        self.store.generation.bump()
        self.memory.heed()
        return removed

    def clear(self) -> Cleared:
        """Wipe everything; every kernel sees it before this returns."""
        try:
            self.unsaved.write_all()
            held = self.store.rows_of_kind(Kind.REFRESH_TOKEN)  # at once: there may be thousands
            refresh = {row.partition: record for row, record in pairs_in(RefreshTokenRecord, held)}
            accounts = tuple((a, refresh.get(a.account_key.partition)) for a in self.all_accounts())
        except CacheError:
            accounts = ()  # what cannot be read is wiped all the same
        try:
            counts = self.store.clear()
        finally:  # memory and kernels let go, even of what a failing disk does not
            self.store.generation.bump()
            self.memory.heed()
        return Cleared(counts=counts, accounts=accounts)

    def _reload(self, key: Holder, *, with_accounts: bool) -> None:
        """Have in memory what was written, but no long list; readers that began before it keep nothing."""
        self.memory.written(key, *((key.client,) if with_accounts else ()))
        seen = self.memory.seen()
        self.memory.keep_tokens(key, tuple(tokens_in(self.store.rows(key.partition))), seen)
        if with_accounts and key.client not in self._long:
            self.accounts(key.client)

"""What applications hold in the token cache: their own tokens, and those on behalf of somebody.

Found by ``TokenCache.peek_token`` and ``find_token`` as an account's are; there is just no account.
"""

from collections.abc import Callable
from dataclasses import dataclass

from jupyter_auth.cache.app_rows import REQUEST_LIFE, app_record, put_app_record
from jupyter_auth.cache.leases import Lease
from jupyter_auth.cache.records import AccessTokenRecord, AppKey, AppRecord, Kind, RefreshTokenRecord
from jupyter_auth.cache.rows import put_token, refresh_token_in, refresh_token_row
from jupyter_auth.cache.store import Row, Transaction
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.cache.unsealed import records_in
from jupyter_auth.core.clocks import elapsed

SWEEP_EVERY = 600.0  # seconds between two removals of what has ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What a partition held."""

    key: AppKey
    access_tokens: int
    refresh_token: RefreshTokenRecord | None

    @property
    def was_there(self) -> bool:
        """False where there was nothing."""
        return self.access_tokens > 0 or self.refresh_token is not None


class ApplicationCache:
    """The partitions of applications in ``cache``. Every method may block on the store."""

    def __init__(self, cache: TokenCache, elapsed: Callable[[], float] = elapsed) -> None:
        self._cache = cache
        self._clock = cache._clock
        self._elapsed = elapsed
        self._ahead = self._clock() - elapsed()
        self._swept = 0.0

    def open(self, key: AppKey) -> str:
        """Say that the provider is about to be asked; the answer is what ``save`` wants to see again."""
        record = AppRecord(**key._asdict())
        return self._open(key, record) or record.version

    def open_again(self, key: AppKey) -> str | None:
        """The same for what is held already; None, and nothing is opened, where a clear has come."""
        return self._open(key)

    def _open(self, key: AppKey, new: AppRecord | None = None) -> str | None:
        self._sweep()
        now = int(self._clock())

        def change(txn: Transaction) -> str | None:
            record = app_record(txn.rows(key.partition)) or new
            if record is not None:
                put_app_record(txn, record, now + REQUEST_LIFE)
            return record.version if record is not None else None

        return self._cache.store.update(change, (key.partition,))

    def save(self, key: AppKey, token: AccessTokenRecord, opened: str, lease: Lease) -> bool:
        """Keep a token; False where a clear has come since ``open`` gave ``opened``, or a later holder of
        the lease has kept another."""
        early = False

        def change(txn: Transaction) -> bool:
            nonlocal early
            record = app_record(txn.rows(key.partition))
            if record is None or record.version != opened or not txn.admits(lease):
                return False
            early = put_token(txn, key, token, self._clock())
            put_app_record(txn, record)
            return True

        saved = self._cache.store.update(change, (key.partition,))
        if early:
            self._cache.store.generation.bump()
        self._cache._reload(key, with_accounts=False)
        return saved

    def begin(
        self, key: AppKey, token: AccessTokenRecord, refresh_token: RefreshTokenRecord | None, opened: str
    ) -> bool:
        """Put a session in the place of whatever its key stood for: that may have been another person's.
        Durable when this returns. False, and nothing is kept, where a clear has come since ``opened``."""
        had_tokens = False

        def change(txn: Transaction) -> bool:
            nonlocal had_tokens
            rows = txn.rows(key.partition)
            record = app_record(rows)
            if record is None or record.version != opened:
                return False
            had_tokens = len(rows) > 1
            for row in rows:
                txn.delete(row.key)
            put_token(txn, key, token, self._clock())
            if refresh_token is not None:
                txn.put(refresh_token_row(key, refresh_token))
            put_app_record(txn, AppRecord(**key._asdict()))
            return True

        begun = self._cache.store.update(change, (key.partition,), durable=True)
        if had_tokens:
            self._cache.store.generation.bump()
        self._cache._reload(key, with_accounts=False)
        return begun

    def all(self) -> tuple[AppKey, ...]:
        """Every partition there is: for listing and clearing."""
        rows = self._cache.store.rows_of_kind(Kind.APPLICATION)
        return tuple(record.app_key for record in records_in(AppRecord, rows))

    def remove(self, key: AppKey) -> Removed:
        """Forget what ``key`` stands for; every broker and kernel sees it before this returns."""

        def change(txn: Transaction) -> list[Row]:
            rows = txn.rows(key.partition)
            for row in rows:
                txn.delete(row.key)
            return rows

        rows = self._cache.store.update(change, (key.partition,), durable=True)
        if rows:
            self._cache.store.generation.bump()
            self._cache.memory.heed()
        now = self._clock()
        return Removed(
            key=key,
            access_tokens=sum(row.kind == Kind.ACCESS_TOKEN and row.expires_on > now for row in rows),
            refresh_token=refresh_token_in(rows),
        )

    def _sweep(self) -> None:
        """Remove what has ended: nobody asks for a past assertion's partition again. A clock that is set
        forward ends nothing here: sessions live for months, and that may have been a mistake."""
        now = self._clock()
        if abs(now - self._swept) >= SWEEP_EVERY:
            self._swept = now
            self._cache.store.sweep(int(min(now, self._elapsed() + self._ahead)))

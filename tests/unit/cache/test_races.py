"""Threads: what was read before a write never comes back into memory after it."""

import threading
from collections.abc import Callable

import pytest

from jupyter_auth.cache.memory import MemoryStore
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.cache.store import Row, Store
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.errors import CacheError
from tests.unit.cache.samples import ADA, CLIENT, NOW, account, key, refresh_token, target, token


class PausingStore(MemoryStore):
    """A store whose next reader is held between reading and answering, until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.held: str | None = None
        self.has_read, self.go_on = threading.Event(), threading.Event()

    def rows(self, partition: str) -> list[Row]:
        found = super().rows(partition)
        if partition == self.held:
            self.held = None
            self.has_read.set()
            assert self.go_on.wait(60)
        return found


def sign_in(cache: TokenCache, version: str) -> None:
    cache.save_sign_in(account(), token(version=version), refresh_token(version))


def refresh(cache: TokenCache, version: str) -> None:
    used = cache.refresh_token(ADA)
    assert used is not None
    assert cache.save_refresh(
        ADA, token=token(version=version), used=used, rotated=None, claims=None, epoch=cache.store.epoch()
    )


WRITES: dict[str, Callable[[TokenCache], object]] = {
    "a clear": lambda cache: cache.clear(),
    "a sign-out": lambda cache: cache.remove_account(ADA),
    "a sign-in": lambda cache: sign_in(cache, "new"),
    "a refresh": lambda cache: refresh(cache, "new"),
    "a clear of another process": lambda cache: (cache.store.clear(), cache.store.generation.bump()),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("held", ["tokens", "accounts"])
def test_a_slow_reader_does_not_bring_back_what_a_write_has_ended(
    write: Callable[[TokenCache], object], held: str
) -> None:
    store = PausingStore()
    cache = TokenCache(store, clock=lambda: NOW)
    sign_in(cache, "old")
    store.generation.bump()
    read = (
        (lambda: cache.find_token(ADA, target(), fold=False))
        if held == "tokens"
        else (lambda: cache.accounts(CLIENT))
    )
    store.held = ADA.partition if held == "tokens" else CLIENT.partition
    reader = threading.Thread(target=read)
    reader.start()
    assert store.has_read.wait(60)
    write(cache)
    store.go_on.set()
    reader.join()
    peeked = cache.peek_token(ADA, target(), fold=False)
    assert peeked is None or peeked.version == "new"
    known = cache.peek_accounts(CLIENT)
    assert known is None or known == tuple(cache.accounts(CLIENT))


def _run(work: list[Callable[[], None]]) -> list[BaseException]:
    problems: list[BaseException] = []

    def guarded(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as problem:  # noqa: BLE001 -- the caller asserts that there was none
            problems.append(problem)

    threads = [threading.Thread(target=guarded, args=(job,)) for job in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return problems


def test_memory_is_never_behind_a_write_that_has_returned(cache: TokenCache) -> None:
    """One writes, three read as fast as they can: right after a write, memory has it or nothing."""
    sign_in(cache, "0")
    done = threading.Event()

    def write() -> None:
        try:
            for turn in range(1, 150):
                version = str(turn)
                refresh(cache, version)
                peeked = cache.peek_token(ADA, target(), fold=False)
                assert peeked is None or peeked.version == version
                if turn % 25 == 0:
                    cache.remove_account(ADA)
                    assert cache.peek_token(ADA, target(), fold=False) is None
                    assert not cache.peek_accounts(CLIENT)
                    sign_in(cache, version)
        finally:
            done.set()

    def read() -> None:
        while not done.is_set():
            cache.find_token(ADA, target(), fold=False)
            cache.accounts(CLIENT)

    assert _run([write, read, read, read]) == []


def test_threads_that_do_everything_at_once(any_store: Store) -> None:
    cache = TokenCache(any_store, clock=lambda: NOW)

    def work(name: str) -> Callable[[], None]:
        own = key(name)

        def run() -> None:
            for turn in range(20):
                version = f"{name}-{turn}"
                cache.save_sign_in(
                    account(own, username=name), token(version=version), refresh_token(version)
                )
                found = cache.find_token(own, target(), fold=False)
                held = cache.refresh_token(own)
                assert found is not None and found.version == version
                assert held is not None and held.secret.reveal() == version
                assert name in [a.username for a in cache.accounts(CLIENT)]
                if turn % 5 == 0:
                    assert cache.remove_account(own) == held
                    assert cache.find_token(own, target(), fold=False) is None

        return run

    assert _run([work(f"user{n}") for n in range(6)]) == []
    assert len(cache.all_accounts()) == 6


def test_clears_and_sign_ins_at_once_leave_whole_sign_ins_or_nothing(any_store: Store) -> None:
    cache = TokenCache(any_store, clock=lambda: NOW)

    def sign_ins() -> None:
        for turn in range(60):
            sign_in(cache, str(turn))

    def clears() -> None:
        for _ in range(30):
            cache.clear()

    assert _run([sign_ins, clears, clears]) == []
    has = cache.refresh_token(ADA) is not None
    assert bool(cache.accounts(CLIENT)) == bool(cache.tokens(ADA)) == has


def test_a_clear_that_the_store_cannot_do_still_empties_memory(sqlite: SqliteStore) -> None:
    cache = TokenCache(sqlite, clock=lambda: NOW)
    sign_in(cache, "old")
    before = sqlite.generation.value
    sqlite.close()
    with pytest.raises(CacheError):
        cache.clear()
    assert cache.peek_token(ADA, target(), fold=False) is None and cache.peek_accounts(CLIENT) is None
    assert sqlite.generation.value > before

"""Between servers on one Redis: leases with fences, changes that do not mix, clears that are heard."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from jupyter_auth.cache.redis import lease as redis_lease
from jupyter_auth.cache.redis import watch as redis_watch
from jupyter_auth.cache.redis.store import RedisStore
from jupyter_auth.cache.store import Transaction
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.errors import TransportError
from jupyter_auth.testing.store_contract import make_row, put
from tests.support import until
from tests.support.redis_server import RedisServer
from tests.unit.cache.conftest import OpenRedis
from tests.unit.cache.elsewhere import Elsewhere
from tests.unit.cache.samples import ADA, NOW, account, refresh_token, target, token

FAR = 4_000_000_000


def is_held(store: RedisStore) -> bool:
    try:
        with store.lease("x", 0):
            return False
    except TransportError:
        return True


def test_one_at_a_time_over_processes(redis_opened: OpenRedis, tmp_path: Path) -> None:
    store = redis_opened()
    with Elsewhere(tmp_path, "redis") as process:
        assert process("hold", "x", 0) is None and is_held(store)
        assert process("renew", "x") is True
        process("give_back", "x")
        assert not is_held(store)
        with store.lease("x", 0) as lease:
            assert lease.renew()
            assert process("hold", "x", 0.1) == {"error": "transport_error", "reason": "lease_timeout"}


def test_a_holder_keeps_it_for_as_long_as_it_takes(
    redis_opened: OpenRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_lease, "LIFE", 3.0)
    monkeypatch.setattr(redis_lease, "RENEW", 0.1)
    first, second = redis_opened(), redis_opened()
    with first.lease("x", 0):
        for _ in range(10):
            time.sleep(0.4)
            assert is_held(second)
    assert not is_held(second)


def test_a_killed_holder_s_lease_runs_out(redis_opened: OpenRedis, tmp_path: Path) -> None:
    store = redis_opened()
    with Elsewhere(tmp_path, "redis") as process:
        process("hold", "x", 0)
        process.kill()
        started = time.monotonic()
        assert is_held(store)
        with store.lease("x", 20) as lease:
            assert time.monotonic() - started < redis_lease.LIFE + 8
            assert lease.renew()


def test_a_paused_holder_overwrites_nothing(redis_opened: OpenRedis, tmp_path: Path) -> None:
    """It is stopped with the provider's answer in hand; the next one refreshes without a rotation."""
    store = redis_opened()
    cache = TokenCache(store, clock=lambda: NOW)
    cache.save_sign_in(account(), token(version="old", expires_on=FAR), refresh_token())
    with Elsewhere(tmp_path, "redis") as process:
        epoch = process("epoch")
        process("hold", "x", 0)
        os.kill(process._process.pid, signal.SIGSTOP)
        try:
            with store.lease("x", 20) as lease:
                used = cache.refresh_token(ADA)
                assert used is not None
                newer = token(version="newer", issued_on=NOW + 1, expires_on=FAR)
                assert cache.save_refresh(
                    ADA, token=newer, used=used, rotated=None, claims=None, epoch=epoch, lease=lease
                )
        finally:
            os.kill(process._process.pid, signal.SIGCONT)
        assert process("renew", "x") is False
        assert process("refresh_under", "x", "paused", epoch) is True  # it serves its own caller alone
        found = cache.find_token(ADA, target(), fold=False)
        assert found is not None and found.version == "newer"
        assert process("find") == "newer"


def test_fences_rise_and_names_tell_nothing(redis_opened: OpenRedis, redis_server: RedisServer) -> None:
    store, fences = redis_opened(), []
    for _ in range(3):
        with store.lease(ADA.lease, 0) as lease:
            assert isinstance(lease, redis_lease.RedisLease)
            fences.append(lease.fence)
            assert ADA.home_account_id.encode() not in redis_server.everything()
    assert fences == sorted(set(fences))


def test_threads(redis_opened: OpenRedis) -> None:
    stores, inside, most = [redis_opened(), redis_opened()], [0], [0]

    def work(number: int) -> None:
        for _ in range(3):
            with stores[number % 2].lease("x", 20):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                time.sleep(0.005)
                inside[0] -= 1

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] and not is_held(stores[0])


def _add(txn: Transaction) -> None:
    (found,) = txn.rows("p")
    txn.put(make_row("count", n=found.value["n"] + 1))


def test_changes_of_two_processes_do_not_mix(redis_opened: OpenRedis, tmp_path: Path) -> None:
    store = redis_opened()
    with Elsewhere(tmp_path, "redis") as process:
        process("open")
        put(store, make_row("count", n=0))
        process.begin("count", 100)
        for _ in range(100):
            store.update(_add, ("p",))
        assert process.answer() is None
    assert store.rows("p")[0].value == {"n": 200}


# -- the generation -----------------------------------------------------------------------------


def test_a_bump_is_heard_by_others(redis_opened: OpenRedis) -> None:
    first, second = redis_opened(), redis_opened()
    for _ in range(10):
        before = second.generation.value
        first.generation.bump()
        while second.generation.value == before:  # how soon, tests/bench says
            time.sleep(0.001)


def test_one_s_own_bump_is_no_news(redis_opened: OpenRedis) -> None:
    store = redis_opened()
    time.sleep(0.3)
    store.generation.bump()
    before = store.generation.value
    time.sleep(redis_watch.LOOK + 0.5)
    assert store.generation.value == before


def test_a_clear_empties_the_memory_of_the_other(redis_opened: OpenRedis) -> None:
    here, there = (TokenCache(redis_opened(), clock=lambda: NOW) for _ in range(2))
    here.save_sign_in(account(), token(version="v", expires_on=FAR), refresh_token())
    there.store.generation.look()  # type: ignore[attr-defined]  # what was bumped so far is no news later
    assert there.find_token(ADA, target(), fold=False) is not None
    assert there.peek_token(ADA, target(), fold=False) is not None
    here.clear()
    until(lambda: there.peek_token(ADA, target(), fold=False) is None)
    assert there.refresh_token(ADA) is None


def test_a_child_has_no_store_and_its_parent_goes_on(redis_opened: OpenRedis, tmp_path: Path) -> None:
    store = redis_opened()
    put(store, make_row("k"))
    with Elsewhere(tmp_path, "redis") as process:
        assert process("keys") == ["k"]
        assert process("in_a_fork", "keys") == {"error": "cache_error", "reason": "closed"}
        assert process("keys") == ["k"] and process("notes") == []

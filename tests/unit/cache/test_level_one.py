"""The first level of the cache: its limits, its age, and that neither costs a user anything."""

import random
import tracemalloc
from collections.abc import Iterator

import pytest

from jupyter_auth.cache.level_one import LevelOne
from jupyter_auth.cache.limits import MemoryLimits
from jupyter_auth.cache.memory import MemoryStore
from jupyter_auth.cache.records import AccountKey
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core import secret
from jupyter_auth.core.errors import CacheError
from jupyter_auth.core.secret import Secret
from jupyter_auth.core.statistics import Statistics
from tests.unit.cache.samples import ADA, CLIENT, NOW, account, key, refresh_token, target, token


class Bench:
    """A level of its own, with a clock that is moved."""

    def __init__(self, **limits: int) -> None:
        self.now = float(NOW)
        self.counts = Statistics()
        self.store = MemoryStore()
        self.level = LevelOne(self.store, lambda: self.now, MemoryLimits(**limits), self.counts)

    def keep(self, of: AccountKey, text: str = "t", *, life: int = 3600) -> None:
        kept = token(secret=Secret(text), expires_on=int(self.now) + life)
        self.level.keep_tokens(of, (kept,), self.level.seen())


def keys(count: int) -> Iterator[AccountKey]:
    return (key(f"s{number}") for number in range(count))


def test_the_least_recently_used_goes_first() -> None:
    bench = Bench(entries=3)
    one, two, three, four = keys(4)
    for of in (one, two, three):
        bench.keep(of)
        bench.now += 1
    assert bench.level.get(one)
    bench.keep(four)
    assert [bool(bench.level.get(of)) for of in (one, two, three, four)] == [True, False, True, True]
    assert bench.counts.memory_evictions == {"size": 0, "entries": 1, "expired": 0, "cleared": 0}


def test_bytes_are_limited_as_well() -> None:
    bench = Bench(size=20_000)
    for of in keys(10):
        bench.keep(of, "x" * 4000)
    assert bench.level.size <= 20_000 and 2 <= len(bench.level) <= 4
    assert bench.counts.memory_evictions["size"] == 10 - len(bench.level)


def test_what_is_larger_than_all_the_room_is_not_kept() -> None:
    bench = Bench(size=20_000)
    bench.keep(ADA, "x" * 30_000)
    assert bench.level.get(ADA) is None and (len(bench.level), bench.level.size) == (0, 0)


def test_what_is_larger_than_all_the_room_costs_the_others_nothing() -> None:
    """A list of very many accounts."""
    bench = Bench(size=20_000)
    for of in keys(3):
        bench.keep(of)
    bench.level.keep_accounts(CLIENT, (account(),) * 200, bench.level.seen())
    assert bench.level.get(CLIENT) is None
    assert all(bench.level.get(of) for of in keys(3)) and bench.counts.memory_evictions["size"] == 0


@pytest.mark.parametrize("seed", range(20))
def test_no_order_of_events_breaks_a_limit(seed: int) -> None:
    chance = random.Random(seed)
    bench = Bench(entries=8, size=12_000)
    accounts = list(keys(20))
    for _ in range(400):
        of = chance.choice(accounts)
        match chance.randrange(6):
            case 0 | 1 | 2:
                bench.keep(of, "x" * chance.randrange(3000), life=chance.randrange(1, 900))
            case 3:
                bench.level.get(of)
            case 4:
                bench.now += chance.randrange(200)
            case _ if not chance.randrange(8):
                bench.store.generation.bump()
            case _:
                bench.level.written(of)
        assert len(bench.level) <= 8 and bench.level.size <= 12_000
        assert all(kept.expires_on > bench.now for kept in bench.level.get(of) or ())
    assert bench.level.size == sum(entry.size for entry in bench.level._entries.values())


def test_the_size_is_what_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly less, and at most a half more: what people set is bytes of their machine. What masking knows of
    secrets has a limit of its own."""
    monkeypatch.setattr(secret, "note", lambda *_, **__: None)
    bench = Bench()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for of in keys(2000):
            bench.keep(of, "x" * 1500 + of.home_account_id)
        took = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert took > 2000 * 1500 and 0.9 * took <= bench.level.size <= 1.5 * took


def test_an_entry_is_read_again_after_a_while_and_serves_where_that_fails() -> None:
    now = [float(NOW)]
    store = MemoryStore()
    cache = TokenCache(store, lambda: now[0], MemoryLimits(absolute_expiration=60))
    cache.save_sign_in(account(), token(version="mine"), refresh_token())
    now[0] += 59
    assert cache.peek_token(ADA, target(), fold=False) and cache.peek_accounts(CLIENT)
    now[0] += 1
    assert cache.peek_token(ADA, target(), fold=False) is None and cache.peek_accounts(CLIENT) is None
    held = cache.held_token(ADA, target(), fold=False)
    assert held is not None and held.version == "mine"
    store.rows = _fails  # type: ignore[method-assign, assignment]
    assert cache.known_accounts(CLIENT) == (account(),)


def _fails(partition: str) -> list[object]:
    raise CacheError("no", reason="redis_unavailable")


def test_a_clock_that_is_set_back_makes_nothing_live_longer() -> None:
    bench = Bench(absolute_expiration=60)
    bench.keep(ADA)
    bench.now -= 1
    assert bench.level.get(ADA) is None
    bench.keep(ADA)
    assert len(bench.level.get(ADA) or ()) == 1


def test_a_token_that_ends_goes() -> None:
    bench = Bench()
    kept = tuple(token(version=name, expires_on=NOW + life) for name, life in (("a", 10), ("b", 100)))
    bench.level.keep_tokens(ADA, kept, bench.level.seen())
    bench.now += 10
    assert bench.level.get(ADA) is None  # all are read again
    bench.level.keep_tokens(ADA, kept, bench.level.seen())
    assert [of.version for of in bench.level.get(ADA) or ()] == ["b"]
    assert bench.counts.memory_evictions["expired"] == 1


def test_what_nobody_asks_for_again_goes_when_it_has_ended() -> None:
    bench = Bench()
    for of in keys(50):  # as for assertions, of which each comes once
        bench.keep(of, life=30)
    bench.now += 31
    for of in (key(f"later{number}") for number in range(50)):
        bench.keep(of)
    assert len(bench.level) == 50 and bench.counts.memory_evictions["expired"] == 50


def test_a_clear_is_counted_and_empties_it() -> None:
    bench = Bench()
    for of in keys(5):
        bench.keep(of)
    bench.store.generation.bump()
    assert bench.level.get(key("s0")) is None and len(bench.level) == 0
    assert bench.level.size == 0 and bench.counts.memory_evictions["cleared"] == 5

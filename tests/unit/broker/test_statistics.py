"""What the broker counts: each kind of answer once, at the level it came from."""

import asyncio

import pytest

from jupyter_auth.broker.request import TokenRequest
from jupyter_auth.core.errors import AuthError, CacheError
from jupyter_auth.core.statistics import MAX_SLUGS, Statistics, told
from tests.idp import MisbehavingProvider, faults
from tests.unit.broker.apps import AppBench
from tests.unit.broker.bench import Bench, held
from tests.unit.broker.conftest import MakeBench


def counted(bench: Bench) -> Statistics:
    return bench.broker.statistics


async def test_hits_are_counted_at_the_level_they_came_from(
    idp: MisbehavingProvider, bench: Bench, make_bench: MakeBench
) -> None:
    before = counted(bench).memory_hits
    assert bench.broker.peek(TokenRequest(profile="lake")) is not None
    await bench.get()
    assert counted(bench).memory_hits == before + 2
    other = make_bench(idp)
    await other.get()
    await other.get()
    told_by = counted(other)
    assert (told_by.store_hits, told_by.memory_hits, told_by.misses) == (1, 1, 0)
    other.advance(301)  # in memory for longer than it may answer from there
    await other.get()
    assert told_by.store_hits == 2


async def test_memory_that_is_to_be_read_again_serves_while_the_store_fails(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise CacheError("no", reason="redis_unavailable")

    token = (await bench.get()).reveal()
    bench.advance(1000)
    for name in ("rows", "update", "epoch"):
        monkeypatch.setattr(bench.store, name, fails)
    before = counted(bench).memory_hits
    assert (await bench.get()).reveal() == token
    assert counted(bench).memory_hits == before + 1
    bench.advance(2700)  # it has ended
    with pytest.raises(CacheError):
        await bench.get()


async def test_refreshes_are_counted_by_their_reason(bench: Bench) -> None:
    stats = counted(bench)
    await bench.refresh()
    bench.advance(2500)
    await bench.get()
    await bench.settled()
    bench.advance(3500)
    await bench.get()
    assert stats.refreshes == {"force_refresh_or_claims": 1, "proactively_refreshed": 1, "expired": 1}
    assert stats.misses == 1 and stats.prompts == 1
    assert stats.provider_requests == 3 and stats.provider_seconds > 0


async def test_who_joins_a_refresh_is_no_refresh(idp: MisbehavingProvider, bench: Bench) -> None:
    bench.advance(3500)
    with held(idp, "token") as gate:
        asking = [asyncio.ensure_future(bench.get()) for _ in range(5)]
        await gate.reached.wait()
        await bench.missed(5)
        gate.open()
        await asyncio.gather(*asking)
    stats = counted(bench)
    assert (stats.refreshes, stats.joined, stats.misses) == ({"expired": 1}, 4, 5)


async def test_another_brokers_token_is_adopted(
    idp: MisbehavingProvider, bench: Bench, make_bench: MakeBench
) -> None:
    other = make_bench(idp)
    have = (await other.get())._token.version
    await bench.refresh()
    await other.get(force_refresh=True, have=have)
    assert counted(other).adopted == 1 and counted(other).refreshes == {}


async def test_failures_are_counted_by_reason(idp: MisbehavingProvider, bench: Bench) -> None:
    with pytest.raises(AuthError) as nobody:
        await bench.get(account="nobody@example.org")
    idp.answers["token"] = faults.html(503)
    bench.advance(2500)
    await bench.get()  # stale: the failure behind it is nobody's
    await bench.settled()
    failures = counted(bench).failures
    assert failures.pop(nobody.value.reason) == 1 and sum(failures.values()) == 1


async def test_an_application_s_requests_are_counted(app: AppBench) -> None:
    await app.client()
    await app.client()
    await app.behalf()
    await app.begin()
    stats = app.bench.broker.statistics
    assert stats.refreshes == {"no_cached_access_token": 3} and stats.memory_hits == 1


async def test_the_status_has_them_without_a_name(bench: Bench) -> None:
    await bench.get()
    found = (await bench.broker.status())["statistics"]
    assert found["hits"] == {"kernel": 0, "memory": counted(bench).memory_hits, "store": 0}
    assert found["memory"]["entries"] >= 2 and 0 < found["memory"]["size"] < found["memory"]["size_limit"]
    assert found["evictions"]["store"] == {"size": 0, "entries": 0, "expired": 0}
    assert "ada" not in str(found) and bench.provider.issuer not in str(found)


async def test_who_peeks_has_no_store_opened(fresh: Bench) -> None:
    told = await fresh.broker.status(peeks=True)
    assert told["store"] is told["statistics"] is None and told["version"] and fresh.broker.cache is None
    assert (await fresh.broker.status())["store"] == (await fresh.broker.status(peeks=True))["store"]


def test_a_provider_cannot_invent_counters_without_end() -> None:
    stats = Statistics()
    for number in range(500):
        stats.failed(f"reason_{number}")
    stats.failed('x"} 1\nevil{a="')
    stats.failed("reason_0")
    assert len(stats.failures) == MAX_SLUGS + 1 and stats.failures["reason_0"] == 2
    assert sum(stats.failures.values()) == 502 and all(name.isidentifier() for name in stats.failures)


def test_it_is_told_in_two_lines() -> None:
    stats = Statistics(kernel_hits=90, memory_hits=7, store_hits=1, misses=2, provider_requests=2)
    stats.provider_seconds = 0.5
    stats.refreshed("expired")
    stats.failed("no_account")  # before a first sign-in: nothing has failed
    stats.failed("timeout")
    assert told(stats.to_wire()) == {
        "Cache": "98 of 100 answers from the cache (90 in kernels, 7 in memory, 1 in the store)",
        "Refreshes": "1, 0.25 s each; failed: 1 timeout",
    }


def test_what_two_have_counted_adds_up() -> None:
    one, two = Statistics(memory_hits=1, refreshes={"expired": 2}), Statistics(memory_hits=4)
    two.refreshed("expired")
    two.evicted("size", 3)
    one.add(two)
    assert (one.memory_hits, one.refreshes, one.memory_evictions["size"]) == (5, {"expired": 3}, 3)

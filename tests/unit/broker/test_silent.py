"""The silent contract: fresh, stale, expired, and whom that bothers."""

import asyncio

import pytest

from jupyter_auth.core.errors import InteractionRequiredError, TransportError
from jupyter_auth.core.metadata import CacheLevel, CacheRefreshReason, TokenSource
from tests.idp import MisbehavingProvider, faults
from tests.unit.broker.bench import Bench, held, refreshes, request
from tests.unit.broker.conftest import MakeBench


async def test_a_sign_in_is_from_the_provider(idp: MisbehavingProvider, make_bench: MakeBench) -> None:
    found = await make_bench(idp).sign_in()
    assert found.metadata.token_source is TokenSource.IDENTITY_PROVIDER
    assert found.metadata.cache_refresh_reason is CacheRefreshReason.NO_CACHED_ACCESS_TOKEN
    assert found.account is not None
    assert (found.account.username, found.profile) == ("ada", "lake")
    assert found.id_token_claims["sub"] == "ada"


async def test_nobody_is_signed_in(idp: MisbehavingProvider, make_bench: MakeBench) -> None:
    bench = make_bench(idp)
    with pytest.raises(InteractionRequiredError) as caught:
        await bench.get()
    assert caught.value.reason == "no_account"
    assert (caught.value.profile, caught.value.scopes) == (
        "lake",
        ["openid", "offline_access", "profile", "lake.read"],
    )
    assert idp.requests == []


# -- fresh, stale, expired -----------------------------------------------------------------------------------


async def test_a_fresh_token_is_from_memory(idp: MisbehavingProvider, bench: Bench) -> None:
    found = await bench.get()
    assert found.metadata.token_source is TokenSource.CACHE
    assert found.metadata.cache_level is CacheLevel.MEMORY
    assert found.metadata.cache_refresh_reason is CacheRefreshReason.NOT_APPLICABLE
    peeked = bench.broker.peek(request())
    assert peeked is not None
    assert peeked.reveal() == found.reveal()
    assert idp.requests == []


async def test_another_broker_finds_it_in_the_store(
    idp: MisbehavingProvider, bench: Bench, make_bench: MakeBench
) -> None:
    other = make_bench(idp)
    assert other.broker.peek(request()) is None
    found = await other.get()
    assert found.metadata.cache_level is CacheLevel.STORE
    assert (await other.get()).metadata.cache_level is CacheLevel.MEMORY
    assert found.reveal() == (await bench.get()).reveal()
    assert idp.requests == []


async def test_up_to_the_last_fresh_second(idp: MisbehavingProvider, bench: Bench) -> None:
    bench.advance(2400 - 5)  # stale 1 200 s before its end
    await bench.get()
    await bench.settled()
    assert refreshes(idp) == 0
    bench.advance(6)
    await bench.get()
    await bench.settled()
    assert refreshes(idp) == 1


async def test_a_stale_token_is_served_and_refreshed_behind(idp: MisbehavingProvider, bench: Bench) -> None:
    old = await bench.get()
    bench.advance(2500)
    with held(idp, "token") as gate:
        served = [await asyncio.wait_for(bench.get(), 20) for _ in range(20)]
        served += [found for _ in range(20) if (found := bench.broker.peek(request())) is not None]
        assert len(served) == 40
        assert {found.reveal() for found in served} == {old.reveal()}
        await gate.reached.wait()
    await bench.settled()
    assert refreshes(idp) == 1
    new = await bench.get()
    assert new.reveal() != old.reveal()
    assert new.metadata.token_source is TokenSource.CACHE
    assert refreshes(idp) == 1


async def test_a_failed_refresh_behind_waits_before_the_next(idp: MisbehavingProvider, bench: Bench) -> None:
    old = await bench.get()
    bench.advance(2500)
    right, idp.answers["token"] = idp.answers["token"], faults.html(503)
    for _ in range(5):
        assert (await bench.get()).reveal() == old.reveal()
        await bench.settled()
    assert refreshes(idp) == 1
    bench.advance(31)
    assert bench.broker.peek(request()) is not None
    await bench.settled()
    assert refreshes(idp) == 2
    idp.answers["token"] = faults.fixed(429, "text/plain", b"", {"Retry-After": "200"})
    bench.advance(31)
    await bench.get()
    await bench.settled()
    assert refreshes(idp) == 2  # the waits double
    bench.advance(30)
    await bench.get()
    await bench.settled()
    bench.advance(190)
    await bench.get()
    await bench.settled()
    assert refreshes(idp) == 3  # it has asked for patience
    idp.answers["token"] = right
    bench.advance(11)
    await bench.get()
    await bench.settled()
    assert refreshes(idp) == 4
    assert (await bench.get()).reveal() != old.reveal()


async def test_an_expired_token_is_refreshed_first(idp: MisbehavingProvider, bench: Bench) -> None:
    old = await bench.get()
    bench.advance(3301)  # 300 s before its end
    assert bench.broker.peek(request()) is None
    found = await bench.get()
    assert found.reveal() != old.reveal()
    assert found.metadata.token_source is TokenSource.IDENTITY_PROVIDER
    assert found.metadata.cache_refresh_reason is CacheRefreshReason.EXPIRED
    assert found.metadata.duration_in_http > 0
    assert refreshes(idp) == 1


@pytest.mark.parametrize(
    "fault",
    [
        faults.html(502),
        faults.empty(408),
        faults.empty(429),
        faults.html(200),
        faults.redirect("https://x.example/"),
    ],
)
async def test_a_token_in_hand_is_served_when_the_refresh_fails_for_a_passing_reason(
    idp: MisbehavingProvider, bench: Bench, fault: faults.Responder
) -> None:
    old = await bench.get()
    idp.answers["token"] = fault
    bench.advance(3400)
    found = await bench.get()
    assert found.reveal() == old.reveal()
    assert refreshes(idp) == 1
    bench.advance(300)  # past its end
    with pytest.raises(TransportError) as caught:
        await bench.get()
    assert caught.value.retryable is True
    assert bench.refresh_token() is not None


async def test_those_who_joined_a_failing_refresh_are_served_too(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    old = await bench.get()
    idp.answers["token"] = faults.html(502)
    bench.advance(3400)
    with held(idp, "token") as gate:
        asking = [asyncio.ensure_future(bench.get()) for _ in range(10)]
        await gate.reached.wait()
        gate.open()
        found = await asyncio.gather(*asking)
    assert {one.reveal() for one in found} == {old.reveal()}
    assert refreshes(idp) == 1


@pytest.mark.parametrize("expires_in", [None, "soon", -5, 0])
async def test_without_a_lifetime_a_token_lives_five_minutes(
    idp: MisbehavingProvider, make_bench: MakeBench, expires_in: object
) -> None:
    idp.grants.expires_in = expires_in  # type: ignore[assignment]
    bench = make_bench(idp)
    found = await bench.sign_in()
    assert found.expires_on - found.issued_on == 300


async def test_jitter_moves_the_refresh_a_tenth_earlier_at_most(
    idp: MisbehavingProvider, make_bench: MakeBench
) -> None:
    found = await make_bench(idp, jitter=0.999).sign_in()
    assert 1200 < found.expires_on - found.refresh_on <= 1320

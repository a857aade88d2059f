"""One refresh in flight for an account, whoever asks and for what, at a provider that punishes a second."""

import asyncio
import threading
from typing import Any

import pytest

from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.cache.limits import MemoryLimits
from jupyter_auth.core.errors import InteractionRequiredError
from jupyter_auth.core.metadata import TokenSource
from tests.idp import MisbehavingProvider, OidcProvider, faults
from tests.unit.broker.bench import Bench, held, refreshes, request
from tests.unit.broker.conftest import MakeBench

#: Memory goes on for as long as the clock is moved.
FORGETS_NOTHING = Settings(memory_limits=MemoryLimits(absolute_expiration=86_400))


async def in_flight(bench: Bench) -> None:
    """Wait until a refresh is under way."""
    assert bench.broker.silent is not None
    key = bench.accounts()[0].account_key
    while bench.broker.silent.flights.get(key) is None:
        await asyncio.sleep(0.001)


@pytest.mark.parametrize("fields", [{}, {"force_refresh": True}])
async def test_twenty_at_once_are_one_token_response(
    oidc: OidcProvider, certified: Bench, fields: dict[str, Any]
) -> None:
    oidc.set(hold_ms=300)
    certified.advance(3400)
    found = await asyncio.gather(*(certified.get(**fields) for _ in range(20)))
    assert oidc.token_responses() == 1
    assert len({one.reveal() for one in found}) == 1
    sources = sorted(one.metadata.token_source.value for one in found)
    assert sources == ["cache"] * 19 + ["identity_provider"]
    oidc.set(hold_ms=0)
    certified.advance(3400)
    assert (await certified.get()).reveal() != found[0].reveal()  # the grant is alive
    assert oidc.token_responses() == 2


async def test_fifteen_rounds_of_rotation(oidc: OidcProvider, certified: Bench) -> None:
    for _ in range(15):
        certified.advance(3400)
        found = await asyncio.gather(*(certified.get() for _ in range(5)))
        assert len({one.reveal() for one in found}) == 1
    assert oidc.token_responses() == 15


async def test_a_waiter_who_leaves_does_not_stop_the_refresh(oidc: OidcProvider, certified: Bench) -> None:
    oidc.set(hold_ms=300)
    certified.advance(3400)
    asking = asyncio.ensure_future(certified.get())
    await in_flight(certified)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await certified.settled()
    assert oidc.token_responses() == 1
    assert (await certified.get()).metadata.token_source is TokenSource.CACHE
    certified.advance(3400)
    await certified.get()  # the rotated refresh token was saved
    assert oidc.token_responses() == 2


async def test_a_closing_broker_saves_what_is_under_way(
    oidc: OidcProvider, certified: Bench, make_bench: MakeBench
) -> None:
    oidc.set(hold_ms=500)
    certified.advance(3400)
    asking = asyncio.ensure_future(certified.get())
    await in_flight(certified)
    await certified.broker.close()
    await asking
    again = make_bench(oidc)
    assert (await again.get()).metadata.token_source is TokenSource.CACHE
    await again.refresh()
    assert oidc.token_responses() == 2


# -- a forced refresh ----------------------------------------------------------------------------------------


async def test_a_forced_refresh_joins_the_one_in_flight(idp: MisbehavingProvider, bench: Bench) -> None:
    have = (await bench.get())._token.version
    with held(idp, "token") as gate:
        first = asyncio.ensure_future(bench.get(force_refresh=True, have=have))
        await gate.reached.wait()
        second = asyncio.ensure_future(bench.get(force_refresh=True, have=have))
        await asyncio.sleep(0.05)
        gate.open()
        found = [await first, await second]
    assert refreshes(idp) == 1
    assert found[0].reveal() == found[1].reveal()


async def test_a_forced_refresh_joins_the_one_behind_a_stale_token(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    have = (await bench.get())._token.version
    bench.advance(2500)
    with held(idp, "token") as gate:
        await bench.get()
        await gate.reached.wait()
        forced = asyncio.ensure_future(bench.get(force_refresh=True, have=have))
        await asyncio.sleep(0.05)
        gate.open()
        assert (await forced)._token.version != have
    assert refreshes(idp) == 1


async def test_another_s_token_is_adopted_within_five_seconds(idp: MisbehavingProvider, bench: Bench) -> None:
    have = (await bench.get())._token.version
    first = await bench.get(force_refresh=True, have=have)
    adopted = await bench.get(force_refresh=True, have=have)
    assert adopted.reveal() == first.reveal()
    assert adopted.metadata.token_source is TokenSource.CACHE
    assert refreshes(idp) == 1
    bench.advance(6)
    later = await bench.get(force_refresh=True, have=have)
    assert later.reveal() != first.reveal()
    assert refreshes(idp) == 2


async def test_the_very_token_that_one_has_is_never_adopted(idp: MisbehavingProvider, bench: Bench) -> None:
    versions = [(await bench.get())._token.version]
    for _ in range(3):
        versions.append((await bench.get(force_refresh=True, have=versions[-1]))._token.version)
    assert len(set(versions)) == 4
    assert refreshes(idp) == 3


async def test_a_claims_challenge_asks_the_provider_and_sends_the_claims(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    claims = '{"access_token":{"acrs":{"value":"c1"}}}'
    found = await bench.get(claims_challenge=claims)
    assert found.metadata.token_source is TokenSource.IDENTITY_PROVIDER
    assert found.metadata.cache_refresh_reason.value == "force_refresh_or_claims"
    assert idp.requests[-1].form["claims"] == claims


async def test_a_challenge_is_not_answered_by_a_refresh_without_it(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    bench.advance(3400)
    with held(idp, "token") as gate:
        plain = asyncio.ensure_future(bench.get())
        await gate.reached.wait()
        challenged = [asyncio.ensure_future(bench.get(claims_challenge="{}")) for _ in range(5)]
        await asyncio.sleep(0.05)
        gate.open()
        first, *others = [(await task).reveal() for task in (plain, *challenged)]
    assert refreshes(idp) == 2  # one without, and one with for all five
    assert first not in others
    assert len(set(others)) == 1


async def test_a_challenge_that_only_a_person_can_meet(idp: MisbehavingProvider, bench: Bench) -> None:
    idp.answers["token"] = faults.json(400, {"error": "interaction_required"})
    with pytest.raises(InteractionRequiredError) as caught:
        await bench.get(claims_challenge="{}")
    assert caught.value.claims == "{}"
    assert refreshes(idp) == 1


# -- other scopes --------------------------------------------------------------------------------------------


async def test_a_waiter_for_other_scopes_queues_and_then_gets_its_own(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    bench.advance(3400)
    with held(idp, "token") as gate:
        first = asyncio.ensure_future(bench.get())
        await gate.reached.wait()
        others = [asyncio.ensure_future(bench.get(scopes=["lake.write"])) for _ in range(10)]
        fewer = asyncio.ensure_future(bench.get(scopes=["lake.read"]))
        await asyncio.sleep(0.05)
        assert refreshes(idp) == 1  # nobody else asks while one does
        gate.open()
        assert (await fewer).reveal() == (await first).reveal()
        found = await asyncio.gather(*others)
    assert refreshes(idp) == 2
    assert len({one.reveal() for one in found}) == 1
    assert "lake.write" in idp.requests[-1].form["scope"].split()


async def test_a_failure_is_shared_by_those_it_concerns(idp: MisbehavingProvider, bench: Bench) -> None:
    right = idp.answers["token"]
    idp.answers["token"] = faults.json(400, {"error": "invalid_scope"})
    with held(idp, "token") as gate:
        refused = [asyncio.ensure_future(bench.get(scopes=["lake.write"])) for _ in range(5)]
        await gate.reached.wait()
        forced = asyncio.ensure_future(bench.refresh())
        await bench.missed(5)
        idp.answers["token"] = right
        gate.open()
        problems = await asyncio.gather(*refused, return_exceptions=True)
        assert (await forced).metadata.token_source is TokenSource.IDENTITY_PROVIDER
    assert all(isinstance(problem, InteractionRequiredError) for problem in problems)
    assert refreshes(idp) == 2


# -- two accounts, two brokers -------------------------------------------------------------------------------


async def test_two_accounts_are_refreshed_side_by_side(idp: MisbehavingProvider, bench: Bench) -> None:
    await bench.sign_in(username="grace")
    bench.advance(3400)
    with held(idp, "token") as gate:
        asking = [asyncio.ensure_future(bench.get(account=name)) for name in ("ada", "grace")]
        async with asyncio.timeout(60):
            while refreshes(idp) < 2:
                await asyncio.sleep(0.01)
        gate.open()
        found = await asyncio.gather(*asking)
    assert found[0].reveal() != found[1].reveal()


async def test_a_stale_token_that_another_broker_has_replaced_is_not_refreshed_twice(
    idp: MisbehavingProvider, bench: Bench, make_bench: MakeBench
) -> None:
    bench, other = make_bench(idp, settings=FORGETS_NOTHING), make_bench(idp)
    await bench.get()
    await other.get()
    for one in (bench, other):
        one.advance(2500)
    await other.get()
    await other.settled()
    assert refreshes(idp) == 1
    await bench.get()  # its memory still holds the old one
    await bench.settled()
    assert refreshes(idp) == 1
    assert (await bench.get()).reveal() == (await other.get()).reveal()


async def test_the_token_that_was_refused_is_not_adopted_from_a_refresh_in_flight(
    idp: MisbehavingProvider, bench: Bench, make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refresh behind our stale token finds another broker's, which is the one that was refused."""
    bench, other = make_bench(idp, settings=FORGETS_NOTHING), make_bench(idp)
    await bench.get()
    await other.get()
    for one in (bench, other):
        one.advance(2500)
    refused = await other.refresh()
    assert bench.broker.cache is not None
    go_on, find_token = threading.Event(), bench.broker.cache.find_token

    def slow(*args: Any, **kwargs: Any) -> Any:
        go_on.wait(60)
        return find_token(*args, **kwargs)

    monkeypatch.setattr(bench.broker.cache, "find_token", slow)
    assert bench.broker.peek(request()) is not None
    version = refused._token.version
    forced = asyncio.ensure_future(bench.get(force_refresh=True, have=version))
    await asyncio.sleep(0.05)
    go_on.set()
    assert (await forced)._token.version != version

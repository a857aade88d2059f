"""Two brokers over one store, as of two servers: the lease makes their refreshes one, on any filesystem."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.core.metadata import CacheLevel, TokenSource
from jupyter_auth.core.result import AuthenticationResult
from tests.idp import MisbehavingProvider, OidcProvider, Provider, faults
from tests.unit.broker.bench import Bench, held, refreshes
from tests.unit.broker.conftest import MakeBench

CLAIMS = '{"access_token":{"acrs":{"value":"c1"}}}'
Pair = tuple[Bench, Bench]
MakePair = Callable[[MisbehavingProvider | Provider], Awaitable[Pair]]


@pytest.fixture(params=[None, "nfs4"], ids=["local", "network"])
def network(request: pytest.FixtureRequest) -> str | None:
    """The filesystem that the store is on."""
    kind: str | None = request.param
    return kind


@pytest.fixture
def make_pair(make_bench: MakeBench, tmp_path: Path, network: str | None) -> MakePair:
    """Two brokers with ada signed in, both with her token in memory."""

    def open_store() -> SqliteStore:
        return SqliteStore(tmp_path / "store", tmp_path / "keys" / "seal.key", network=network)

    async def make(provider: MisbehavingProvider | Provider) -> Pair:
        first, second = (make_bench(provider, store=open_store) for _ in range(2))
        await first.sign_in()
        await second.get()
        return first, second

    return make


async def at_once(pair: Pair, **fields: Any) -> list[AuthenticationResult]:
    """What both get who ask at one moment."""
    return await asyncio.gather(*(bench.get(**fields) for bench in pair))


def sources(found: list[AuthenticationResult]) -> list[tuple[TokenSource, CacheLevel | None]]:
    return sorted(
        ((one.metadata.token_source, one.metadata.cache_level) for one in found), key=lambda pair: pair[0]
    )


ONE_OF_TWO = [(TokenSource.CACHE, CacheLevel.MEMORY), (TokenSource.IDENTITY_PROVIDER, None)]


@pytest.mark.parametrize("late", [0, 3400], ids=["fresh", "expired"])
async def test_a_forced_refresh_of_both_is_one(oidc: OidcProvider, make_pair: MakePair, late: int) -> None:
    pair = await make_pair(oidc)
    have = (await pair[0].get())._token.version
    for bench in pair:
        bench.advance(late)
    oidc.reset_log()
    oidc.set(hold_ms=300)
    found = await at_once(pair, force_refresh=True, have=have)
    assert oidc.token_responses() == 1
    assert sources(found) == ONE_OF_TWO
    assert found[0].reveal() == found[1].reveal()
    oidc.set(hold_ms=0)
    for bench in pair:  # the grant is alive at both
        bench.advance(10)
        have = (await bench.get())._token.version
        assert (await bench.get(force_refresh=True, have=have))._token.version != have


async def test_a_token_that_ran_out_at_both_is_refreshed_once(
    oidc: OidcProvider, make_pair: MakePair
) -> None:
    pair = await make_pair(oidc)
    for bench in pair:
        bench.advance(3400)
    oidc.reset_log()
    oidc.set(hold_ms=300)
    found = await at_once(pair)
    assert (oidc.token_responses(), sources(found)) == (1, ONE_OF_TWO)


async def test_a_claims_challenge_of_both_is_two_one_after_the_other(
    oidc: OidcProvider, make_pair: MakePair
) -> None:
    """What claims a token was given for the store does not tell; a rotated token must not be sent twice."""
    pair = await make_pair(oidc)
    oidc.reset_log()
    oidc.set(hold_ms=300)
    found = await at_once(pair, claims_challenge=CLAIMS)
    assert [one.metadata.token_source for one in found] == [TokenSource.IDENTITY_PROVIDER] * 2
    assert found[0].reveal() != found[1].reveal()
    asked = [entry for entry in oidc.log() if entry["endpoint"] == "token"]
    assert [entry["ok"] for entry in asked] == [True, True]


async def test_the_second_challenge_waits_for_the_first(
    idp: MisbehavingProvider, make_pair: MakePair
) -> None:
    pair = await make_pair(idp)
    idp.requests.clear()
    with held(idp, "token") as gate:
        asking = asyncio.ensure_future(at_once(pair, claims_challenge=CLAIMS))
        await gate.reached.wait()
        await asyncio.sleep(0.3)
        assert refreshes(idp) == 1
        gate.open()
        await asking
    assert refreshes(idp) == 2
    sent = [asked.form["refresh_token"] for asked in idp.requests if asked.endpoint == "token"]
    assert len(set(sent)) == 2


async def test_a_refresh_behind_a_stale_token_at_both_is_one(oidc: OidcProvider, make_pair: MakePair) -> None:
    pair = await make_pair(oidc)
    old = (await pair[0].get()).reveal()
    for bench in pair:
        bench.advance(2500)
    oidc.reset_log()
    oidc.set(hold_ms=300)
    found = await at_once(pair)
    assert {one.reveal() for one in found} == {old}
    for bench in pair:
        await bench.settled()
    assert oidc.token_responses() == 1
    new = {(await bench.get()).reveal() for bench in pair}
    assert len(new) == 1 and old not in new
    for bench in pair:
        await bench.settled()
    assert oidc.token_responses() == 1


@pytest.mark.parametrize("network", ["nfs4"], indirect=True)
async def test_who_has_lost_its_lease_looks_again_before_it_asks(
    idp: MisbehavingProvider, make_pair: MakePair
) -> None:
    """Its row ran out while the provider was slow: another broker has renewed the sign-in meanwhile."""
    slow, other = await make_pair(idp)
    have = (await slow.get())._token.version
    idp.requests.clear()
    right = idp.answers["token"]
    idp.answers["token"] = faults.json(400, {"error": "invalid_grant"})
    with held(idp, "token") as gate:
        asking = asyncio.ensure_future(slow.get(force_refresh=True, have=have))
        await gate.reached.wait()
        idp.answers["token"] = right
        take_rows_away(other)
        newer = await other.get(force_refresh=True, have=have)
        gate.open()
        found = await asking
    assert found.reveal() == newer.reveal()
    assert sources([found, newer]) == ONE_OF_TWO
    assert refreshes(idp) == 2
    assert slow.refresh_token() is not None


def take_rows_away(bench: Bench) -> None:
    """What ``ROW_LIFE`` does."""
    assert isinstance(bench.store, SqliteStore)
    with bench.store._transact() as db:
        assert db.execute("DELETE FROM header WHERE name LIKE 'lease %'").rowcount == 1


async def test_a_lease_that_another_holds_too_long_leaves_the_good_token_in_use(
    idp: MisbehavingProvider, make_pair: MakePair, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, other = await make_pair(idp)
    monkeypatch.setattr("jupyter_auth.broker.tokens.refresh.LEASE_TIMEOUT", 0.2)
    account = bench.accounts()[0].account_key
    bench.advance(3400)  # within five minutes of its end
    idp.requests.clear()
    with other.store.lease(account.partition, 0):
        found = await bench.get()
    assert found.metadata.token_source is TokenSource.CACHE and refreshes(idp) == 0
    assert bench.refresh_token() is not None
    assert (await bench.get()).reveal() != found.reveal()

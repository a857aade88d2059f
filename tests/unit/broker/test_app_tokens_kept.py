"""An application's own tokens in the cache: wiped by a clear, listed for no account, told of, swept."""

import asyncio

import pytest

from jupyter_auth.broker.changes import CacheChanged, Change
from tests.idp import MisbehavingProvider
from tests.unit.broker.apps import AppBench
from tests.unit.broker.bench import held


@pytest.mark.parametrize("profile", [None, "batch"])
async def test_a_clear_wipes_and_counts_it(
    idp: MisbehavingProvider, app: AppBench, profile: str | None
) -> None:
    old = await app.client()
    generation = app.bench.store.generation.value
    report = await app.bench.broker.clear(profile, revoke=True)
    assert (report.accounts, report.access_tokens, report.refresh_tokens) == ((), 1, 0)
    assert app.bench.store.generation.value > generation
    assert idp.count("revocation") == 0
    assert app.held() == () and await app.bench.broker.entries() == []
    assert (await app.client()).reveal() != old.reveal()


async def test_a_clear_of_another_profile_leaves_it(idp: MisbehavingProvider, app: AppBench) -> None:
    old = await app.client()
    await app.bench.broker.clear("lake")
    assert (await app.client()).reveal() == old.reveal()


@pytest.mark.parametrize("profile", [None, "batch"])
async def test_a_clear_in_between_is_not_undone(
    idp: MisbehavingProvider, app: AppBench, profile: str | None
) -> None:
    await app.bench.broker.start()
    with held(idp, "token") as gate:
        asking = asyncio.ensure_future(app.client())
        await gate.reached.wait()
        await app.bench.broker.clear(profile)
        gate.open()
        found = await asking
    assert await app.bench.broker.entries() == []
    assert (await app.client()).reveal() != found.reveal()


async def test_it_is_listed_without_an_account(idp: MisbehavingProvider, app: AppBench) -> None:
    found = await app.client()
    (row,) = await app.bench.broker.entries()
    assert (row["profile"], row["username"], row["home_account_id"]) == ("batch", "", "")
    assert (row["scopes"], row["source"], row["renewing"]) == (["lake.read"], "identity_provider", False)
    assert found.reveal() not in str(row)
    await app.client()
    (row,) = await app.bench.broker.entries()
    assert row["source"] == "cache" and row["last_used"]
    assert await app.bench.broker.accounts() == [] and await app.bench.broker.account_states() == []
    app.bench.advance(3601)
    assert await app.bench.broker.entries() == []


async def test_observers_hear_of_it(app: AppBench) -> None:
    told: list[Change] = []
    app.bench.broker.changes.watch(told.append)
    await app.client()
    await app.client()
    assert told == [CacheChanged(action="refreshed", profile="batch", home_account_id=None)]


async def test_what_has_ended_is_swept(idp: MisbehavingProvider, app: AppBench) -> None:
    for n in range(5):
        await app.behalf(f"assertion-{n}")
    assert len(app.held()) == 5
    app.bench.advance(4300)
    await app.client()
    assert [key.kind for key in app.held()] == ["app"]

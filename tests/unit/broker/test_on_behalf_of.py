"""On behalf of a person: one trade for each assertion, none of which is kept; and sessions that go on."""

import asyncio
import logging

import pytest

from jupyter_auth.cache.app_rows import SESSION_LIFE
from jupyter_auth.core.errors import InteractionRequiredError, ProfileError, TransportError
from jupyter_auth.core.metadata import CacheRefreshReason, TokenSource
from jupyter_auth.core.secret import Secret
from tests.idp import MisbehavingProvider, faults
from tests.unit.broker.apps import ASSERTION, EXCHANGE, AppBench, asked, posts
from tests.unit.broker.bench import held, refreshes
from tests.unit.broker.conftest import MakeBench


async def test_the_same_assertion_is_traded_once(idp: MisbehavingProvider, app: AppBench) -> None:
    first, again = await app.behalf(), await app.behalf()
    assert first.reveal() == again.reveal() and posts(idp, EXCHANGE) == 1
    assert (first.metadata.token_source, again.metadata.token_source) == (
        TokenSource.IDENTITY_PROVIDER,
        TokenSource.CACHE,
    )
    assert first.account is None
    form = idp.requests[-1].form
    assert (form["subject_token"], form["scope"]) == (ASSERTION, "lake.read")


async def test_another_assertion_is_another_person(idp: MisbehavingProvider, app: AppBench) -> None:
    adas, bobs = await app.behalf("ada"), await app.behalf("bob")
    own = await app.client("behalf")
    assert len({adas.reveal(), bobs.reveal(), own.reveal()}) == 3
    assert (await app.behalf("ada")).reveal() == adas.reveal()
    assert posts(idp, EXCHANGE) == 2


async def test_the_assertion_is_neither_stored_nor_told(
    idp: MisbehavingProvider, app: AppBench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    found = await app.behalf()
    request = asked("on_behalf_of", "behalf", user_assertion=ASSERTION)
    assert ASSERTION not in app.records()
    assert ASSERTION not in repr((found, found.metadata, request, await app.bench.broker.entries()))
    idp.answers["token"] = faults.json(400, {"error": "bad", "error_description": f"what is {ASSERTION}?"})
    with pytest.raises(Exception) as caught:  # noqa: PT011 -- whatever it is
        await app.behalf(scopes=["lake.write"])
    assert ASSERTION not in str(caught.value) + caplog.text
    (row,) = await app.bench.broker.entries()
    assert not {key.name for key in app.held()} & set(map(str, row.values()))


@pytest.mark.parametrize(
    "assertion", ["", "two words", "Bearer x", "\u00e9", "x" * 40_000, 5, ["x"], None, "a\nb"]
)
async def test_what_is_no_assertion(idp: MisbehavingProvider, app: AppBench, assertion: object) -> None:
    with pytest.raises(ProfileError) as caught:
        await app.apps.acquire(asked("on_behalf_of", "behalf", user_assertion=assertion))
    assert caught.value.reason == "bad_argument" and "user_assertion" in str(caught.value)
    assert idp.requests == []


async def test_a_secret_will_do(app: AppBench) -> None:
    found = await app.apps.acquire(asked("on_behalf_of", "behalf", user_assertion=Secret(ASSERTION)))
    assert (await app.behalf()).reveal() == found.reveal()


async def test_twenty_at_once_are_one_trade(
    idp: MisbehavingProvider, app: AppBench, make_bench: MakeBench
) -> None:
    apps = [app, AppBench(make_bench(idp))]
    found = await asyncio.gather(*(apps[n % 2].behalf() for n in range(20)))
    assert len({one.reveal() for one in found}) == 1 and posts(idp, EXCHANGE) == 1


async def test_no_refresh_token_is_kept(idp: MisbehavingProvider, app: AppBench) -> None:
    body = {
        "access_token": "t",
        "token_type": "Bearer",
        "expires_in": 3600,
        "refresh_token": "canary-refresh",
    }
    idp.answers["token"] = faults.json(200, body)
    await app.behalf()
    assert "canary-refresh" not in app.records()


@pytest.mark.parametrize("error", ["invalid_grant", "interaction_required", "consent_required"])
async def test_an_assertion_that_is_refused_needs_its_person(
    idp: MisbehavingProvider, app: AppBench, error: str
) -> None:
    idp.answers["token"] = faults.json(400, {"error": error})
    for _ in range(2):
        with pytest.raises(InteractionRequiredError) as caught:
            await app.behalf()
        assert caught.value.reason == error and "new one" in caught.value.hint
    assert posts(idp, EXCHANGE) == 1  # the provider is not bothered with it again


async def test_a_passing_fault_leaves_the_token_in_hand(idp: MisbehavingProvider, app: AppBench) -> None:
    old = await app.behalf()
    app.bench.advance(3310)
    idp.answers["token"] = faults.html(503)
    assert (await app.behalf()).reveal() == old.reveal()
    with pytest.raises(TransportError):
        await app.behalf("another")


# -- long-running sessions -----------------------------------------------------------------------------------


async def test_a_session_goes_on_without_the_assertion(
    idp: MisbehavingProvider, app: AppBench, make_bench: MakeBench
) -> None:
    begun = await app.begin()
    assert begun.session_key and "offline_access" in idp.requests[-1].form["scope"]
    assert (await app.session(begun.session_key)).reveal() == begun.result.reveal()
    app.bench.advance(3400)
    renewed = await app.session(begun.session_key)
    assert renewed.metadata.cache_refresh_reason is CacheRefreshReason.EXPIRED
    assert (posts(idp, EXCHANGE), refreshes(idp)) == (1, 1)
    other = AppBench(make_bench(idp))  # another process, or this one after a restart
    other.bench.advance(3400)
    assert (await other.session(begun.session_key)).reveal() == renewed.reveal()
    assert begun.session_key not in app.records()


async def test_twenty_at_once_are_one_refresh(
    idp: MisbehavingProvider, app: AppBench, make_bench: MakeBench
) -> None:
    begun = await app.begin(session_key="mine")
    assert begun.session_key == "mine"
    apps = [app, AppBench(make_bench(idp))]
    for one in apps:
        one.bench.advance(3400)
    found = await asyncio.gather(*(apps[n % 2].session("mine") for n in range(20)))
    assert len({one.reveal() for one in found}) == 1 and refreshes(idp) == 1


async def test_a_key_stands_for_one_person_at_a_time(
    idp: MisbehavingProvider, app: AppBench, make_bench: MakeBench
) -> None:
    """Also for a broker that has the former one's token in memory."""
    adas = await app.begin("ada", session_key="mine")
    other = AppBench(make_bench(idp))
    assert (await other.session("mine")).reveal() == adas.result.reveal()
    bobs = await app.begin("bob", session_key="mine")
    assert posts(idp, EXCHANGE) == 2
    for one in (app, other):
        assert (await one.session("mine")).reveal() == bobs.result.reveal() != adas.result.reveal()


async def test_stop_forgets_it(idp: MisbehavingProvider, app: AppBench) -> None:
    begun = await app.begin()
    assert await app.stop(begun.session_key)
    assert not await app.stop(begun.session_key)
    with pytest.raises(InteractionRequiredError) as caught:
        await app.session(begun.session_key)
    assert caught.value.reason == "no_session" and "initiate_long_running" in caught.value.hint
    assert app.held() == () and idp.count("revocation") == 0


async def test_a_stop_during_a_refresh_is_not_undone(idp: MisbehavingProvider, app: AppBench) -> None:
    begun = await app.begin()
    app.bench.advance(3400)
    with held(idp, "token") as gate:
        asking = asyncio.ensure_future(app.session(begun.session_key))
        await gate.reached.wait()
        await app.stop(begun.session_key)
        gate.open()
        with pytest.raises(InteractionRequiredError):
            await asking
    assert app.held() == ()
    assert idp.count("revocation") == 1  # the rotated refresh token, which nobody will ever use


async def test_a_clear_while_it_begins_is_not_undone(idp: MisbehavingProvider, app: AppBench) -> None:
    await app.bench.broker.start()
    with held(idp, "token") as gate:
        beginning = asyncio.ensure_future(app.begin())
        await gate.reached.wait()
        await app.bench.broker.clear()
        gate.open()
        with pytest.raises(InteractionRequiredError):
            await beginning
    assert app.held() == () and await app.bench.broker.entries() == []


@pytest.mark.parametrize("profile", [None, "behalf"])
async def test_a_clear_ends_and_counts_it(
    idp: MisbehavingProvider, app: AppBench, profile: str | None
) -> None:
    begun = await app.begin()
    await app.behalf()
    report = await app.bench.broker.clear(profile)
    assert (report.access_tokens, report.refresh_tokens) == (2, 1)
    with pytest.raises(InteractionRequiredError):
        await app.session(begun.session_key)


async def test_without_a_refresh_token_it_ends_with_its_access_token(
    idp: MisbehavingProvider, app: AppBench
) -> None:
    idp.answers["token"] = faults.json(200, {"access_token": "t", "token_type": "Bearer", "expires_in": 3600})
    begun = await app.begin()
    assert (await app.session(begun.session_key)).reveal() == "t"
    app.bench.advance(3700)
    with pytest.raises(InteractionRequiredError) as caught:
        await app.session(begun.session_key)
    assert caught.value.reason == "no_session"


async def test_a_refused_session_is_over_and_no_account_is_told_of(
    idp: MisbehavingProvider, app: AppBench
) -> None:
    told: list[object] = []
    begun = await app.begin()
    app.bench.broker.changes.watch(told.append)
    app.bench.advance(3400)
    idp.answers["token"] = faults.json(400, {"error": "invalid_grant"})
    with pytest.raises(InteractionRequiredError) as caught:
        await app.session(begun.session_key)
    assert "initiate_long_running" in caught.value.hint and told == []


@pytest.mark.parametrize("rotates", [True, False])
async def test_it_ends_by_itself_when_nobody_uses_it(
    idp: MisbehavingProvider, app: AppBench, rotates: bool
) -> None:
    unused, used = await app.begin(), await app.begin("bob")
    app.bench.advance(SESSION_LIFE - 100)
    if not rotates:
        body = {"access_token": "t", "token_type": "Bearer", "expires_in": 3600}
        right, idp.answers["token"] = idp.answers["token"], faults.json(200, body)
    await app.session(used.session_key)
    if not rotates:
        idp.answers["token"] = right
    app.bench.advance(SESSION_LIFE - 1000)
    await app.client()
    assert sorted(key.kind for key in app.held()) == ["app", "long_running"]
    assert (await app.session(used.session_key)).account is None
    with pytest.raises(InteractionRequiredError):
        await app.session(unused.session_key)


async def test_a_refused_assertion_does_not_stand_for_another(
    idp: MisbehavingProvider, app: AppBench
) -> None:
    right, idp.answers["token"] = idp.answers["token"], faults.json(400, {"error": "invalid_grant"})
    with pytest.raises(InteractionRequiredError):
        await app.begin("old", session_key="mine")
    idp.answers["token"] = right
    assert (await app.begin("new", session_key="mine")).session_key == "mine"


@pytest.mark.parametrize("key", ["", "x" * 600, "a\nb", 7])
async def test_what_is_no_session_key(app: AppBench, key: object) -> None:
    with pytest.raises(ProfileError):
        await app.apps.acquire(asked("long_running", "behalf", session_key=key))


def test_a_request_shows_neither_the_assertion_nor_the_session_s_key() -> None:
    shown = repr(asked("long_running", "behalf", user_assertion="canary-a", session_key="canary-k"))
    assert "long_running" in shown and "canary" not in shown

"""An application's own tokens: cached apart from everybody's, asked for once, kept through faults."""

import asyncio

import pytest

from jupyter_auth.broker.signing_in.interactions import Requester
from jupyter_auth.core.errors import CacheError, OAuthError, ProfileError, TransportError
from jupyter_auth.core.metadata import CacheLevel, CacheRefreshReason, TokenSource
from tests.idp import CONFIDENTIAL_CLIENT, MisbehavingProvider, OidcProvider, faults
from tests.unit.broker.apps import CLIENT, AppBench, add_profiles, posts
from tests.unit.broker.bench import held, request
from tests.unit.broker.conftest import MakeBench

# -- the cache -----------------------------------------------------------------------------------------------


async def test_the_first_is_from_the_provider_and_the_next_from_memory(
    idp: MisbehavingProvider, app: AppBench
) -> None:
    first = await app.client()
    assert (first.metadata.token_source, first.metadata.cache_level) == (TokenSource.IDENTITY_PROVIDER, None)
    assert first.metadata.cache_refresh_reason is CacheRefreshReason.NO_CACHED_ACCESS_TOKEN
    assert (first.account, first.id_token_claims, first.scopes) == (None, {}, ["lake.read"])
    again = await app.client()
    assert (again.metadata.token_source, again.metadata.cache_level) == (
        TokenSource.CACHE,
        CacheLevel.MEMORY,
    )
    assert again.reveal() == first.reveal() and posts(idp) == 1
    assert idp.requests[-1].form["scope"] == "lake.read"


async def test_another_broker_finds_it_in_the_store(
    idp: MisbehavingProvider, app: AppBench, make_bench: MakeBench
) -> None:
    first = await app.client()
    other = AppBench(make_bench(idp))
    found = await other.client()
    assert (found.reveal(), found.metadata.cache_level) == (first.reveal(), CacheLevel.STORE)
    assert posts(idp) == 1


async def test_get_token_of_such_a_profile_means_the_same(idp: MisbehavingProvider, app: AppBench) -> None:
    first = await app.bench.get("batch")
    assert first.account is None
    assert (await app.client()).reveal() == first.reveal()
    peeked = app.bench.broker.peek(request("batch"))
    assert peeked is not None and peeked.reveal() == first.reveal()
    assert posts(idp) == 1


@pytest.mark.parametrize(
    "fields",
    [{"account": "ada"}, {"prompt": "login"}, {"login_hint": "ada"}, {"max_age": 5}, {"flow": "device_code"}],
)
async def test_nobody_can_be_asked_for(app: AppBench, fields: dict[str, object]) -> None:
    with pytest.raises(ProfileError) as caught:
        await app.bench.get("batch", **fields)
    assert caught.value.reason == "no_accounts" and "%get_token batch" in caught.value.hint
    with pytest.raises(ProfileError):
        await app.bench.broker.interact(request("batch"), Requester())
    assert (await app.bench.get("batch", prompt="none")).account is None


async def test_a_public_client_is_told_what_it_lacks(idp: MisbehavingProvider, app: AppBench) -> None:
    with pytest.raises(ProfileError) as caught:
        await app.client("lake")
    assert caught.value.reason == "no_client_credentials"
    assert "client_secret_file" in caught.value.hint
    assert idp.requests == []


async def test_scopes_for_people_are_left_out(idp: MisbehavingProvider, app: AppBench) -> None:
    await app.client("behalf")
    assert idp.requests[-1].form["scope"] == "lake.read"
    await app.client(scopes="openid lake.read")
    assert posts(idp) == 1


async def test_a_covering_token_serves_and_a_wider_request_asks(
    idp: MisbehavingProvider, app: AppBench
) -> None:
    wide = await app.client(scopes=["lake.read", "lake.write"])
    assert (await app.client()).reveal() == wide.reveal()
    assert posts(idp) == 1
    await app.client(scopes=["lake.admin"])
    assert posts(idp) == 2


async def test_a_person_s_token_is_no_application_s_nor_the_reverse(
    idp: MisbehavingProvider, app: AppBench
) -> None:
    """One client for both: ``behalf`` signs ada in, ``batch`` asks for itself."""
    own = await app.client()
    adas = await app.bench.sign_in("behalf")
    assert (await app.bench.get("behalf", scopes=["lake.read"])).reveal() == adas.reveal() != own.reveal()
    assert (await app.client("behalf")).reveal() == own.reveal()
    (account,) = app.bench.accounts(client_id=CONFIDENTIAL_CLIENT)
    await app.bench.broker.sign_out("behalf", account.username)
    assert (await app.client()).reveal() == own.reveal()
    assert posts(idp) == 1


async def test_what_a_provider_should_not_add_is_not_kept(idp: MisbehavingProvider, app: AppBench) -> None:
    right = idp.answers["token"]

    def with_more(asked: faults.Request) -> object:
        body = {"access_token": "own", "token_type": "Bearer", "expires_in": 3600}
        body |= {"refresh_token": "canary", "id_token": idp.id_token("ada", CONFIDENTIAL_CLIENT)}
        return faults.json(200, body)(asked)

    idp.answers["token"] = with_more  # type: ignore[assignment]
    found = await app.client()
    idp.answers["token"] = right
    assert (found.account, found.id_token_claims) == (None, {})
    assert "canary" not in app.records()
    assert await app.bench.broker.accounts() == []


# -- freshness and faults ------------------------------------------------------------------------------------


async def test_a_stale_token_is_served_and_renewed_behind(idp: MisbehavingProvider, app: AppBench) -> None:
    old = await app.client()
    app.bench.advance(2500)
    with held(idp, "token") as gate:
        assert (await asyncio.wait_for(app.client(), 20)).reveal() == old.reveal()
        await gate.reached.wait()
    await app.bench.settled()
    assert (await app.client()).reveal() != old.reveal()
    assert posts(idp) == 2


async def test_an_expired_one_is_asked_for_anew(idp: MisbehavingProvider, app: AppBench) -> None:
    await app.client()
    app.bench.advance(3301)
    assert (await app.client()).metadata.cache_refresh_reason is CacheRefreshReason.EXPIRED
    assert posts(idp) == 2


@pytest.mark.parametrize("fault", [faults.html(503), faults.empty(500), faults.json(200, {"no": "token"})])
async def test_a_passing_fault_leaves_the_token_in_hand(
    idp: MisbehavingProvider, app: AppBench, fault: faults.Responder
) -> None:
    old = await app.client()
    app.bench.advance(3310)  # counts as expired, and is still good for 290 s
    idp.answers["token"] = fault
    assert (await app.client()).reveal() == old.reveal()
    app.bench.advance(300)
    with pytest.raises(TransportError):
        await app.client()


async def test_without_expires_in_it_is_short_lived(idp: MisbehavingProvider, app: AppBench) -> None:
    idp.answers["token"] = faults.json(200, {"access_token": "t", "token_type": "bearer"})
    assert (await app.client()).expires_in <= 300
    app.bench.advance(301)
    await app.client()
    assert posts(idp) == 2


async def test_retry_after_holds_for_all_that_the_application_asks(
    idp: MisbehavingProvider, app: AppBench
) -> None:
    idp.answers["token"] = faults.fixed(429, "text/plain", b"", {"Retry-After": "100"})
    for scope in ("lake.read", "lake.write"):
        with pytest.raises(TransportError) as caught:
            await app.client(scopes=[scope])
        assert caught.value.retryable and caught.value.retry_after is not None
    assert posts(idp) == 1
    app.bench.advance(101)
    with pytest.raises(TransportError):
        await app.client()
    assert posts(idp) == 2


async def test_a_wrong_secret_says_so_and_is_mended_at_once(idp: MisbehavingProvider, app: AppBench) -> None:
    right, idp.answers["token"] = idp.answers["token"], faults.json(401, {"error": "invalid_client"})
    with pytest.raises(OAuthError) as caught:
        await app.client()
    assert caught.value.error == "invalid_client" and "client_id" in caught.value.hint
    idp.answers["token"] = right
    assert (await app.client()).account is None


async def test_an_identical_refused_request_waits(idp: MisbehavingProvider, app: AppBench) -> None:
    idp.answers["token"] = faults.json(400, {"error": "invalid_scope"})
    for _ in range(3):
        with pytest.raises(OAuthError):
            await app.client()
    assert posts(idp) == 1
    with pytest.raises(OAuthError):
        await app.client(scopes=["lake.write"])
    assert posts(idp) == 2


async def test_a_store_that_fails_does_not_fail_the_application(
    idp: MisbehavingProvider, app: AppBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await app.bench.broker.start()

    def fails(*args: object, **more: object) -> None:
        raise CacheError("The disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(app.bench.store, "update", fails)
        assert (await app.client()).metadata.token_source is TokenSource.IDENTITY_PROVIDER
    await app.client()
    await app.client()
    assert posts(idp) == 2


# -- forced --------------------------------------------------------------------------------------------------


async def test_force_refresh_and_claims_ask_anew(idp: MisbehavingProvider, app: AppBench) -> None:
    old = await app.client()
    new = await app.client(force_refresh=True, have=old._token.version)
    assert new.reveal() != old.reveal() and posts(idp) == 2
    assert new.metadata.cache_refresh_reason is CacheRefreshReason.FORCE_REFRESH_OR_CLAIMS
    # another's fresh one is what was wanted
    assert (await app.client(force_refresh=True, have=old._token.version)).reveal() == new.reveal()
    assert posts(idp) == 2
    await app.client(claims_challenge='{"access_token":{}}')
    assert posts(idp) == 3 and idp.requests[-1].form["claims"] == '{"access_token":{}}'


# -- many at once --------------------------------------------------------------------------------------------


async def test_a_hundred_at_once_are_one_request(oidc: OidcProvider, make_bench: MakeBench) -> None:
    """Through two brokers, as of two servers."""
    apps = [add_profiles(make_bench(oidc)), AppBench(make_bench(oidc))]
    found = await asyncio.gather(*(apps[n % 2].client() for n in range(100)))
    assert len({one.reveal() for one in found}) == 1
    assert posts(oidc) == 1 and oidc.token_responses(CLIENT) == 1
    sources = [one.metadata.token_source for one in found]
    assert sources.count(TokenSource.IDENTITY_PROVIDER) == 1


async def test_who_leaves_does_not_take_it_along(idp: MisbehavingProvider, app: AppBench) -> None:
    with held(idp, "token") as gate:
        asking = [asyncio.ensure_future(app.client()) for _ in range(3)]
        await gate.reached.wait()
        asking[0].cancel()
        gate.open()
        found = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert not isinstance(found[1], BaseException) and posts(idp) == 1

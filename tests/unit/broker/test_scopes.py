"""Scopes and resources: what a token serves, what is asked of whom, what must never be sent."""

from typing import Any

import pytest

from jupyter_auth.core.errors import InteractionRequiredError
from jupyter_auth.core.metadata import TokenSource
from tests.idp import RESOURCE, DjangoProvider, MisbehavingProvider, OidcProvider, Request, faults
from tests.unit.broker.bench import Bench, refreshes
from tests.unit.broker.conftest import MakeBench


async def source(bench: Bench, **fields: Any) -> TokenSource:
    return (await bench.get(**fields)).metadata.token_source


@pytest.mark.parametrize(
    "scopes", [None, ["lake.read"], "lake.read", "openid lake.read", "lake.read profile"]
)
async def test_a_token_serves_the_scopes_it_covers(
    idp: MisbehavingProvider, bench: Bench, scopes: Any
) -> None:
    assert await source(bench, scopes=scopes) is TokenSource.CACHE
    assert idp.requests == []


@pytest.mark.parametrize("scopes", ["Lake.Read", "lake.rea", "lake", "lake.read.all"])
async def test_scopes_are_compared_to_the_letter(idp: MisbehavingProvider, bench: Bench, scopes: str) -> None:
    assert await source(bench, scopes=scopes) is TokenSource.IDENTITY_PROVIDER
    assert refreshes(idp) == 1


async def test_reserved_scopes_alone_are_not_served_by_any_token(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    assert await source(bench, scopes="openid") is TokenSource.IDENTITY_PROVIDER
    assert refreshes(idp) == 1


async def test_more_scopes_come_from_the_same_refresh_token_first(
    oidc: OidcProvider, make_bench: MakeBench
) -> None:
    bench = make_bench(oidc)
    await bench.sign_in(scopes=["lake.read", "lake.write"])
    assert set((await bench.get(scopes=["lake.write"])).scopes) >= {"lake.write"}
    narrow = make_bench(oidc)
    oidc.reset_log()
    assert (await narrow.get(scopes=["lake.read"])).metadata.token_source is TokenSource.CACHE
    assert oidc.log() == []


async def test_a_person_is_asked_for_the_union_only_when_the_refresh_token_does_not_do(
    oidc: OidcProvider, certified: Bench
) -> None:
    with pytest.raises(InteractionRequiredError) as caught:
        await certified.get(scopes=["lake.write"])
    assert caught.value.reason == "invalid_scope"
    assert [entry["error"] for entry in oidc.log() if entry["endpoint"] == "token"] == ["invalid_scope"]
    interaction = await certified.ask(scopes=["lake.write"])
    assert set(interaction.sign_in.scopes) == {
        "openid",
        "offline_access",
        "profile",
        "lake.read",
        "lake.write",
    }
    await certified.approve(interaction)
    oidc.reset_log()
    for scopes in (["lake.write"], ["lake.read"], ["lake.read", "lake.write"]):
        assert await source(certified, scopes=scopes) is TokenSource.CACHE
    assert oidc.log() == []
    certified.advance(3400)
    assert set((await certified.get(scopes=["lake.read", "lake.write"])).scopes) >= {
        "lake.read",
        "lake.write",
    }
    assert len(certified.accounts()) == 1


async def test_narrower_scopes_are_returned_as_granted_and_cached_under_both(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    right = idp.answers["token"]

    def narrow(request: Request) -> faults.Answer | None:
        grant = idp.grants._refresh[request.form["refresh_token"]]
        grant.scope = "lake.write"
        return right(request)

    idp.answers["token"] = narrow
    found = await bench.get(scopes=["lake.write", "lake.admin"])
    assert list(found.scopes) == ["lake.write"]
    assert refreshes(idp) == 1
    again = await bench.get(scopes=["lake.admin", "lake.write"])
    assert (again.reveal(), again.metadata.token_source) == (found.reveal(), TokenSource.CACHE)
    assert (await bench.get(scopes=["lake.write"])).reveal() == found.reveal()
    assert refreshes(idp) == 1


@pytest.mark.parametrize("scope", [None, "", 7, ["lake.write", "openid"], "openid lake.write"])
async def test_scopes_absent_reordered_or_a_list_are_as_asked(
    idp: MisbehavingProvider, bench: Bench, scope: Any
) -> None:
    body = {"access_token": "a", "token_type": "Bearer", "expires_in": 3600, "scope": scope}
    idp.answers["token"] = faults.json(200, body)
    found = await bench.get(scopes=["lake.write"])
    assert "lake.write" in found.scopes
    assert (await bench.get(scopes=["lake.write"])).reveal() == found.reveal()
    assert refreshes(idp) == 1


async def test_what_the_grant_holds_of_the_reserved_scopes_goes_along(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    await bench.get(scopes=["lake.write"])
    assert set(idp.requests[-1].form["scope"].split()) == {
        "lake.write",
        "openid",
        "offline_access",
        "profile",
    }


async def test_a_provider_that_takes_what_a_refresh_leaves_out_costs_one_prompt(
    narrowing: DjangoProvider, make_bench: MakeBench
) -> None:
    bench = make_bench(narrowing)
    await bench.sign_in(scopes=["lake.read", "lake.write"])
    bench.advance(3400)
    assert await source(bench, scopes="lake.read") is TokenSource.IDENTITY_PROVIDER
    with pytest.raises(InteractionRequiredError) as caught:
        await bench.get(scopes="lake.write")
    assert caught.value.reason == "invalid_scope"
    await bench.sign_in(scopes="lake.write")
    for scopes in ("lake.read", "lake.write", "lake.read"):  # from now on all are asked for
        bench.advance(3400)
        assert await source(bench, scopes=scopes) is TokenSource.IDENTITY_PROVIDER
    asked = narrowing.log()[-1]["scope"] or ""
    assert set(asked.split()) == {"openid", "offline_access", "profile", "lake.read", "lake.write"}


# -- resources -----------------------------------------------------------------------------------------------


async def test_a_resource_never_granted_is_never_sent(oidc: OidcProvider, certified: Bench) -> None:
    """This provider burns a refresh token over it."""
    certified.profile("api", f'resource = "{RESOURCE}"', scopes=("openid", "offline_access", "read"))
    with pytest.raises(InteractionRequiredError) as caught:
        await certified.get("api")
    assert caught.value.reason == "resource_not_granted"
    assert oidc.log() == []
    certified.advance(3400)
    await certified.get("lake")  # the refresh token is alive


async def test_after_a_sign_in_for_both_one_refresh_token_serves_both(
    oidc: OidcProvider, certified: Bench
) -> None:
    certified.profile("api", f'resource = "{RESOURCE}"', scopes=("openid", "offline_access", "read"))
    await certified.sign_in("api")
    api = await certified.get("api")
    assert api.reveal().count(".") == 2
    assert api.reveal() != (await certified.get("lake")).reveal()
    assert len(certified.accounts()) == 1
    token = certified.refresh_token()
    assert token is not None
    assert token.resources == (f"resource:{RESOURCE}",)
    certified.advance(3400)
    assert (await certified.get("api")).metadata.token_source is TokenSource.IDENTITY_PROVIDER


@pytest.mark.parametrize("line", ['resource = "https://a.example/"', 'audience = "https://a.example/"'])
async def test_tokens_of_resources_are_kept_apart(idp: MisbehavingProvider, bench: Bench, line: str) -> None:
    bench.profile("other", line)
    with pytest.raises(InteractionRequiredError):
        await bench.get("other")
    await bench.sign_in("other")
    lake, other = await bench.get("lake"), await bench.get("other")
    assert lake.reveal() != other.reveal()
    assert bench.access_tokens() == 2

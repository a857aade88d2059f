"""Entra through the broker: one account in a cloud, its tokens by tenant."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.broker.listing import profiles
from jupyter_auth.core.errors import InteractionRequiredError, PolicyError, TransportError
from jupyter_auth.core.metadata import TokenSource
from tests.idp.entra import ADA, API, BOB, FABRIKAM, HOME, WRITE, EntraProvider
from tests.unit.broker.conftest import MakeBench
from tests.unit.broker.entra import EntraBench


@pytest.fixture
def cloud(entra: EntraProvider, tmp_path: Path, make_bench: MakeBench) -> EntraBench:
    return EntraBench(entra, tmp_path, make_bench)


async def test_an_account_is_known_by_its_id_at_home(cloud: EntraBench) -> None:
    found = await cloud.sign_in()
    assert found.account is not None and found.tenant_id == HOME
    assert (found.account.home_account_id, found.account.realm) == (ADA, HOME)
    assert found.account.environment == cloud.entra.issuer
    assert (await cloud.get(account=ADA)).reveal() == found.reveal()
    assert (await cloud.get(account="Ada@Contoso.test")).reveal() == found.reveal()


async def test_one_sign_in_serves_every_profile_of_the_application(cloud: EntraBench) -> None:
    cloud.profile("named", tenant="contoso.test")
    cloud.profile("partner", tenant=FABRIKAM)
    first = await cloud.sign_in("common")
    assert (await cloud.get("common")).reveal() == first.reveal()
    assert (await cloud.get("graph")).reveal() == first.reveal()  # the very tenant, by its id
    by_name = await cloud.get("named")
    partner = await cloud.get("partner")
    assert (by_name.tenant_id, partner.tenant_id) == (HOME, FABRIKAM)
    assert [seen["tenant"] for seen in cloud.refreshes()] == [HOME, FABRIKAM]  # discovery tells the id
    # none of them makes another be asked for again
    kept = {name: (await cloud.get(name)) for name in ("common", "graph", "named", "partner")}
    assert {found.metadata.token_source for found in kept.values()} == {TokenSource.CACHE}
    assert kept["partner"].reveal() == partner.reveal() != by_name.reveal()
    assert len(cloud.refreshes()) == 2 and len(cloud.bench.accounts(cloud.entra.issuer, "app-public")) == 1
    names = {row["profile"] for row in await cloud.bench.broker.entries()}
    assert names == {"common", "named", "partner"}


@pytest.mark.parametrize("profile", ["common", "graph"])
async def test_another_tenant_is_asked_with_the_same_refresh_token(cloud: EntraBench, profile: str) -> None:
    at_home = await cloud.sign_in(profile)
    there = await cloud.get(profile, tenant=FABRIKAM)
    assert (at_home.tenant_id, there.tenant_id) == (HOME, FABRIKAM)
    assert there.metadata.token_source is TokenSource.IDENTITY_PROVIDER
    assert there.account is not None and there.account.home_account_id == ADA
    assert (await cloud.get(profile, tenant=FABRIKAM.upper())).reveal() == there.reveal()
    assert (await cloud.get(profile)).reveal() == at_home.reveal()
    assert [seen["tenant"] for seen in cloud.refreshes()] == [FABRIKAM]
    # what the other tenant calls the person is not what the account is called
    assert at_home.id_token_claims["sub"] == (await cloud.get(profile)).id_token_claims["sub"] == "ada"


async def test_tenants_and_scopes_at_once_take_turns_with_the_one_refresh_token(cloud: EntraBench) -> None:
    """The provider rotates it, and ends the sign-in of who uses an older one."""
    await cloud.sign_in("common")
    wanted: list[dict[str, Any]] = [
        {"tenant": FABRIKAM},
        {"scopes": [WRITE]},
        {"scopes": [WRITE], "tenant": FABRIKAM},
        {"profile": "graph", "scopes": [WRITE]},
    ]
    found = await asyncio.gather(*(cloud.get(**{"profile": "common", **one}) for one in wanted * 3))
    assert {one.tenant_id for one in found} == {HOME, FABRIKAM}
    for place, first in enumerate(found[:4]):
        assert {again.reveal() for again in found[place::4]} == {first.reveal()}
    assert len(cloud.refreshes()) <= 4
    assert (await cloud.bench.refresh("common")).reveal()


async def test_where_the_tenant_is_the_account_s_its_home_is_asked(cloud: EntraBench) -> None:
    await cloud.sign_in("common")
    await cloud.bench.refresh("common")
    assert [seen["tenant"] for seen in cloud.refreshes()] == [HOME]


async def test_a_guest_signs_in_where_they_are_one(cloud: EntraBench) -> None:
    cloud.profile("partner", tenant=FABRIKAM)
    guest = await cloud.sign_in("partner")
    assert guest.account is not None
    assert (guest.account.home_account_id, guest.account.realm, guest.tenant_id) == (ADA, FABRIKAM, FABRIKAM)
    assert guest.id_token_claims["sub"] != "ada"
    at_home = await cloud.get("common")  # the account's home, though it has signed in elsewhere
    assert at_home.tenant_id == HOME and cloud.refreshes()[-1]["tenant"] == HOME
    again = await cloud.bench.refresh("partner")
    assert again.tenant_id == FABRIKAM and again.id_token_claims["sub"] == guest.id_token_claims["sub"]


async def test_another_person_s_answer_is_refused_in_any_tenant(cloud: EntraBench) -> None:
    await cloud.sign_in()
    token = (await cloud.get()).reveal()
    info = "eyJ1aWQiOiJvaWQtYm9iIiwidXRpZCI6IngifQ"  # {"uid":"oid-bob","utid":"x"}
    cloud.entra.plan(
        "token", {"access_token": "bobs", "token_type": "Bearer", "client_info": info}, status=200
    )
    with pytest.raises(PolicyError) as caught:
        await cloud.get(tenant=FABRIKAM)
    assert caught.value.reason == "another_person"
    assert (await cloud.get()).reveal() == token


async def test_a_tenant_that_does_not_know_the_account_costs_no_sign_in(cloud: EntraBench) -> None:
    await cloud.sign_in()
    cloud.refuse(50020)
    with pytest.raises(InteractionRequiredError) as caught:
        await cloud.get(tenant=FABRIKAM)
    assert caught.value.reason == "foreign_account"
    assert (await cloud.bench.refresh("graph")).tenant_id == HOME


async def test_scopes_are_compared_without_case(cloud: EntraBench) -> None:
    first = await cloud.sign_in()
    assert (await cloud.get(scopes=[API.upper()])).reveal() == first.reveal()
    both = await cloud.get(scopes=[API, WRITE])
    assert (await cloud.get(scopes=[WRITE.upper()])).reveal() == both.reveal()
    assert len(cloud.refreshes()) == 1


async def test_more_scopes_come_without_a_person_and_one_resource_at_a_time(cloud: EntraBench) -> None:
    await cloud.sign_in()
    more = await cloud.get(scopes=[WRITE])
    assert more.metadata.token_source is TokenSource.IDENTITY_PROVIDER and WRITE in more.scopes
    # a request that a person answers names what is wanted now: Entra takes one resource's scopes
    other = "https://downstream.example/user.read"
    await cloud.bench.ask(scopes=[other], profile="graph")
    asked = cloud.entra.seen("devicecode")[-1]["form"]["scope"].split()
    assert set(asked) == {other, "openid", "profile", "offline_access"}


async def test_two_people_and_who_is_used_by_default(cloud: EntraBench) -> None:
    await cloud.sign_in()
    await cloud.sign_in(username="bob")
    with pytest.raises(InteractionRequiredError) as caught:
        await cloud.get()
    assert caught.value.reason == "ambiguous_account"
    assert caught.value.accounts == ["ada@contoso.test", "bob@contoso.test"]
    await cloud.bench.broker.switch_account("graph", "bob@contoso.test")
    chosen = await cloud.get()
    assert chosen.account is not None and chosen.account.home_account_id == BOB
    hers = await cloud.get(account=ADA)
    assert hers.account is not None and hers.account.username == "ada@contoso.test"
    report = await cloud.bench.broker.sign_out("graph", "bob@contoso.test")
    (gone,) = report.accounts
    assert (gone.home_account_id, gone.outcome) == (BOB, "unsupported")
    assert gone.end_session_uri.startswith(f"{cloud.entra.authority()}/oauth2/v2.0/logout?")
    assert (await cloud.get()).reveal() == hers.reveal()
    assert cloud.entra.seen("logout") == []  # the link is for the person


async def test_a_clear_of_one_profile_is_that_of_its_application(cloud: EntraBench) -> None:
    await cloud.sign_in("common")
    report = await cloud.bench.broker.clear("graph")
    assert [account.home_account_id for account in report.accounts] == [ADA] and report.access_tokens == 1
    with pytest.raises(InteractionRequiredError):
        await cloud.get("common")


async def test_what_is_throttled_is_not_asked_again(cloud: EntraBench) -> None:
    await cloud.sign_in()
    busy = {"body": {"error": "temporarily_unavailable"}, "status": 429, "headers": {"Retry-After": "90"}}
    cloud.entra.plan("token", **busy)
    for _ in range(2):
        with pytest.raises(TransportError) as caught:
            await cloud.get(scopes=[WRITE])
        assert caught.value.reason == "throttled"
    assert len(cloud.refreshes()) == 1
    cloud.bench.advance(91)
    assert (await cloud.get(scopes=[WRITE])).reveal() and len(cloud.refreshes()) == 2


async def test_a_refusal_is_not_asked_for_again_for_a_minute(cloud: EntraBench) -> None:
    await cloud.sign_in()
    cloud.refuse(50076)
    for _ in range(3):
        with pytest.raises(InteractionRequiredError):
            await cloud.get(scopes=[WRITE])
    assert len(cloud.refreshes()) == 1
    assert (await cloud.get(scopes=[WRITE], tenant=FABRIKAM)).tenant_id == FABRIKAM  # another request
    cloud.bench.advance(61)
    assert (await cloud.get(scopes=[WRITE])).reveal() and len(cloud.refreshes()) == 3


async def test_profiles_are_listed_with_their_authority(cloud: EntraBench) -> None:
    rows = profiles(cloud.bench.broker.configuration, cloud.bench.broker.sign_ins.flows)
    told = {row["name"]: (row["provider"], row["issuer"], row["flows"]) for row in rows}
    assert told["common"] == (
        "entra",
        cloud.entra.authority("common"),
        ["device_code", "authorization_code"],
    )

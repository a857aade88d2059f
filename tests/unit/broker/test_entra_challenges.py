"""Entra through the broker: what it demands reaches the person, and which refusals end a sign-in."""

import asyncio
import json
from pathlib import Path

import pytest

from jupyter_auth.core.errors import InteractionRequiredError, OAuthError
from tests.idp.entra import API, WRITE, EntraProvider
from tests.unit.broker.bench import Bench
from tests.unit.broker.conftest import MakeBench
from tests.unit.broker.entra import EntraBench

ACRS = {"access_token": {"acrs": {"essential": True, "value": "c1"}}}
CP1 = {"values": ["CP1"]}


@pytest.fixture
async def cloud(entra: EntraProvider, tmp_path: Path, make_bench: MakeBench) -> EntraBench:
    """Ada is signed in."""
    made = EntraBench(entra, tmp_path, make_bench)
    await made.sign_in()
    entra.reset()
    return made


def has_refresh_token(bench: Bench) -> bool:
    cache = bench.broker.cache
    assert cache is not None
    (account,) = cache.all_accounts()
    return cache.refresh_token(account.account_key) is not None


@pytest.mark.parametrize(
    ("code", "error", "reason"),
    [
        (50076, "interaction_required", "interaction_required"),
        (50076, "invalid_grant", "mfa_required"),
        (53000, "invalid_grant", "device_not_compliant"),
        (65001, "invalid_grant", "consent_required"),
        (99999, "invalid_grant", "interaction_required"),
    ],
)
async def test_what_a_rule_demands_is_for_the_person_and_costs_no_sign_in(
    cloud: EntraBench, code: int, error: str, reason: str
) -> None:
    cloud.refuse(code, error, claims=json.dumps(ACRS))
    with pytest.raises(InteractionRequiredError) as caught:
        await cloud.get(scopes=[WRITE])
    assert caught.value.reason == reason
    assert json.loads(caught.value.claims or "") == ACRS
    assert has_refresh_token(cloud.bench)
    assert (await cloud.bench.refresh("graph")).reveal()


@pytest.mark.parametrize(
    ("code", "more"),
    [(700082, {}), (50173, {}), (70043, {}), (99999, {"suberror": "bad_token"})],
)
async def test_a_spent_refresh_token_goes(cloud: EntraBench, code: int, more: dict[str, str]) -> None:
    cloud.refuse(code, **more)
    with pytest.raises(InteractionRequiredError) as caught:
        await cloud.get(scopes=[WRITE])
    assert caught.value.reason == "invalid_grant"
    assert not has_refresh_token(cloud.bench)
    assert (await cloud.get()).reveal()  # what is good still, is handed out


@pytest.mark.parametrize("suberror", ["client_mismatch", "protection_policy_required"])
async def test_what_no_person_can_mend_is_told_as_it_is(cloud: EntraBench, suberror: str) -> None:
    cloud.refuse(50173, suberror=suberror)
    with pytest.raises(OAuthError) as caught:
        await cloud.get(scopes=[WRITE])
    assert caught.value.reason == suberror and has_refresh_token(cloud.bench)


async def test_scopes_that_entra_does_not_take_cost_nothing(cloud: EntraBench) -> None:
    other = "https://downstream.example/user.read"
    await cloud.get(scopes=[other])
    cloud.refuse(70011, "invalid_scope")
    with pytest.raises(OAuthError) as caught:
        await cloud.get(scopes=[API, other])  # of two resources
    assert caught.value.reason == "bad_scope"
    await cloud.bench.refresh("graph")
    asked = set(cloud.refreshes()[-1]["form"]["scope"].split())
    assert asked == {API, "openid", "profile", "offline_access"}


async def test_a_challenge_goes_along_with_a_refresh(cloud: EntraBench) -> None:
    await cloud.get(claims_challenge=json.dumps(ACRS))
    sent = json.loads(cloud.refreshes()[-1]["form"]["claims"])
    assert sent == {"access_token": {**ACRS["access_token"], "xms_cc": CP1}}


async def test_a_challenge_goes_along_with_a_device_code(cloud: EntraBench) -> None:
    asked = await cloud.bench.ask("graph", claims_challenge=json.dumps(ACRS))
    await cloud.approve(asked)
    for form in (cloud.entra.seen("devicecode")[-1]["form"], cloud.entra.seen("token")[-1]["form"]):
        assert json.loads(form["claims"])["access_token"] == {**ACRS["access_token"], "xms_cc": CP1}


async def test_a_challenge_goes_along_with_a_redirect(cloud: EntraBench) -> None:
    asked = await cloud.bench.ask("graph", claims_challenge=json.dumps(ACRS), flow="authorization_code")
    await cloud.by_browser(asked)
    await asyncio.wait_for(asyncio.shield(asked.outcome), 60)
    for form in (cloud.entra.seen("authorize")[0]["form"], cloud.entra.seen("token")[-1]["form"]):
        assert json.loads(form["claims"])["access_token"] == {**ACRS["access_token"], "xms_cc": CP1}


async def test_a_code_that_is_blocked_keeps_the_challenge_on_its_way_to_the_browser(
    cloud: EntraBench,
) -> None:
    blocked = {"error": "access_denied", "error_description": "AADSTS53003: no.", "error_codes": [53003]}
    cloud.entra.plan("devicecode", blocked)
    asked = await cloud.bench.ask("graph", claims_challenge=json.dumps(ACRS))
    assert asked.sign_in.flow == "authorization_code"
    await cloud.by_browser(asked)
    sent = json.loads(cloud.entra.seen("token")[-1]["form"]["claims"])
    assert sent["access_token"]["acrs"] == ACRS["access_token"]["acrs"]

"""Whose token it is: accounts by name and id, applications and issuers apart, people without a name."""

import json
from typing import Any

import pytest

from jupyter_auth.core.account import make_home_account_id
from jupyter_auth.core.errors import InteractionDeclinedError, InteractionRequiredError
from tests.idp import MisbehavingProvider, Request, faults
from tests.unit.broker.bench import Bench, request
from tests.unit.broker.conftest import MakeBench


async def test_two_accounts_are_ambiguous_and_named(bench: Bench) -> None:
    await bench.sign_in(username="grace")
    with pytest.raises(InteractionRequiredError) as caught:
        await bench.get()
    assert caught.value.reason == "ambiguous_account"
    assert caught.value.accounts == ["ada", "grace"]
    assert "ada" in caught.value.message
    assert "account='ada'" in caught.value.hint
    assert bench.broker.peek(request()) is None


async def test_an_account_by_name_and_by_id(idp: MisbehavingProvider, bench: Bench) -> None:
    grace = await bench.sign_in(username="grace")
    assert (await bench.get(account="grace")).reveal() == grace.reveal()
    assert (await bench.get(account="GRACE")).reveal() == grace.reveal()  # people write it in any case
    home_account_id = make_home_account_id("grace", idp.issuer)
    assert (await bench.get(account=home_account_id)).reveal() == grace.reveal()
    peeked = bench.broker.peek(request(account=home_account_id))
    assert peeked is not None
    assert peeked.reveal() == grace.reveal()
    ada = await bench.get(account="ada")
    assert ada.reveal() != grace.reveal()
    assert ada.account is not None
    assert ada.account.username == "ada"


@pytest.mark.parametrize("account", ["bob", "ad", "ada@example.test", "x" * 320])
async def test_an_unknown_account(bench: Bench, account: str) -> None:
    with pytest.raises(InteractionRequiredError) as caught:
        await bench.get(account=account)
    assert caught.value.reason == "no_account"
    assert caught.value.accounts == ["ada"]


async def test_two_people_of_one_name_are_told_apart_by_id(idp: MisbehavingProvider, bench: Bench) -> None:
    right = idp.answers["token"]
    body = {"access_token": "other", "token_type": "Bearer", "refresh_token": "r"}
    body["id_token"] = idp.id_token("ada-2", client_id="nb-public", preferred_username="ada")
    idp.answers["token"] = faults.json(200, body)
    await bench.sign_in()
    idp.answers["token"] = right
    ids = {make_home_account_id(sub, idp.issuer) for sub in ("ada", "ada-2")}
    for account in (None, "ada"):
        with pytest.raises(InteractionRequiredError) as caught:
            await bench.get(account=account)
        assert caught.value.reason == "ambiguous_account"
        assert set(caught.value.accounts or ()) == ids
    found = await bench.get(account=make_home_account_id("ada-2", idp.issuer))
    assert found.reveal() == "other"


async def test_a_second_account_in_another_process_makes_it_ambiguous_here(
    idp: MisbehavingProvider, bench: Bench, make_bench: MakeBench
) -> None:
    other = make_bench(idp)
    await other.get()
    assert other.broker.peek(request()) is not None
    await bench.sign_in(username="grace")
    with pytest.raises(InteractionRequiredError):
        await other.get()


# -- wrong and nameless people -------------------------------------------------------------------------------


async def test_the_wrong_account_signs_in(idp: MisbehavingProvider, bench: Bench) -> None:
    interaction = await bench.ask(account="grace", prompt="select_account")
    with pytest.raises(InteractionDeclinedError) as caught:
        await bench.approve(interaction, "eve")
    assert caught.value.reason == "wrong_account"
    assert "eve" in caught.value.message
    assert [account.username for account in bench.accounts()] == ["ada"]
    assert idp.count("revocation") == 1
    assert interaction.to_wire()["state"] == "declined"


async def test_without_id_token_userinfo_names_the_account(
    idp: MisbehavingProvider, make_bench: MakeBench
) -> None:
    bench = make_bench(idp)
    no_id_token(idp)
    found = await bench.sign_in()
    assert found.account is not None
    assert found.account.username == "ada"
    assert found.account.home_account_id == make_home_account_id("ada", idp.issuer)


async def test_without_userinfo_the_account_has_no_name(
    idp: MisbehavingProvider, make_bench: MakeBench
) -> None:
    bench = make_bench(idp)
    no_id_token(idp)
    idp.answers["userinfo"] = faults.empty(404)
    first = await bench.sign_in()
    assert first.account is not None
    assert first.account.username == ""
    bench.advance(3400)
    assert (await bench.get()).reveal() != first.reveal()  # it is refreshed like any other
    await bench.sign_in()
    assert len(bench.accounts()) == 1  # one slot for each application


def no_id_token(idp: MisbehavingProvider) -> None:
    right = idp.answers["token"]

    def token(request: Request) -> faults.Answer | None:
        status, headers, body = right(request) or (500, {}, b"{}")
        answer = json.loads(body)
        answer.pop("id_token", None)
        return status, headers, json.dumps(answer).encode()

    idp.answers["token"] = token


@pytest.mark.parametrize("blank", ["", "  ", "\u202e\u200b", 7, ["ada"], {"a": 1}, None])
async def test_a_name_that_is_none_gives_way_to_the_next(
    idp: MisbehavingProvider, make_bench: MakeBench, blank: Any
) -> None:
    bench = make_bench(idp)
    token = idp.id_token("ada", "nb-public", preferred_username=blank, upn=blank)
    idp.answers["token"] = faults.json(200, {"access_token": "a", "token_type": "Bearer", "id_token": token})
    found = await bench.sign_in()
    assert found.account is not None
    assert found.account.username == "ada@example.test"


# -- applications and issuers apart --------------------------------------------------------------------------


async def test_two_applications_at_one_issuer_are_apart(idp: MisbehavingProvider, bench: Bench) -> None:
    bench.profile("other", client_id="nb-other")
    with pytest.raises(InteractionRequiredError) as caught:
        await bench.get("other")
    assert caught.value.reason == "no_account"
    other = await bench.sign_in("other", "grace")
    assert (await bench.get("lake")).reveal() != other.reveal()
    assert [a.username for a in await bench.broker.accounts("lake")] == ["ada"]
    assert [a.username for a in await bench.broker.accounts("other")] == ["grace"]


async def test_two_realms_of_one_host_are_apart(idp: MisbehavingProvider, make_bench: MakeBench) -> None:
    bench = make_bench(idp)
    for realm in ("a", "b"):
        issuer = f"{idp.issuer}/realms/{realm}"
        endpoints = {"token_endpoint": "token", "device_authorization_endpoint": "device", "jwks_uri": "jwks"}
        document = {"issuer": issuer} | {name: f"{idp.issuer}/{path}" for name, path in endpoints.items()}
        idp.answers[f"/realms/{realm}/.well-known/openid-configuration"] = faults.json(200, document)
        bench.profile(f"realm-{realm}", issuer=issuer)
        token = idp.id_token("ada", "nb-public", iss=issuer)
        body = {
            "access_token": f"at-{realm}",
            "token_type": "Bearer",
            "id_token": token,
            "refresh_token": "r",
        }
        idp.answers["token"] = faults.json(200, body)
        await bench.sign_in(f"realm-{realm}")
    assert (await bench.get("realm-a")).reveal() == "at-a"
    assert (await bench.get("realm-b")).reveal() == "at-b"
    ids = {account.home_account_id for account in await bench.broker.accounts()}
    assert len(ids) == 2


async def test_two_ports_of_one_host_are_apart(idp: MisbehavingProvider, bench: Bench) -> None:
    with MisbehavingProvider() as second:
        bench.profile("second", issuer=second.issuer)
        with pytest.raises(InteractionRequiredError):
            await bench.get("second")
        assert second.requests == []


async def test_two_profiles_of_one_application_share_its_accounts(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    bench.profile("same")
    found = await bench.get("same")
    assert (found.profile, found.reveal()) == ("same", (await bench.get("lake")).reveal())
    assert idp.requests == []

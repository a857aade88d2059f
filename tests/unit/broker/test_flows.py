"""Which way a person signs in: what is asked for, what is allowed, what the provider lets through."""

import asyncio
import json
from typing import Any

import pytest

from jupyter_auth.broker.signing_in.code_sign_in import CodeSignIn
from jupyter_auth.broker.signing_in.interactions import Interaction, Requester
from jupyter_auth.core.errors import InteractionExpiredError, PolicyError, ProfileError
from tests.idp import MisbehavingProvider, Responder
from tests.unit.broker.bench import Bench, ended, request

BOTH = 'flows = ["authorization_code", "device_code"]'
CODE = 'flows = ["authorization_code"]'


def without(idp: MisbehavingProvider, *names: str) -> Responder:
    """Discovery that leaves endpoints out."""
    right = idp.grants.discovery

    def answer(asked: Any) -> Any:
        status, headers, body = right(asked)
        found = {name: value for name, value in json.loads(body).items() if name not in names}
        return status, headers, json.dumps(found).encode()

    return answer


def come_back(interaction: Interaction, **more: str) -> dict[str, str]:
    """What the provider sends back when ada has signed in."""
    assert isinstance(interaction.sign_in, CodeSignIn)
    return {"state": interaction.sign_in._started.state.reveal(), **more}


async def test_device_code_is_what_works_everywhere(fresh: Bench) -> None:
    wire = (await fresh.ask()).to_wire()
    assert (wire["flow"], wire["flow_reason"], wire["other_flows"]) == ("device_code", None, [])


async def test_a_request_tells_whose_sign_in_it_asks_for_so_that_it_can_be_made_again(fresh: Bench) -> None:
    wire = (await fresh.ask()).to_wire()
    assert (wire["account"], wire["login_hint"]) == (None, None)
    wire = (await fresh.ask(login_hint="ada@example.org")).to_wire()
    assert (wire["account"], wire["login_hint"]) == (None, "ada@example.org")


async def test_the_profile_says_in_which_order(fresh: Bench) -> None:
    fresh.profile("web", BOTH)
    wire = (await fresh.ask("web")).to_wire()
    assert (wire["flow"], wire["other_flows"]) == ("authorization_code", ["device_code"])
    assert wire["paste"] is True and wire["user_code"] is None  # nothing listens for this broker


async def test_the_call_wins_over_the_order(fresh: Bench) -> None:
    fresh.profile("web", BOTH)
    first = await fresh.ask("web")
    second = await fresh.ask("web", flow="device_code")
    assert second.id != first.id
    assert (second.to_wire()["flow"], second.to_wire()["other_flows"]) == ("device_code", [])


async def test_where_there_is_no_device_flow_it_is_the_redirect(
    idp: MisbehavingProvider, fresh: Bench
) -> None:
    idp.answers["discovery"] = without(idp, "device_authorization_endpoint")
    wire = (await fresh.ask()).to_wire()
    assert (wire["flow"], wire["flow_reason"]) == ("authorization_code", "no_device_flow")
    with pytest.raises(PolicyError) as caught:
        await fresh.ask(flow="device_code")
    assert caught.value.reason == "no_device_flow"


async def test_where_there_is_none_at_all_the_first_refusal_is_told(
    idp: MisbehavingProvider, fresh: Bench
) -> None:
    idp.answers["discovery"] = without(idp, "device_authorization_endpoint", "authorization_endpoint")
    with pytest.raises(PolicyError) as caught:
        await fresh.ask()
    assert caught.value.reason == "no_device_flow"


async def test_another_way_is_the_same_request(idp: MisbehavingProvider, fresh: Bench) -> None:
    fresh.profile("web", BOTH)
    interaction = await fresh.ask("web")
    await fresh.broker.interactions.switch(interaction, "device_code")
    assert interaction.to_wire()["other_flows"] == ["authorization_code"]
    idp.approve()
    await asyncio.wait_for(asyncio.shield(interaction.outcome), 60)
    assert (await fresh.broker.result_of(interaction, first=True)).reveal()
    with pytest.raises(PolicyError):
        await fresh.broker.interactions.switch(interaction, "authorization_code")


async def test_an_answer_that_comes_after_the_end_is_taken_by_nobody(fresh: Bench) -> None:
    fresh.profile("web", CODE)
    interaction = await fresh.ask("web")
    answer = come_back(interaction, code="x", iss=fresh.provider.issuer)
    fresh.broker.interactions.cancel(interaction)
    assert await fresh.broker.answers.take(answer) is None


async def test_a_redirect_is_waited_for_ten_minutes(fresh: Bench) -> None:
    fresh.profile("web", CODE)
    interaction = await fresh.ask("web")
    assert interaction.expires_on - interaction.created_on == 600
    late, _ = await fresh.broker.interact(request("web", scopes=["lake.write"]), Requester(), adopts=True)
    fresh.advance(601)
    assert isinstance(await ended(late), InteractionExpiredError)


async def test_an_address_of_another_request_is_refused_and_the_request_goes_on(fresh: Bench) -> None:
    fresh.profile("web", CODE)
    interaction = await fresh.ask("web")
    good = "http://127.0.0.1/jupyter_auth/v1/callback?state={state}&code=x".format(**come_back(interaction))
    for wrong in (
        "",
        good.replace("127.0.0.1", "evil.example"),
        good.replace("127.0.0.1", "127.0.0.1@evil.example"),
        good.replace("http:", "https:"),
        good.replace("callback", "callback/"),
        good + "&state=other",
        good.replace("state=", "state=%00"),
        good + "\nx",
        "x" * 100_000,
    ):
        with pytest.raises(ProfileError) as caught:
            await fresh.broker.answers.take_address(interaction, wrong)
        assert caught.value.reason == "wrong_address"
    assert interaction.state == "pending"
    await fresh.broker.answers.take_address(interaction, good)  # the provider knows no such code
    assert interaction.state == "failed"
    with pytest.raises(ProfileError):
        await fresh.broker.answers.take_address(interaction, good)

"""What a person must do: one prompt for all who wait, until the last of them leaves."""

import asyncio
import time
from typing import Any

import pytest

from jupyter_auth.broker.signing_in.interactions import Interaction, Requester
from jupyter_auth.broker.signing_in.limits import MAX_PENDING
from jupyter_auth.core.errors import InteractionCancelledError, PolicyError
from jupyter_auth.core.metadata import TokenSource
from tests.idp import MisbehavingProvider, OidcProvider, Request, faults
from tests.unit.broker.bench import Bench, device, ended, held, polls, request
from tests.unit.broker.conftest import MakeBench

# -- joining -------------------------------------------------------------------------------------------------


async def test_a_thousand_requests_are_one_prompt(idp: MisbehavingProvider, fresh: Bench) -> None:
    found = await asyncio.gather(*(fresh.ask(waiter=n) for n in range(1000)))
    assert len({interaction.id for interaction in found}) == 1
    assert idp.count("device_authorization") == 1
    assert found[0].to_wire()["requested_by"]["waiting"] == 1000
    assert len(fresh.broker.interactions.all()) == 1


async def test_whoever_joined_has_the_same_token(idp: MisbehavingProvider, fresh: Bench) -> None:
    interaction = await fresh.ask(waiter=1)
    again, is_new = await fresh.broker.interact(request(scopes=["lake.read"]), Requester())
    assert (again.id, is_new) == (interaction.id, False)
    first = await fresh.approve(interaction)
    second = await fresh.broker.result_of(interaction, first=False)
    assert first.reveal() == second.reveal()
    assert first.metadata.token_source is TokenSource.IDENTITY_PROVIDER
    assert (second.metadata.token_source, second.metadata.cache_level) == (TokenSource.CACHE, "memory")


@pytest.mark.parametrize(
    "fields",
    [
        {"scopes": ["lake.write"]},
        {"account": "grace"},
        {"login_hint": "grace"},
        {"prompt": "consent"},
        {"claims_challenge": "{}"},
        {"acr_values": "mfa"},
        {"max_age": 0},
    ],
)
async def test_another_question_is_another_prompt(
    idp: MisbehavingProvider, fresh: Bench, fields: dict[str, Any]
) -> None:
    first, second = await fresh.ask(), await fresh.ask(**fields)
    assert first.id != second.id
    sent = idp.requests[-1].form if idp.requests[-1].endpoint == "device_authorization" else {}
    for name in ("login_hint", "prompt", "acr_values"):
        if name in fields and sent:
            assert sent[name] == fields[name]


async def test_an_ended_prompt_is_not_joined(fresh: Bench) -> None:
    first = await fresh.ask()
    fresh.broker.interactions.cancel(first)
    assert (await fresh.ask()).id != first.id


@pytest.mark.parametrize("fault", [faults.html(503), faults.empty(400)])
async def test_a_failing_start_fails_all_who_wait_for_it_at_once(
    idp: MisbehavingProvider, fresh: Bench, fault: faults.Responder
) -> None:
    idp.answers["device_authorization"] = fault
    with held(idp, "device_authorization") as gate:
        asking = [asyncio.ensure_future(fresh.ask()) for _ in range(50)]
        await gate.reached.wait()
        gate.open()
        problems = await asyncio.gather(*asking, return_exceptions=True)
    assert len({type(problem) for problem in problems}) == 1
    assert idp.count("device_authorization") == 1
    idp.answers["device_authorization"] = idp.grants.device_authorization
    assert device(await fresh.ask()).user_code


async def test_whoever_starts_may_leave_and_the_others_are_served(
    idp: MisbehavingProvider, fresh: Bench
) -> None:
    with held(idp, "device_authorization") as gate:
        first = asyncio.ensure_future(fresh.ask(waiter=1))
        await gate.reached.wait()
        others = [asyncio.ensure_future(fresh.ask(waiter=n)) for n in range(2, 6)]
        await asyncio.sleep(0.05)
        first.cancel()
        gate.open()
        found = await asyncio.gather(*others)
    assert len({interaction.id for interaction in found}) == 1
    with pytest.raises(asyncio.CancelledError):
        await first
    assert (await fresh.approve(found[0])).reveal()


# -- leaving and cancelling ----------------------------------------------------------------------------------


async def test_the_last_one_to_leave_cancels(idp: MisbehavingProvider, fresh: Bench) -> None:
    interaction = await fresh.ask(waiter=1)
    await fresh.ask(waiter=2)
    fresh.broker.interactions.leave(interaction, 1)
    fresh.broker.interactions.leave(interaction, 1)
    assert interaction.state == "pending"
    fresh.broker.interactions.leave(interaction, 2)
    assert interaction.state == "cancelled"
    problem = await ended(interaction)
    assert isinstance(problem, InteractionCancelledError)
    assert (problem.profile, problem.reason) == ("lake", "cancelled")
    wire = interaction.to_wire()
    assert (wire["user_code"], wire["verification_uri"], wire["verification_uri_complete"]) == (None,) * 3
    assert interaction.task is not None
    await asyncio.wait_for(interaction.task, 20)  # one may be under way
    asked = polls(idp)
    await asyncio.sleep(0.1)
    assert polls(idp) == asked  # nobody asks the provider any more


async def test_one_that_was_asked_for_over_rest_is_held(fresh: Bench) -> None:
    interaction = await fresh.ask(waiter=1)
    interaction.held = True
    fresh.broker.interactions.leave(interaction, 1)
    assert interaction.state == "pending"
    assert (await fresh.approve(interaction)).reveal()


async def test_cancelled_between_two_polls_nothing_is_asked_again(
    idp: MisbehavingProvider, fresh: Bench
) -> None:
    interaction = await fresh.ask()
    device(interaction).interval = 20
    await asyncio.sleep(0.05)
    idp.approve(user_code=device(interaction).user_code)
    fresh.broker.interactions.cancel(interaction)
    assert interaction.task is not None
    await asyncio.wait_for(interaction.task, 10)  # it does not sleep on
    assert polls(idp) == 0
    assert fresh.accounts() == ()


async def test_cancelled_while_a_poll_is_in_flight_the_tokens_are_given_back(
    oidc: OidcProvider, idp: MisbehavingProvider, fresh: Bench
) -> None:
    interaction = await fresh.ask()
    idp.approve(user_code=device(interaction).user_code)
    with held(idp, "token") as gate:
        await gate.reached.wait()
        fresh.broker.interactions.cancel(interaction)
        gate.open()
        assert interaction.task is not None
        await asyncio.wait_for(interaction.task, 20)
    assert interaction.state == "cancelled"
    assert fresh.accounts() == ()
    given_back = [seen.form for seen in idp.requests if seen.endpoint == "revocation"]
    assert [form["token_type_hint"] for form in given_back] == ["refresh_token"]
    assert idp.grants._refresh.get(given_back[0]["token"]) is None


async def test_a_closing_broker_ends_all(idp: MisbehavingProvider, make_bench: MakeBench) -> None:
    bench = make_bench(idp)
    interaction = await bench.ask()
    device(interaction).interval = 60
    started = time.monotonic()
    await bench.broker.close()
    assert time.monotonic() - started < 20
    problem = await ended(interaction)
    assert isinstance(problem, InteractionCancelledError)
    assert problem.reason == "server_stopped"
    assert interaction.task is not None
    assert interaction.task.done()


async def test_a_flood_of_different_questions_is_stopped(idp: MisbehavingProvider, fresh: Bench) -> None:
    asking = [fresh.ask(waiter=n, scopes=[f"lake.{n}"]) for n in range(100)]
    found = await asyncio.gather(*asking, return_exceptions=True)
    prompts = [one for one in found if isinstance(one, Interaction)]
    assert len(prompts) == MAX_PENDING
    assert {one.reason for one in found if isinstance(one, PolicyError)} == {"too_many_sign_ins"}
    fresh.broker.interactions.cancel(prompts[0])
    assert (await fresh.ask(scopes=["lake.100"])).state == "pending"


async def test_scopes_that_are_no_longer_granted_do_not_stand_in_the_way(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    """What an account holds is asked for again, unless the provider will not hear of it."""
    right = idp.answers["device_authorization"]

    def respond(asked: Request) -> faults.Answer | None:
        if "lake.read" in asked.form["scope"].split():
            return 400, {}, b'{"error": "invalid_scope"}'
        return right(asked)

    idp.answers["device_authorization"] = respond
    found = await bench.sign_in(scopes=["lake.write"])
    assert "lake.write" in found.scopes
    assert idp.count("device_authorization") == 2

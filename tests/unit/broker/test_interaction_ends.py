"""How a sign-in ends, at what pace it is asked about, and what is shown of it."""

import asyncio
import time

import pytest

from jupyter_auth.core.errors import (
    InteractionDeclinedError,
    InteractionExpiredError,
    InteractionRequiredError,
    PolicyError,
    TransportError,
)
from tests.idp import MisbehavingProvider, Request, faults
from tests.unit.broker.bench import Bench, device, ended, polls, request

# -- how it ends ---------------------------------------------------------------------------------------------


async def test_denied(idp: MisbehavingProvider, fresh: Bench) -> None:
    interaction = await fresh.ask()
    idp.deny()
    problem = await ended(interaction)
    assert isinstance(problem, InteractionDeclinedError)
    assert (problem.reason, problem.profile) == ("access_denied", "lake")
    assert interaction.to_wire()["state"] == "declined"


async def test_expired_at_the_provider(idp: MisbehavingProvider, fresh: Bench) -> None:
    interaction = await fresh.ask()
    idp.answers["token"] = faults.json(400, {"error": "expired_token"})
    assert isinstance(await ended(interaction), InteractionExpiredError)
    assert interaction.to_wire()["state"] == "expired"


async def test_expired_by_the_clock(idp: MisbehavingProvider, fresh: Bench) -> None:
    interaction = await fresh.ask()
    assert interaction.expires_on - interaction.created_on == 600
    fresh.advance(601)
    assert isinstance(await ended(interaction), InteractionExpiredError)


async def test_refused_for_another_reason(idp: MisbehavingProvider, fresh: Bench) -> None:
    interaction = await fresh.ask()
    idp.answers["token"] = faults.json(400, {"error": "unauthorized_client"})
    assert await ended(interaction) is not None
    wire = interaction.to_wire()
    assert (wire["state"], wire["reason"]) == ("failed", "provider_refused")
    assert "unauthorized_client" in wire["message"]


async def test_a_forged_id_token_stores_nothing(idp: MisbehavingProvider, fresh: Bench) -> None:
    interaction = await fresh.ask()
    token = idp.id_token("ada", "nb-public", iss="https://evil.example")
    body = {"access_token": "a", "token_type": "Bearer", "id_token": token, "refresh_token": "r"}
    idp.answers["token"] = faults.json(200, body)
    assert isinstance(await ended(interaction), PolicyError)
    assert fresh.accounts() == ()
    assert polls(idp) == 1


async def test_a_fault_of_ours_ends_it_too(
    idp: MisbehavingProvider, fresh: Bench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    interaction = await fresh.ask()

    def broken() -> None:
        raise ValueError("CANARY")

    monkeypatch.setattr(interaction.sign_in, "look", broken)
    problem = await ended(interaction)
    assert problem is not None
    assert "CANARY" not in str(problem)
    assert "CANARY" not in caplog.text
    assert "ValueError" in caplog.text
    assert interaction.to_wire()["state"] == "failed"


# -- pace ----------------------------------------------------------------------------------------------------


async def test_slow_down_adds_five_seconds_for_good(idp: MisbehavingProvider, fresh: Bench) -> None:
    interaction = await fresh.ask()
    fresh.broker.interactions.cancel(interaction)
    work = device(interaction)
    work.interval = 7
    slow, pending = (faults.json(400, {"error": name}) for name in ("slow_down", "authorization_pending"))
    idp.answers["token"] = faults.in_turn(slow, slow, pending)
    for expected in (12, 17, 17, 17):
        assert await asyncio.to_thread(work.look) is None
        assert (work.interval, work.wait, work.slowed_down) == (expected, expected, True)


async def test_a_person_is_told_that_it_is_slow(idp: MisbehavingProvider, fresh: Bench) -> None:
    interaction = await fresh.ask()
    idp.answers["token"] = faults.json(400, {"error": "slow_down"})
    async with asyncio.timeout(60):
        while not interaction.to_wire()["slow"]:
            await asyncio.sleep(0.01)


async def test_transport_faults_space_the_polls_out_and_an_answer_ends_that(
    idp: MisbehavingProvider, fresh: Bench
) -> None:
    interaction = await fresh.ask()
    fresh.broker.interactions.cancel(interaction)
    work = device(interaction)
    work.interval = 5
    down = faults.html(503)
    patient = faults.fixed(429, "text/plain", b"", {"Retry-After": "90"})
    idp.answers["token"] = faults.in_turn(
        down, down, down, down, down, patient, faults.json(400, {"error": "authorization_pending"})
    )
    for expected in (10, 20, 40, 60, 60, 90, 5):
        assert await asyncio.to_thread(work.look) is None
        assert work.wait == expected
    work.interval = 100  # a provider that is slow by itself is not asked faster when it fails
    idp.answers["token"] = down
    await asyncio.to_thread(work.look)
    assert work.wait >= 100


@pytest.mark.parametrize(
    "fault",
    [
        faults.html(503),
        faults.empty(408),
        faults.html(200),
        faults.redirect("https://x.example"),
        faults.huge(2 << 20),
    ],
)
async def test_a_sign_in_survives_a_transport_fault(
    idp: MisbehavingProvider, fresh: Bench, fault: faults.Responder
) -> None:
    right = idp.answers["token"]
    idp.answers["token"] = faults.in_turn(fault, fault, right)
    interaction = await fresh.ask()
    assert (await fresh.approve(interaction)).reveal()
    assert polls(idp) >= 3


async def test_polls_keep_to_the_interval(idp: MisbehavingProvider, fresh: Bench) -> None:
    at: list[float] = []
    right = idp.answers["token"]

    def note(asked: Request) -> faults.Answer | None:
        at.append(time.monotonic())
        return right(asked)

    idp.answers["token"] = note
    interaction = await fresh.ask()
    device(interaction).interval = 0.2
    started = time.monotonic()
    while len(at) < 4:
        await asyncio.sleep(0.01)
    gaps = [later - earlier for earlier, later in zip([started, *at], at, strict=False)]
    assert all(gap >= 0.19 for gap in gaps), gaps
    fresh.broker.interactions.cancel(interaction)


# -- around it -----------------------------------------------------------------------------------------------


async def test_nothing_secret_is_shown(idp: MisbehavingProvider, fresh: Bench) -> None:
    interaction = await fresh.ask()
    secret = device(interaction)._started.device_code.reveal()
    assert secret not in str(interaction.to_wire())
    assert secret not in repr(interaction)
    found = await fresh.approve(interaction)
    assert found.reveal() not in str(interaction.to_wire()) + repr(interaction)


async def test_ended_ones_are_kept_for_a_while(fresh: Bench) -> None:
    for _ in range(60):
        fresh.broker.interactions.cancel(await fresh.ask())
    assert len(fresh.broker.interactions.all()) == 50
    last = fresh.broker.interactions.all()[-1]
    fresh.advance(301)
    assert fresh.broker.interactions.get(last.id) is None


async def test_a_demand_for_a_person_is_never_met_silently(bench: Bench) -> None:
    for fields in ({"prompt": "login"}, {"acr_values": "mfa"}, {"max_age": 0}):
        assert bench.broker.peek(request(**fields)) is None
        with pytest.raises(InteractionRequiredError) as caught:
            await bench.get(**fields)
        assert caught.value.reason == "sign_in_demanded"
    assert (await bench.get(prompt="none")).reveal()


async def test_a_provider_that_is_down_is_told_at_once(idp: MisbehavingProvider, fresh: Bench) -> None:
    idp.answers["discovery"] = faults.html(503)
    with pytest.raises(TransportError):
        await fresh.ask()
    assert fresh.broker.interactions.all() == []

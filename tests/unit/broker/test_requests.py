"""What a kernel or a page may ask, and what is listed: checked values in, no secret out."""

import json
import logging
from typing import Any

import pytest

from jupyter_auth.broker.request import TokenRequest
from jupyter_auth.core.errors import (
    AuthError,
    InteractionRequiredError,
    PolicyError,
    ProfileError,
    TransportError,
)
from tests.idp import MisbehavingProvider, faults
from tests.unit.broker.bench import Bench, held, request

TEXTS = [
    "profile",
    "account",
    "claims_challenge",
    "have",
    "login_hint",
    "prompt",
    "acr_values",
    "tenant",
    "flow",
]


@pytest.mark.parametrize(
    "value", ["", 7, True, ["x"], {"a": 1}, "a\nb", "a\x00", "\u202e", "\ud800", "x" * 10_000]
)
@pytest.mark.parametrize("name", TEXTS)
def test_text_is_short_and_printable(name: str, value: Any) -> None:
    with pytest.raises(ProfileError) as caught:
        TokenRequest.from_wire({name: value})
    assert caught.value.reason == "bad_argument"
    assert name in caught.value.message


@pytest.mark.parametrize("value", [-1, 1.5, True, "60", [60], 10**400 * -1, 10**400, 2**31])
def test_max_age_is_a_number_of_seconds(value: Any) -> None:
    with pytest.raises(ProfileError):
        TokenRequest.from_wire({"max_age": value})
    assert TokenRequest.from_wire({"max_age": 60.0}).max_age == 60


@pytest.mark.parametrize(
    "value",
    [7, True, {"a": 1}, [7], [["x"]], ["ä"], ['"'], "a\u202eb", ["x" * 600], [f"s{n}" for n in range(200)]],
)
def test_scopes_are_scopes(value: Any) -> None:
    with pytest.raises(ProfileError):
        TokenRequest.from_wire({"scopes": value})


@pytest.mark.parametrize("value", [1, "true", [], None, "yes"])
def test_a_switch_is_true_or_not(value: Any) -> None:
    assert TokenRequest.from_wire({"force_refresh": value}).force_refresh is False


async def test_what_has_no_meaning_here_is_refused(bench: Bench) -> None:
    with pytest.raises(ProfileError):
        await bench.get(tenant="contoso.com")
    bench.profile("web", 'flows = ["authorization_code"]')
    for profile, flow in (("web", "device_code"), ("lake", "implicit")):
        with pytest.raises(PolicyError) as caught:
            await bench.ask(profile, flow=flow)
        assert caught.value.reason == "flow_unavailable"


# -- what is listed ------------------------------------------------------------------------------------------


async def test_entries_and_states_hold_no_secret(idp: MisbehavingProvider, bench: Bench) -> None:
    found = await bench.get()
    token = bench.refresh_token()
    assert token is not None
    await bench.get(scopes=["lake.write"])
    entries, states = await bench.broker.entries(), await bench.broker.account_states()
    said = json.dumps([entries, states])
    assert found.reveal() not in said
    assert token.secret.reveal() not in said
    assert [entry["username"] for entry in entries] == ["ada"] * len(entries)
    assert [(state["username"], state["state"], state["profile"]) for state in states] == [
        ("ada", "signed_in", "lake")
    ]


async def test_an_entry_says_that_it_is_being_renewed(idp: MisbehavingProvider, bench: Bench) -> None:
    bench.advance(2500)
    with held(idp, "token") as gate:
        await bench.get()
        await gate.reached.wait()
        assert [entry["renewing"] for entry in await bench.broker.entries()] == [True]
        gate.open()
    await bench.settled()
    assert [entry["renewing"] for entry in await bench.broker.entries()] == [False]


async def test_a_dropped_refresh_token_shows_in_the_state(idp: MisbehavingProvider, bench: Bench) -> None:
    idp.answers["token"] = faults.json(400, {"error": "invalid_grant"})
    with pytest.raises(InteractionRequiredError):
        await bench.refresh()
    assert [state["state"] for state in await bench.broker.account_states()] == ["needs_sign_in"]


# -- leaks ---------------------------------------------------------------------------------------------------


async def test_no_secret_in_the_log_at_debug(
    idp: MisbehavingProvider, bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "jupyter_auth", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    secrets: list[str] = []
    for _ in range(2):
        signed_in = await bench.sign_in(prompt="login")
        found = await bench.refresh()
        token = bench.refresh_token()
        assert token is not None
        secrets += [signed_in.reveal(), found.reveal(), token.secret.reveal()]
    right = idp.answers["token"]
    for fault in (faults.html(503), faults.json(400, {"error": "invalid_grant"}), faults.huge(2 << 20)):
        idp.answers["token"] = fault
        bench.advance(2500)
        for forced in (False, True):
            try:
                await bench.get(force_refresh=forced, have="x")
            except AuthError as problem:
                logging.getLogger("test").debug("It failed", exc_info=problem)
        await bench.settled()
    idp.answers["token"] = right
    await bench.broker.sign_out("lake", None)
    said = caplog.text + "".join(repr(vars(record)) for record in caplog.records)
    assert "connectionpool" in said
    for secret in secrets:
        assert secret[:8] not in said


async def test_peeking_raises_what_asking_raises(bench: Bench) -> None:
    with pytest.raises(ProfileError):
        bench.broker.peek(request("nobody"))


async def test_a_closed_broker_says_so(bench: Bench) -> None:
    await bench.broker.close()
    for asking in (bench.get(force_refresh=True), bench.ask(), bench.broker.accounts()):
        with pytest.raises(TransportError) as caught:
            await asking
        assert caught.value.reason == "server_stopped"

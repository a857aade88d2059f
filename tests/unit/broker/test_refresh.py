"""A refresh that fails: who is asked then, what may be forgotten, and when it is tried again."""

import asyncio
from collections.abc import Callable
from contextlib import nullcontext

import pytest

from jupyter_auth.cache.leases import Sole
from jupyter_auth.core.errors import (
    InteractionRequiredError,
    OAuthError,
    TransportError,
)
from tests.idp import MisbehavingProvider, Request, Responder, faults
from tests.unit.broker.bench import Bench, held, refreshes
from tests.unit.broker.conftest import MakeBench

# -- invalid_grant -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrap", [faults.json, faults.form])
@pytest.mark.parametrize("status", [200, 400, 401])
async def test_invalid_grant_drops_that_refresh_token_and_asks_for_a_person(
    idp: MisbehavingProvider, bench: Bench, wrap: Callable[..., Responder], status: int
) -> None:
    await bench.sign_in(username="grace")
    idp.answers["token"] = wrap(status, {"error": "invalid_grant"})
    bench.advance(3400)
    with pytest.raises(InteractionRequiredError) as caught:
        await bench.get(account="ada")
    assert caught.value.reason == "invalid_grant"
    assert caught.value.scopes
    assert bench.refresh_token("ada") is None
    assert bench.refresh_token("grace") is not None
    assert len(bench.accounts()) == 2
    before = refreshes(idp)
    with pytest.raises(InteractionRequiredError) as again:
        await bench.get(account="ada")
    assert again.value.reason == "no_refresh_token"
    assert refreshes(idp) == before


async def test_a_sign_in_heals_it(idp: MisbehavingProvider, bench: Bench) -> None:
    right, idp.answers["token"] = idp.answers["token"], faults.json(400, {"error": "invalid_grant"})
    bench.advance(3400)
    with pytest.raises(InteractionRequiredError):
        await bench.get()
    idp.answers["token"] = right
    await bench.sign_in()
    assert (await bench.refresh()).reveal()
    assert len(bench.accounts()) == 1


async def test_it_reads_once_more_before_it_gives_up(
    idp: MisbehavingProvider, bench: Bench, make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process rotates the refresh token while ours is on its way to be refused: one that heeds no
    lease, as an earlier version would."""
    other = make_bench(idp)
    await other.get()
    monkeypatch.setattr(other.store, "lease", lambda name, timeout: nullcontext(Sole()))
    bench.advance(3400)
    used: list[str] = []
    right = idp.answers["token"]

    def respond(request: Request) -> faults.Answer | None:
        used.append(request.form["refresh_token"])
        if len(used) == 1:
            asyncio.run_coroutine_threadsafe(other.refresh(), loop).result(60)
            return 400, {}, b'{"error": "invalid_grant"}'
        return right(request)

    loop = asyncio.get_running_loop()
    idp.answers["token"] = respond
    assert (await bench.get()).reveal()
    assert used[0] == used[1] != used[2]  # ours, the other's, ours again with what the other got
    assert bench.refresh_token() is not None


async def test_a_person_s_new_sign_in_survives_an_old_refresh_s_refusal(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    right = idp.answers["token"]
    bench.advance(3400)
    idp.answers["token"] = faults.json(400, {"error": "invalid_grant"})
    with held(idp, "token") as gate:
        asking = asyncio.ensure_future(bench.get())
        await gate.reached.wait()
        idp.answers["token"] = right
        signed_in = await bench.sign_in()
        gate.open()
        found = await asking
    assert bench.refresh_token() is not None
    assert found.reveal() != signed_in.reveal()  # asked with the new refresh token


# -- everything else keeps it --------------------------------------------------------------------------------

PERSON_NEEDED: dict[str, tuple[Responder, str]] = {
    name: (faults.json(400, {"error": name}), name)
    for name in (
        "interaction_required",
        "login_required",
        "consent_required",
        "invalid_scope",
        "invalid_target",
    )
} | {
    "400 page": (faults.html(400), "refresh_refused"),
    "401 page": (faults.html(401), "refresh_refused"),
    "400 empty": (faults.empty(400), "refresh_refused"),
    "401 JSON without error": (faults.json(401, {"message": "no"}), "refresh_refused"),
    "400 error of another type": (faults.json(400, {"error": {"code": "invalid_grant"}}), "refresh_refused"),
    "400 page that mentions it": (faults.html(400, "<a href='?error=invalid_grant'>"), "refresh_refused"),
}


@pytest.mark.parametrize("fault", PERSON_NEEDED)
async def test_a_person_is_needed_and_the_refresh_token_stays(
    idp: MisbehavingProvider, bench: Bench, fault: str
) -> None:
    before = bench.refresh_token()
    idp.answers["token"], reason = PERSON_NEEDED[fault]
    bench.advance(3400)
    with pytest.raises(InteractionRequiredError) as caught:
        await bench.get()
    assert caught.value.reason == reason
    after = bench.refresh_token()
    assert before is not None and after is not None
    assert (after.secret, after.version) == (before.secret, before.version)
    assert before is not None


REFUSED: dict[str, Responder] = {
    name: faults.json(400, {"error": name})
    for name in ("invalid_client", "unauthorized_client", "invalid_request", "unsupported_grant_type", "x")
} | {"403 page": faults.html(403), "404 page": faults.html(404), "405": faults.empty(405)}


@pytest.mark.parametrize("fault", REFUSED)
async def test_another_refusal_is_told_and_the_refresh_token_stays(
    idp: MisbehavingProvider, bench: Bench, fault: str
) -> None:
    before = bench.refresh_token()
    idp.answers["token"] = REFUSED[fault]
    bench.advance(3700)
    with pytest.raises(OAuthError):
        await bench.get()
    assert bench.refresh_token() == before
    assert before is not None


PASSING: dict[str, Responder] = {
    "500 that says invalid_grant": faults.json(500, {"error": "invalid_grant"}),
    "429 that says invalid_grant": faults.json(429, {"error": "invalid_grant"}),
    "temporarily_unavailable": faults.json(400, {"error": "temporarily_unavailable"}),
    "pending": faults.json(400, {"error": "authorization_pending"}),
    "portal": faults.html(200, "<a href='?x=1&error=invalid_grant&y=2'>"),
    "no token": faults.json(200, {"token_type": "Bearer"}),
    "huge": faults.huge(2 << 20),
    "hung up": lambda _request: None,
}


@pytest.mark.parametrize("fault", PASSING)
async def test_a_passing_fault_deletes_nothing(idp: MisbehavingProvider, bench: Bench, fault: str) -> None:
    before = bench.refresh_token()
    idp.answers["token"] = PASSING[fault]
    bench.advance(3700)
    with pytest.raises(TransportError):
        await bench.get()
    assert bench.refresh_token() == before
    assert before is not None


# -- patience ------------------------------------------------------------------------------------------------


async def test_an_identical_refused_request_is_not_repeated_for_a_minute(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    right, idp.answers["token"] = idp.answers["token"], faults.json(400, {"error": "invalid_scope"})
    for _ in range(5):
        with pytest.raises(InteractionRequiredError, match="invalid_scope"):
            await bench.get(scopes=["lake.write"])
    assert refreshes(idp) == 1
    idp.answers["token"] = right
    assert (await bench.refresh()).reveal()  # another request
    bench.advance(61)
    assert (await bench.get(scopes=["lake.write"])).reveal()


async def test_a_new_sign_in_ends_the_patience(idp: MisbehavingProvider, bench: Bench) -> None:
    right, idp.answers["token"] = idp.answers["token"], faults.html(401)
    bench.advance(3400)
    for _ in range(2):
        with pytest.raises(InteractionRequiredError):
            await bench.get()
    assert refreshes(idp) == 1
    idp.answers["token"] = right
    await bench.sign_in()
    assert (await bench.refresh()).reveal()


async def test_retry_after_is_honoured(idp: MisbehavingProvider, bench: Bench) -> None:
    right = idp.answers["token"]
    idp.answers["token"] = faults.fixed(429, "text/plain", b"", {"Retry-After": "100"})
    bench.advance(3700)
    for scopes in (None, ["lake.write"], None):
        with pytest.raises(TransportError) as caught:
            await bench.get(scopes=scopes)
        assert 99 <= (caught.value.retry_after or 0) <= 100
    assert refreshes(idp) == 1
    idp.answers["token"] = right
    bench.advance(101)
    assert (await bench.get()).reveal()


async def test_a_clock_that_steps_back_does_not_make_it_wait_for_longer(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    right = idp.answers["token"]
    idp.answers["token"] = faults.fixed(503, "text/plain", b"", {"Retry-After": "3600"})
    bench.advance(100_000)
    with pytest.raises(TransportError):
        await bench.get()
    idp.answers["token"] = right
    bench.advance(-50_000)
    assert (await bench.refresh()).reveal()

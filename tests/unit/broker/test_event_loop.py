"""A slow provider is slow for those who need it, and for nobody else."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from jupyter_auth.broker import workers
from jupyter_auth.core.errors import AuthError, OAuthError
from jupyter_auth.providers import transport
from jupyter_auth.providers.transport import MAX_BODY
from tests.idp import MisbehavingProvider, OidcProvider, Responder, faults
from tests.support import delays, without_a_processor
from tests.unit.broker.bench import Bench, ended, held, request
from tests.unit.broker.conftest import MakeBench

MAX_LAG = 0.05  # seconds


def filled(unit: bytes, before: bytes, after: bytes) -> bytes:
    """As much of a body as is read at all."""
    return before + unit * ((MAX_BODY - len(before) - len(after)) // len(unit)) + after


#: Answers that cost whoever reads them: most are as large as an answer may be.
HEAVY: dict[str, Responder] = {
    "10 MB": faults.huge(10_000_000),
    "gzip bomb": faults.gzip_bomb(),
    "slow drip": faults.drip(0.02, b" " * 1000),
    "empty lists": faults.fixed(200, "application/json", filled(b"[],", b'{"a": [', b"[]]}")),
    "floats": faults.fixed(200, "application/json", filled(b"1e1,", b'{"a": [', b"1]}")),
    "nested": faults.fixed(200, "application/json", filled(b"[", b'{"a": ', b"")),
    "no encoding": lambda _request: (200, {}, filled("\u00e4 \u00f6 ".encode("latin-1"), b"{", b"}")),
    "long words": faults.fixed(
        400, "application/json", filled(rb"<b>\u001b", b'{"error": "x", "error_description": "', b'"}')
    ),
    "form": faults.fixed(400, "application/x-www-form-urlencoded", filled(b"a=b&", b"", b"error=x")),
    "page": faults.html(502, "<a href='?error=invalid_grant&x=1'>" * 5000),
}  # fmt: skip


@asynccontextmanager
async def lag_watched() -> AsyncIterator[list[float]]:
    """Measure by how much the event loop is late, all the while, and not for want of a processor."""
    lags: list[float] = []

    async def watch() -> None:
        while True:
            delayed, before = delays(), time.perf_counter()
            await asyncio.sleep(0.005)
            took = time.perf_counter() - before
            waited = sum(seconds - delayed.get(thread, 0.0) for thread, seconds in delays().items())
            lags.append(took - waited - 0.005)

    watching = asyncio.ensure_future(watch())
    try:
        yield lags
    finally:
        watching.cancel()


async def test_a_held_refresh_does_not_hold_the_loop(oidc: OidcProvider, certified: Bench) -> None:
    oidc.set(hold_ms=700)
    certified.advance(3400)
    async with lag_watched() as lags:
        found = await asyncio.gather(*(certified.get() for _ in range(20)))
    assert len({one.reveal() for one in found}) == 1
    assert len(lags) > 10
    assert sorted(lags)[-3] < MAX_LAG, sorted(lags)[-5:]  # the machine may pause twice by itself


@pytest.mark.parametrize("fault", HEAVY)
async def test_a_heavy_answer_does_not_hold_the_loop(
    idp: MisbehavingProvider, bench: Bench, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, idp.answers["token"] = idp.answers["token"], HEAVY[fault]
    before = bench.refresh_token()
    bench.advance(3700)
    with monkeypatch.context() as hurried:  # a right answer may take its time
        hurried.setattr(transport, "TOTAL_TIMEOUT", 0.5)
        async with lag_watched() as lags:
            for n in range(5):
                with pytest.raises(AuthError):
                    await bench.get(scopes=[f"lake.{n}"])
            await asyncio.sleep(0.1)
    assert sorted(lags)[-3] < MAX_LAG, sorted(lags)[-5:]
    assert bench.refresh_token() == before is not None
    idp.answers["token"] = right
    bench.advance(61)
    assert (await bench.get()).reveal()


@pytest.mark.parametrize("fault", HEAVY)
async def test_a_heavy_answer_to_a_poll_does_not_either(
    idp: MisbehavingProvider, fresh: Bench, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    idp.answers["token"] = faults.in_turn(*[HEAVY[fault]] * 5, idp.answers["token"])
    is_refusal = fault in ("long words", "form")
    async with lag_watched() as lags:
        interaction = await fresh.ask()
        monkeypatch.setattr(transport, "TOTAL_TIMEOUT", 0.5)
        if is_refusal:
            assert isinstance(await ended(interaction), OAuthError)
        else:
            assert (await fresh.approve(interaction)).reveal()
        await asyncio.sleep(0.1)
    assert sorted(lags)[-3] < MAX_LAG, sorted(lags)[-5:]


async def test_a_held_sign_in_does_not_hold_the_loop(idp: MisbehavingProvider, make_bench: MakeBench) -> None:
    bench = make_bench(idp)
    with held(idp, "device_authorization") as gate:
        async with lag_watched() as lags:
            asking = [asyncio.ensure_future(bench.ask(waiter=n)) for n in range(20)]
            await asyncio.sleep(0.4)
            gate.open()
            await asyncio.gather(*asking)
    assert sorted(lags)[-3] < MAX_LAG, sorted(lags)[-5:]


async def test_a_held_refresh_does_not_hold_another_account(idp: MisbehavingProvider, bench: Bench) -> None:
    await bench.sign_in(username="grace")
    bench.advance(3400)
    grace = await bench.get(account="grace")
    with held(idp, "token") as gate:
        asking = asyncio.ensure_future(bench.get(account="ada"))
        await gate.reached.wait()
        started = time.monotonic() - without_a_processor()
        assert (await bench.get(account="grace")).reveal() == grace.reveal()
        assert bench.broker.peek(request(account="grace")) is not None
        assert time.monotonic() - without_a_processor() - started < 1
        gate.open()
        await asking


async def test_providers_that_hang_do_not_keep_the_store_from_answering(
    idp: MisbehavingProvider, make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "THREADS", 2)
    bench = make_bench(idp)
    for name in ("ada", "bob", "cyd"):
        await bench.sign_in(username=name)
    bench.profile("other", client_id="nb-other")
    bench.advance(3400)
    other = await bench.sign_in("other", "eve")
    reader = make_bench(idp)
    reader.advance(3400)
    with held(idp, "token") as gate:
        asking = [asyncio.ensure_future(reader.get(account=name)) for name in ("ada", "bob", "cyd")]
        await gate.reached.wait()
        found = await asyncio.wait_for(reader.get("other"), 20)
        assert found.reveal() == other.reveal()
        assert found.metadata.cache_level == "store"
        gate.open()
        await asyncio.gather(*asking)

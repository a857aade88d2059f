"""A slow provider is slow for those who need it, and for nobody else."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from jupyter_auth.broker import broker as broker_module
from tests.idp import MisbehavingProvider, OidcProvider
from tests.support import without_a_processor
from tests.unit.broker.bench import Bench, held, request
from tests.unit.broker.conftest import MakeBench

MAX_LAG = 0.05  # seconds


@asynccontextmanager
async def lag_watched() -> AsyncIterator[list[float]]:
    """Measure by how much the event loop is late, all the while, and not for want of a processor."""
    lags: list[float] = []

    async def watch() -> None:
        while True:
            before = time.perf_counter() - without_a_processor()
            await asyncio.sleep(0.005)
            lags.append(time.perf_counter() - without_a_processor() - before - 0.005)

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
    assert len(lags) > 50
    assert sorted(lags)[-3] < MAX_LAG, sorted(lags)[-5:]  # the machine may pause twice by itself


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
        assert time.monotonic() - without_a_processor() - started < 0.1
        gate.open()
        await asking


async def test_providers_that_hang_do_not_keep_the_store_from_answering(
    idp: MisbehavingProvider, make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_module, "THREADS", 2)
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
        found = await asyncio.wait_for(reader.get("other"), 1)
        assert found.reveal() == other.reveal()
        assert found.metadata.cache_level == "store"
        gate.open()
        await asyncio.gather(*asking)

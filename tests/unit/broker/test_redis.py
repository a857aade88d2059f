"""Two brokers on one Redis, as of two servers on two hosts: one request for both, and no sign-in is lost."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.broker.storage import open_store
from jupyter_auth.cache.redis.store import RedisStore
from jupyter_auth.core.errors import CacheError
from jupyter_auth.core.generation import Generation
from jupyter_auth.core.metadata import CacheLevel, TokenSource
from tests.idp import MisbehavingProvider, OidcProvider, Provider
from tests.support.redis_server import RedisServer
from tests.unit.broker.bench import Bench, held, refreshes, request
from tests.unit.broker.conftest import MakeBench

Pair = tuple[Bench, Bench]
MakePair = Callable[[MisbehavingProvider | Provider], Awaitable[Pair]]


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@pytest.fixture
async def make_pair(
    make_bench: MakeBench, tmp_path: Path, redis_server: RedisServer
) -> AsyncIterator[MakePair]:
    """Two brokers with ada signed in, both with her token in memory."""
    file = redis_server.url_file(tmp_path, "tls")

    def open_redis() -> RedisStore:
        own = Generation(tmp_path / f"generation-{os.urandom(4).hex()}", create=True)
        return RedisStore(file, tmp_path / "keys" / "seal.key", user="ada", generation=own)

    async def make(provider: MisbehavingProvider | Provider) -> Pair:
        first, second = (make_bench(provider, store=open_redis) for _ in range(2))
        await second.broker.start()
        await first.sign_in()
        await asyncio.to_thread(second.store.generation.look)  # type: ignore[attr-defined]  # no news later
        for bench in (first, second):
            await bench.get()
        return first, second

    yield make
    redis_server.go_on()


@pytest.mark.parametrize("forced", [False, True])
async def test_a_token_that_ran_out_at_both_is_refreshed_once(
    oidc: OidcProvider, make_pair: MakePair, forced: bool
) -> None:
    pair = await make_pair(oidc)
    have = (await pair[0].get())._token.version
    for bench in pair:
        bench.advance(3400)
    oidc.reset_log()
    oidc.set(hold_ms=300)
    fields: dict[str, Any] = {"force_refresh": True, "have": have} if forced else {}
    found = await asyncio.gather(*(bench.get(**fields) for bench in pair for _ in range(3)))
    assert oidc.token_responses() == 1
    assert len({one.reveal() for one in found}) == 1
    assert [one.metadata.token_source for one in found].count(TokenSource.IDENTITY_PROVIDER) == 1
    oidc.set(hold_ms=0)
    for bench in pair:  # the grant is alive at both
        bench.advance(3400)
        await bench.get()


async def test_a_sign_in_at_one_serves_the_other_and_a_clear_ends_both(
    idp: MisbehavingProvider, make_pair: MakePair
) -> None:
    first, second = await make_pair(idp)
    assert (await first.get()).reveal() == (await second.get()).reveal()
    await first.broker.clear()
    await _until(lambda: second.broker.peek(request()) is None)
    assert second.accounts() == ()


async def test_who_has_a_token_goes_on_while_redis_is_away(
    idp: MisbehavingProvider, make_pair: MakePair, redis_server: RedisServer
) -> None:
    bench, _ = await make_pair(idp)
    redis_server.pause()
    token = (await bench.get()).reveal()
    bench.advance(3400)  # within five minutes of its end: it is still valid, and nothing can renew it
    started = time.monotonic()
    found = await bench.get()
    assert found.reveal() == token and found.metadata.cache_level is CacheLevel.MEMORY
    assert time.monotonic() - started < 3.9  # it waits for one command, and not for two
    started = time.monotonic()
    assert (await bench.get()).reveal() == token
    assert time.monotonic() - started < 1.9  # a command's limit, which nobody waits for again, is 2 s
    status = await bench.broker.status()
    assert "does not answer" in status["store"]["notes"][0]
    bench.advance(300)
    with pytest.raises(CacheError) as caught:
        await bench.get()
    assert caught.value.reason == "redis_unavailable" and caught.value.hint
    redis_server.go_on()
    await _until(lambda: not bench.store.describe().notes)
    assert (await bench.get()).reveal() != token and refreshes(idp) == 1


async def test_a_rotation_that_redis_does_not_see_is_not_lost(
    oidc: OidcProvider, make_pair: MakePair, redis_server: RedisServer
) -> None:
    """It goes in the middle of the request; the provider takes a rotated token's predecessor for stolen."""
    bench, other = await make_pair(oidc)
    for one in (bench, other):
        one.advance(3700)
    oidc.reset_log()
    oidc.set(hold_ms=2500)
    asking = asyncio.ensure_future(bench.get())
    while not await asyncio.to_thread(oidc.token_responses):  # it is logged before it is held back
        await asyncio.sleep(0.01)
    redis_server.pause()
    with pytest.raises(CacheError) as caught:
        await asking
    assert caught.value.reason == "not_saved"
    assert "not saved yet" in (await bench.broker.status())["store"]["notes"][-1]
    oidc.set(hold_ms=0)
    redis_server.go_on()
    for one in (bench, other):  # each server finds out by itself
        await _answers(one)
    oidc.reset_log()
    found = [(await one.get()).reveal() for one in (bench, other)]
    assert found[0] == found[1] and oidc.token_responses() == 0  # the token that came with it serves both
    for one in (bench, other):
        one.advance(3700)
    await other.get()


async def test_a_holder_that_was_killed_holds_nobody_up_for_long(
    idp: MisbehavingProvider, make_pair: MakePair, redis_server: RedisServer
) -> None:
    bench, other = await make_pair(idp)
    for one in (bench, other):
        one.advance(3400)
    with held(idp, "token") as gate:
        asking = asyncio.ensure_future(bench.get())
        await gate.reached.wait()
        with redis_server.client() as client:
            (lease,) = client.scan_iter(match="*:l:*")
            assert 0 < client.pttl(lease) <= 8000
            client.delete(lease)  # what its end does
        gate.open()
        await asyncio.gather(asking, other.get())
    assert other.refresh_token() is not None


async def test_settings_open_it(
    tmp_path: Path, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = redis_server.url_file(tmp_path)
    settings = Settings(store="redis", redis_url_file=str(file))
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
    store = open_store(settings)
    assert store.describe().name == "redis" and store.generation_file
    store.close()
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    open_store(settings).close()
    with redis_server.client() as client:
        assert len(list(client.scan_iter(match="*:header"))) == 2  # each has one of their own
    file.chmod(0o644)
    store = open_store(settings)
    assert store.describe().name == "memory" and "0644" in store.describe().notes[0]
    store.close()


async def test_a_store_whose_key_is_not_here_is_locked_and_can_be_given_up(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    file, key = redis_server.url_file(tmp_path), tmp_path / "key"
    key.write_text("11" * 32)
    key.chmod(0o600)
    settings = Settings(store="redis", redis_url_file=str(file), seal_key_file=str(key))
    open_store(settings).close()
    key.write_text("22" * 32)
    store = open_store(settings)
    assert store.describe().locked and "not the key that sealed" in store.describe().notes[0]
    store.clear()
    store.close()
    store = open_store(settings)
    assert store.describe().name == "redis"
    store.close()


async def _answers(bench: Bench) -> None:
    """Wait until its store can be used again, and nothing waits for that."""
    cache = bench.broker.cache
    assert cache is not None
    await _until(lambda: not cache.describe().notes)


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.02)

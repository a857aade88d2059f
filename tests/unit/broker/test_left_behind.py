"""What is left behind by requests that nobody waits for any more: no listener, no thread, no token."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future

import pytest

from jupyter_auth.broker.broker import Broker
from jupyter_auth.broker.config.configuration import ConfigurationFiles
from jupyter_auth.broker.signing_in.interactions import Requester
from jupyter_auth.broker.signing_in.loopback import Loopback
from tests.idp import MisbehavingProvider
from tests.unit.broker.apps import add_profiles
from tests.unit.broker.bench import Bench, held, request

CODE = 'flows = ["authorization_code", "device_code"]'


def listeners() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "jupyter_auth-callback"]


async def comes_true(condition: Callable[[], bool], seconds: float = 60) -> bool:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)
    return True


@pytest.fixture
async def listening(fresh: Bench, monkeypatch: pytest.MonkeyPatch) -> Broker:
    """A broker without a server, on a machine with a browser."""
    for name in ("SSH_CONNECTION", "SSH_TTY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    fresh.profile("web", CODE)
    files = ConfigurationFiles([fresh.toml])
    fresh.broker = Broker(files, fresh._store, fresh.clock, Loopback(lambda answer: Future()))
    return fresh.broker


@pytest.mark.parametrize("endpoint", ["discovery", "jwks"])
async def test_a_sign_in_that_is_stopped_while_it_begins(
    idp: MisbehavingProvider, listening: Broker, endpoint: str
) -> None:
    """The stop button, before the provider has answered what the sign-in begins with."""
    with held(idp, endpoint) as gate:
        asks = asyncio.ensure_future(listening.interact(request("web"), Requester()))
        await asyncio.wait_for(gate.reached.wait(), 60)
        assert len(listeners()) == 1
        asks.cancel()
        await asyncio.wait([asks])
    assert await comes_true(lambda: not listeners())
    assert listening.interactions.all() == []


async def test_a_sign_in_that_is_stopped_before_its_card_is_shown(
    listening: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has begun, and what else a person may choose is still being found out."""
    reached, go_on = threading.Event(), threading.Event()

    def is_offered(_: object) -> bool:
        reached.set()
        return go_on.wait(60)

    monkeypatch.setattr("jupyter_auth.broker.signing_in.device_sign_in.DeviceSignIn.is_offered", is_offered)
    asks = asyncio.ensure_future(listening.interact(request("web"), Requester()))
    try:
        await comes_true(reached.is_set)
        assert len(listeners()) == 1
        asks.cancel()
        await asyncio.wait([asks])
        assert await comes_true(lambda: not listeners())
    finally:
        go_on.set()


@pytest.mark.parametrize("kind", ["client", "behalf"])
@pytest.mark.parametrize("asks_again", [False, True])
async def test_a_renewal_that_a_clear_overtakes_brings_nothing_back(
    idp: MisbehavingProvider, fresh: Bench, kind: str, asks_again: bool
) -> None:
    """A token that is in use is renewed behind it; the lease is somebody else's just then, and a clear comes.
    Who asks after that is served."""
    app = add_profiles(fresh)
    ask = getattr(app, kind)
    old = await ask()
    fresh.advance(2500)
    (key,) = app.held()
    with fresh.store.lease(key.lease, 5):
        assert (await ask()).reveal() == old.reveal()
        assert fresh.broker.silent is not None and fresh.broker.silent.flights.get(key) is not None
        await fresh.broker.clear()
        asking = asyncio.ensure_future(ask()) if asks_again else None
        await asyncio.sleep(0.1)
    await fresh.settled()
    if asking is not None:
        assert (await asking).reveal() != old.reveal()
    assert (len(app.held()), idp.count("token")) == ((1, 2) if asks_again else (0, 1))

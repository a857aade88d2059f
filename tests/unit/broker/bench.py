"""What every test of the broker does: write profiles, sign in, ask, move the clock, look into the store."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from jupyter_auth.broker.broker import Broker
from jupyter_auth.broker.clock import Clock
from jupyter_auth.broker.config.configuration import FILE, ConfigurationFiles
from jupyter_auth.broker.config.settings import DEFAULTS, Settings
from jupyter_auth.broker.request import TokenRequest
from jupyter_auth.broker.signing_in.device_sign_in import DeviceSignIn
from jupyter_auth.broker.signing_in.interactions import Interaction, Requester
from jupyter_auth.cache.memory import MemoryStore
from jupyter_auth.cache.records import AccountRecord, ClientKey, Kind, RefreshTokenRecord
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.cache.store import Store
from jupyter_auth.core.clocks import elapsed
from jupyter_auth.core.result import AuthenticationResult
from tests.idp import PUBLIC_CLIENT, MisbehavingProvider, Provider, Request, Responder

SCOPES = ("openid", "offline_access", "profile", "lake.read")
PROFILE = """
[profiles.{name}]
issuer = "{issuer}"
client_id = "{client_id}"
scopes = {scopes}
"""


class Bench:
    """A broker, its provider and its clock: real time, moved by ``advance`` and ``set_clock``."""

    def __init__(
        self,
        provider: MisbehavingProvider | Provider,
        folder: Path,
        *,
        store: Callable[[], Store] | None = None,
        memory: bool = False,
        jitter: float = 0.0,
        settings: Settings = DEFAULTS,
    ) -> None:
        self.provider, self.folder, self.offset, self.passed = provider, folder, 0.0, 0.0
        self.toml = folder / "config" / FILE
        if not self.toml.exists():
            self.toml.parent.mkdir(exist_ok=True)
            self.profile("lake")
        self._store = store or (MemoryStore if memory else self.open_store)
        self.clock = Clock(
            now=lambda: time.time() + self.offset,
            jitter=lambda: jitter,
            elapsed=lambda: elapsed() + self.passed,
        )
        self.broker = Broker(ConfigurationFiles([self.toml], settings), self._store, self.clock)

    def open_store(self) -> SqliteStore:
        """The store that all brokers of a test share."""
        return SqliteStore(self.folder / "store", self.folder / "keys" / "seal.key")

    def profile(
        self,
        name: str,
        *more: str,
        issuer: str = "",
        client_id: str = PUBLIC_CLIENT,
        scopes: tuple[str, ...] = SCOPES,
    ) -> None:
        """Add a profile; ``more`` are lines of TOML for it."""
        text = PROFILE.format(
            name=name, issuer=issuer or self.provider.issuer, client_id=client_id, scopes=list(scopes)
        )
        with self.toml.open("a", encoding="utf-8") as file:
            file.write(text + "\n".join(more) + "\n")

    def advance(self, seconds: float) -> None:
        """Let time pass, for the broker."""
        self.offset += seconds
        self.passed += seconds

    def set_clock(self, seconds: float) -> None:
        """Set the machine's clock forward or back, as NTP and people do; or the machine was paused, which
        only that clock tells afterwards."""
        self.offset += seconds

    # -- asking ---------------------------------------------------------------------------------

    async def get(self, profile: str | None = "lake", **fields: Any) -> AuthenticationResult:
        """Ask silently."""
        return await self.broker.acquire_silent(request(profile, **fields))

    async def refresh(self, profile: str = "lake", **fields: Any) -> AuthenticationResult:
        """Ask for another token than the one there is."""
        have = (await self.get(profile, **fields))._token.version
        return await self.get(profile, force_refresh=True, have=have, **fields)

    async def ask(self, profile: str = "lake", waiter: object = "waiter", **fields: Any) -> Interaction:
        """Begin to ask a person, at a pace for tests."""
        interaction, is_new = await self.broker.interact(request(profile, **fields), Requester())
        self.broker.interactions.join(interaction, waiter)
        if is_new and isinstance(interaction.sign_in, DeviceSignIn):
            interaction.sign_in.interval = 0.02
        return interaction

    async def approve(self, interaction: Interaction, username: str = "ada") -> AuthenticationResult:
        """Answer as a person."""
        code = device(interaction).user_code
        await asyncio.to_thread(lambda: self.provider.approve(username=username, user_code=code))
        await asyncio.wait_for(asyncio.shield(interaction.outcome), 60)
        return await self.broker.result_of(interaction, first=True)

    async def sign_in(
        self, profile: str = "lake", username: str = "ada", **fields: Any
    ) -> AuthenticationResult:
        """Ask and answer."""
        return await self.approve(await self.ask(profile, **fields), username)

    # -- looking --------------------------------------------------------------------------------

    @property
    def store(self) -> Store:
        assert self.broker.cache is not None
        return self.broker.cache.store

    def accounts(self, issuer: str = "", client_id: str = PUBLIC_CLIENT) -> tuple[AccountRecord, ...]:
        """The accounts in the store."""
        assert self.broker.cache is not None
        return self.broker.cache.accounts(ClientKey(issuer or self.provider.issuer, client_id))

    def refresh_token(self, username: str = "ada") -> RefreshTokenRecord | None:
        """The refresh token in the store."""
        assert self.broker.cache is not None
        for account in self.accounts():
            if account.username == username:
                return self.broker.cache.refresh_token(account.account_key)
        return None

    def access_tokens(self) -> int:
        """How many access tokens the store holds."""
        assert self.broker.cache is not None
        keys = [account.account_key for account in self.broker.cache.all_accounts()]
        rows = [row for key in keys for row in self.store.rows(key.partition)]
        return sum(row.kind == Kind.ACCESS_TOKEN for row in rows)

    async def missed(self, count: int) -> None:
        """Wait until so many requests, in all, have found no token and wait for a refresh."""
        assert self.broker.silent is not None
        async with asyncio.timeout(60):
            while self.broker.silent._statistics.misses < count:
                await asyncio.sleep(0.005)

    async def settled(self) -> None:
        """Wait until no refresh is under way."""
        assert self.broker.silent is not None
        await self.broker.silent.flights.settle(60)
        await asyncio.sleep(0)


def device(interaction: Interaction) -> DeviceSignIn:
    """Its sign-in, by device code."""
    assert isinstance(interaction.sign_in, DeviceSignIn)
    return interaction.sign_in


def request(profile: str | None = "lake", **fields: Any) -> TokenRequest:
    """A request with the names of ``get_token``'s arguments."""
    return TokenRequest.from_wire({"profile": profile, **fields})


def polls(idp: MisbehavingProvider) -> int:
    """How often the provider was asked whether somebody has signed in."""
    return idp.count("token") - idp.count("token", "refresh_token")


def refreshes(idp: MisbehavingProvider) -> int:
    """How often the provider was asked for a new token."""
    return idp.count("token", "refresh_token")


async def ended(interaction: Interaction) -> BaseException | None:
    """Wait for the end, and say what was wrong."""
    await asyncio.wait([interaction.outcome], timeout=60)
    return interaction.outcome.exception()


class Gate:
    """Holds a provider's answer back until it is opened."""

    def __init__(self, answer: Responder) -> None:
        self._answer = answer
        self._open = threading.Event()
        self._loop = asyncio.get_running_loop()
        self.reached = asyncio.Event()

    def __call__(self, asked: Request) -> Any:
        answer = self._answer(asked)  # made at once: what the provider did, it did
        with suppress(RuntimeError):  # a request that was under way when the test, and its loop, ended
            self._loop.call_soon_threadsafe(self.reached.set)
        self._open.wait(100)
        return answer

    def open(self) -> None:
        """Let the answer go, and those after it."""
        self._open.set()


@contextmanager
def held(provider: MisbehavingProvider, endpoint: str) -> Iterator[Gate]:
    """Hold the answers of an endpoint back."""
    right = provider.answers[endpoint]
    gate = Gate(right)
    provider.answers[endpoint] = gate
    try:
        yield gate
    finally:
        gate.open()
        provider.answers[endpoint] = right

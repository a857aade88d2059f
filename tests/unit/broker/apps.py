"""A bench with an application: a confidential client beside the person's profile."""

import asyncio
from collections.abc import Callable
from typing import Any, Literal

from jupyter_auth.broker.apps.app_request import AppRequest
from jupyter_auth.broker.apps.applications import Applications, Begun
from jupyter_auth.cache.applications import ApplicationCache
from jupyter_auth.cache.records import AppKey, Kind
from jupyter_auth.core.result import AuthenticationResult
from tests.idp import CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, MisbehavingProvider, Provider
from tests.unit.broker.bench import Bench, request

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
CLIENT = "client_credentials"
ASSERTION = "canary-assertion-of-ada"


class AppBench:
    """Asks as an application."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.apps = bench, Applications(bench.broker)

    async def client(self, profile: str | None = "batch", **fields: Any) -> AuthenticationResult:
        """``acquire_token_for_client``."""
        return await self.apps.acquire(asked("app", profile, **fields))

    async def behalf(
        self, assertion: str = ASSERTION, profile: str = "behalf", **fields: Any
    ) -> AuthenticationResult:
        """``acquire_token_on_behalf_of``."""
        return await self.apps.acquire(asked("on_behalf_of", profile, user_assertion=assertion, **fields))

    async def begin(self, assertion: str = ASSERTION, **fields: Any) -> Begun:
        """``initiate_long_running_on_behalf_of``."""
        return await self.apps.begin(asked("long_running", "behalf", user_assertion=assertion, **fields))

    async def session(self, key: str, **fields: Any) -> AuthenticationResult:
        """``acquire_token_in_long_running_on_behalf_of``."""
        return await self.apps.acquire(asked("long_running", "behalf", session_key=key, **fields))

    async def stop(self, key: str) -> bool:
        """``stop_long_running_on_behalf_of``."""
        return await self.apps.stop(asked("long_running", "behalf", session_key=key))

    def held(self) -> tuple[AppKey, ...]:
        """What the store holds for applications."""
        assert self.bench.broker.cache is not None
        return ApplicationCache(self.bench.broker.cache).all()

    def records(self) -> str:
        """All that the store holds, in the clear."""
        return str([row for kind in Kind for row in self.bench.store.rows_of_kind(kind)])


def asked(
    kind: Literal["app", "on_behalf_of", "long_running"], profile: str | None, **fields: Any
) -> AppRequest:
    """The request of a frame."""
    return AppRequest.from_wire({"profile": profile, **fields}, kind)


def add_profiles(bench: Bench, issuer: str = "") -> AppBench:
    """Profiles of an application: ``batch`` for itself, ``behalf`` for others."""
    secret = bench.folder / "secret"
    secret.write_text(CONFIDENTIAL_SECRET)
    more: dict[str, Any] = {"issuer": issuer, "client_id": CONFIDENTIAL_CLIENT}
    bench.profile(
        "batch",
        'provider = "client_credentials"',
        f'client_secret_file = "{secret}"',
        scopes=("lake.read",),
        **more,
    )
    bench.profile(
        "behalf", f'client_secret_file = "{secret}"', scopes=("openid", "offline_access", "lake.read"), **more
    )
    return AppBench(bench)


def posts(provider: MisbehavingProvider | Provider, grant_type: str = CLIENT) -> int:
    """How often the provider was asked."""
    if isinstance(provider, MisbehavingProvider):
        return provider.count("token", grant_type)
    return sum(entry["grant_type"] == grant_type for entry in provider.log() if entry["endpoint"] == "token")


def in_threads(count: int, work: Callable[[], Any]) -> Any:
    """Many that ask at one moment."""
    return asyncio.gather(*(work() for _ in range(count)))


__all__ = ["ASSERTION", "CLIENT", "EXCHANGE", "AppBench", "add_profiles", "asked", "posts", "request"]

"""Where the flow matrix runs: at each provider a person, an application, and one that acts for the person."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_auth.broker.signing_in.code_sign_in import CodeSignIn
from jupyter_auth.cache.records import Kind
from jupyter_auth.core.result import AuthenticationResult
from tests.idp import CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, PUBLIC_CLIENT, RESOURCE, Provider
from tests.idp.entra import APP_PUBLIC, APP_SECRET, EntraProvider
from tests.unit.broker.apps import AppBench
from tests.unit.broker.bench import Bench

DOWNSTREAM = "https://downstream.example/"
PERSON, APP, MIDDLE = "lake", "batch", "behalf"  # the profiles
OPENID = ["openid", "profile", "offline_access"]

MakeBench = Callable[[Any], Bench]
Lines = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A provider as the matrix needs it: what profiles say of it, and how a person acts there."""

    label: str
    provider: Any  # Provider or EntraProvider: what they have in common is what is used here
    profiles: Mapping[str, Lines]
    #: a scope that each profile does not ask for by itself
    more: Mapping[str, str]
    approve: Callable[[str, str], object]  # user code, address
    #: authorization request and redirect URI; the address at which the person ends up
    land: Callable[[str, str], str]
    #: the token requests since the last reset: grant type, without its namespace, and claims
    posts: Callable[[], list[tuple[str, str]]]
    #: why a flow is not there, by the reason of our error; why an outcome is as it is
    why: Mapping[str, str]

    def reset(self) -> None:
        """Forget what came in."""
        self.provider.reset()

    def write(self, folder: Path) -> None:
        """The profiles, as a file."""
        secret = folder / "secret"
        secret.write_text(CONFIDENTIAL_SECRET)
        toml = folder / "config" / "jupyter_auth.toml"
        toml.parent.mkdir(exist_ok=True)
        lines = []
        for name, values in self.profiles.items():
            own = values if name == PERSON else {**values, "client_secret_file": str(secret)}
            lines += [f"[profiles.{name}]", *(f"{key} = {json.dumps(value)}" for key, value in own.items())]
        toml.write_text("\n".join(lines) + "\n", encoding="utf-8")


def oidc_site(provider: Provider) -> Site:
    """An OpenID provider."""
    is_certified = provider.name == "oidc-provider"  # its resource server has scopes of its own
    person: Lines = {"issuer": provider.issuer, "client_id": PUBLIC_CLIENT, "scopes": [*OPENID, "lake.read"]}
    scopes = ["read"] if is_certified else ["lake.read"]
    app = {"issuer": provider.issuer, "client_id": CONFIDENTIAL_CLIENT, "scopes": scopes}
    more = "write" if is_certified else "lake.write"
    return Site(
        label=f"`oidc` at {provider.name}",
        provider=provider,
        profiles={
            PERSON: person,
            APP: {
                **app,
                "provider": "client_credentials",
                **({"resource": RESOURCE} if is_certified else {}),
            },
            MIDDLE: {**app, **({"audience": DOWNSTREAM} if is_certified else {})},
        },
        more={PERSON: "lake.write", APP: more, MIDDLE: more},
        approve=lambda code, address: provider.approve(code, verification_uri=address),
        land=lambda address, _: provider.sign_in(address),
        posts=lambda: [
            (str(entry["grant_type"]).rpartition(":")[2], entry["claims"] or "")
            for entry in provider.log()
            if entry["endpoint"] == "token"
        ],
        why={} if is_certified else {"no_exchange": "the toolkit has no token exchange"},
    )


def entra_site(provider: EntraProvider) -> Site:
    """The provider in Entra's shape."""
    common = {"provider": "entra", "authority": provider.authority(), "ca_bundle": str(provider.certificate)}
    app = {**common, "client_id": APP_SECRET}
    return Site(
        label="`entra` at a provider in its shape",
        provider=provider,
        profiles={
            PERSON: {**common, "client_id": APP_PUBLIC, "scopes": ["https://api.example/user.read"]},
            APP: {**app, "scopes": ["https://api.example/.default"]},
            MIDDLE: {**app, "scopes": [f"{DOWNSTREAM}user.read"]},
        },
        more={
            PERSON: "https://api.example/user.write",
            APP: f"{DOWNSTREAM}.default",
            MIDDLE: f"{DOWNSTREAM}user.write",
        },
        approve=provider.approve,
        land=provider.sign_in_until,
        posts=lambda: [
            (seen["form"]["grant_type"].rpartition(":")[2], seen["form"].get("claims", ""))
            for seen in provider.seen("token")
        ],
        why={"unsupported": "Entra has no such endpoint"},
    )


class Cell:
    """One flow at one provider, with a broker and a store of its own."""

    def __init__(self, site: Site, flow: str, folder: Path, make_bench: MakeBench) -> None:
        self.site, self.flow = site, flow
        site.reset()
        if not (folder / "secret").exists():
            site.write(folder)
        self.bench = make_bench(site.provider)
        self.apps = AppBench(self.bench)
        self._assertion = ""
        self._folder, self._make_bench = folder, make_bench

    def beside(self) -> "Cell":
        """Another broker over the same store, as another process has it."""
        other = Cell(self.site, self.flow, self._folder, self._make_bench)
        other._assertion = self._assertion
        return other

    @property
    def profile(self) -> str:
        """The profile that the flow is for."""
        return {"client_credentials": APP, "on_behalf_of": MIDDLE}.get(self.flow, PERSON)

    @property
    def is_of_a_person(self) -> bool:
        """True where somebody signs in, and a refresh token renews."""
        return self.profile == PERSON

    async def first(self) -> AuthenticationResult:
        """The first token; the person's, where one is acted for, is there before."""
        if self.is_of_a_person:
            return await self.sign_in(self.flow)
        if self.flow == "on_behalf_of":
            self._assertion = (await self.sign_in("device_code")).reveal()
        self.site.reset()
        return await self.acquire()

    async def acquire(self, profile: str = "", **fields: Any) -> AuthenticationResult:
        """Silently: what a notebook asks once it has got its first token."""
        name = profile or self.profile
        if self.flow == "client_credentials":
            return await self.apps.client(name, **fields)
        if self.flow == "on_behalf_of":
            return await self.apps.behalf(self._assertion or "nobody's", name, **fields)
        return await self.bench.get(name, **fields)

    async def forced(self) -> AuthenticationResult:
        """Another token than the one there is."""
        have = (await self.acquire())._token.version
        return await self.acquire(force_refresh=True, have=have)

    async def sign_in(self, flow: str, **fields: Any) -> AuthenticationResult:
        """Ask, and answer as a person."""
        asked = await self.bench.ask(PERSON, flow=flow, **fields)
        shown = asked.to_wire()
        if isinstance(asked.sign_in, CodeSignIn):
            uri, back = str(shown["authorization_uri"]), asked.sign_in.redirect_uri
            landed = await asyncio.to_thread(self.site.land, uri, back)
            await self.bench.broker.answers.take_address(asked, landed)
        else:
            code, address = str(shown["user_code"]), str(shown["verification_uri"])
            await asyncio.to_thread(self.site.approve, code, address)
        await asyncio.wait_for(asyncio.shield(asked.outcome), 60)
        return await self.bench.broker.result_of(asked, first=True)

    def refresh_tokens(self) -> list[str]:
        """Those in the store, of people and of applications."""
        cache = self.bench.broker.cache
        assert cache is not None
        found = [cache.refresh_token(account.account_key) for account in cache.all_accounts()]
        people = [token.secret.reveal() for token in found if token is not None]
        kept = list(self.bench.store.rows_of_kind(Kind.REFRESH_TOKEN))
        assert len(kept) == len(people)  # applications have none
        return people

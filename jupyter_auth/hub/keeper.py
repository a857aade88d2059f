"""Keeps everybody's sign-in: refreshed by a broker of its own, from the tokens that the Hub got at login.

What a refresh gives in place of a refresh token is kept here, sealed, and nowhere else: the Hub's own copy is
used once. The Hub must therefore not refresh sign-ins itself (``c.Authenticator.auth_refresh_age = 0``).
"""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from jupyter_auth.broker.broker import Broker
from jupyter_auth.broker.clock import Clock
from jupyter_auth.broker.config.configuration import ConfigurationFiles
from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.broker.request import TokenRequest, resource_of
from jupyter_auth.broker.storage import open_store, store_folder
from jupyter_auth.broker.tenants import client_of
from jupyter_auth.cache import places
from jupyter_auth.cache.records import AccessTokenRecord, AccountRecord, RefreshTokenRecord
from jupyter_auth.core.account import make_home_account_id
from jupyter_auth.core.errors import InteractionRequiredError, PolicyError, ProfileError
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.result import AuthenticationResult
from jupyter_auth.core.scopes import parse_scopes, union
from jupyter_auth.core.text import clean
from jupyter_auth.hub.again import log_in_again
from jupyter_auth.hub.people import HubSignIn, People
from jupyter_auth.hub.seeds import Seed, Seeds, fingerprint
from jupyter_auth.providers.base import Engine, TokenResponse
from jupyter_auth.providers.registry import with_engine

PROFILE = "hub"  # the one profile of this broker
#: Claims that say who somebody is; no others leave the service.
TOLD = ("sub", "preferred_username", "upn", "email", "name")
OF_ENTRA = (
    "Write provider 'oidc' with the issuer https://login.microsoftonline.com/TENANT/v2.0, where TENANT is "
    "the tenant's id."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a server asks for. ``resource`` is tagged as in a ``Target``, empty for the sign-in's own."""

    scopes: tuple[str, ...] = ()
    resource: str = ""
    claims: str | None = None

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> "Wanted":
        """The request in a body. Raises ``ProfileError`` for anything else: whose tokens are meant is
        nothing that can be asked for."""
        unknown = sorted(set(body) - {"scopes", "resource", "claims"})
        resource, claims = body.get("resource", ""), body.get("claims")
        if unknown or not isinstance(resource, str) or not isinstance(claims, str | None):
            raise ProfileError("Send scopes, resource and claims, and nothing else.", reason="bad_argument")
        if resource and not resource.startswith(("resource:", "audience:")):
            raise ProfileError("resource begins with 'resource:' or 'audience:'.", reason="bad_argument")
        request = TokenRequest.from_wire({"scopes": body.get("scopes"), "claims_challenge": claims})
        return cls(scopes=request.scopes, resource=resource, claims=claims)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """What an administrator sets. ``audiences``: for which a token may be exchanged (RFC 8693)."""

    profile: Mapping[str, Any] = field(hash=False)
    folder: Path
    seal_key_file: str | None = None
    audiences: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()

    @property
    def settings(self) -> Settings:
        """Those of the broker."""
        return Settings(
            profiles={PROFILE: {**self.profile}},
            default_profile=PROFILE,
            store_path=str(self.folder),
            seal_key_file=self.seal_key_file or str(own_key(self.folder)),
            allowed_scopes=self.scopes,
            renew_for=0,  # nobody is renewed for who does not ask
        )


def own_key(folder: Path) -> Path:
    """The file of the sealing key beside ``folder``, made whole where it is missing."""
    path = folder.with_name(f"{folder.name}-seal.key")
    places.create_private(path, f"{secrets.token_hex(32)}\n".encode())
    return path


class Keeper:
    """All people of one Hub. Made on the event loop it lives on."""

    def __init__(self, keeping: Keeping, people: People, clock: Clock | None = None) -> None:
        """Raises ``ProfileError`` for a profile that is wrong or not of provider ``oidc``."""
        settings = keeping.settings
        configuration = ConfigurationFiles([], settings)
        self.profile: Profile = configuration.current().profile(PROFILE)
        if self.profile.provider != "oidc":
            raise ProfileError(
                f"The Hub service knows provider 'oidc' only, not {self.profile.provider!r}.",
                reason="hub_provider",
                hint=OF_ENTRA if self.profile.provider == "entra" else "",
            )
        self._keeping = keeping
        self._people = people
        self._clock = clock or Clock()
        self._broker = Broker(configuration, partial(open_store, settings), self._clock)
        self._seeds = Seeds(places.private_folder(store_folder(settings)))
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def token(self, person: str, wanted: Wanted) -> dict[str, Any]:
        """An access token for ``person``, newly asked for, with what it is good for (RFC 6749 §5.1) and who
        it is for. Raises ``InteractionRequiredError`` where the person has to log in at the Hub again."""
        self._check(wanted)
        async with self._lock(person):
            account = await self._account(person)
        is_exchange = wanted.resource not in ("", resource_of(self.profile))
        request = TokenRequest(
            profile=PROFILE,
            scopes=() if is_exchange else wanted.scopes,
            account=account,
            force_refresh=not is_exchange,
            claims_challenge=None if is_exchange else wanted.claims,
        )
        try:
            found = await self._broker.acquire_silent(request)
        except InteractionRequiredError as required:
            # that there is none any more is what a refusal has left behind
            reason = "invalid_grant" if required.reason == "no_refresh_token" else required.reason
            raise log_in_again(reason, required.claims) from None
        if found.account is None or found.account.home_account_id != account:
            raise PolicyError("That is another person's token.", reason="another_person")
        return await self._exchanged(found, wanted) if is_exchange else self._answer(found)

    async def check(self, person: str) -> None:
        """Raises as ``token`` does where there is no sign-in that can be used; the provider is not asked."""
        held = await self._people.sign_in(person)
        _check_usable(held, await asyncio.to_thread(self._seeds.of, person))

    async def forget(self, person: str) -> None:
        """Let go of ``person``'s tokens here, then revoke the refresh token at the provider (RFC 7009). What
        the Hub still holds of that sign-in is not taken up again."""
        async with self._lock(person):
            seed = await asyncio.to_thread(self._seeds.of, person)
            held = await self._people.sign_in(person)
            sign_in = _fingerprint(held) if held else (seed.sign_in if seed else "")
            await asyncio.to_thread(self._seeds.put, person, Seed(sign_in=sign_in, account=""))
            is_used = False
            if seed is not None and seed.account:
                await self._broker.sign_out(PROFILE, seed.account)
                is_used = seed.sign_in == sign_in
            if held is not None and (unused := held.refresh_token) is not None and not is_used:

                def revoke(engine: Engine) -> None:
                    engine.revoke(unused, "refresh_token")

                await self._broker.calling(partial(with_engine, self.profile, revoke))

    async def close(self) -> None:
        """Save what is under way, close the store."""
        await self._broker.close()

    # -- inside ---------------------------------------------------------------------------------

    def _check(self, wanted: Wanted) -> None:
        self.profile.policy.check_scopes(wanted.scopes, fold=False)
        named = wanted.resource.partition(":")[2]
        if wanted.resource not in ("", resource_of(self.profile)) and named not in self._keeping.audiences:
            raise PolicyError(
                "This Hub gives no tokens for that audience.",
                reason="audience_not_allowed",
                hint="An administrator lists audiences in c.JupyterAuthHub.audiences.",
            )

    def _lock(self, person: str) -> asyncio.Lock:
        return self._locks.setdefault(person, asyncio.Lock())

    async def _account(self, person: str) -> str:
        """Whose tokens are meant: the account of the person's newest sign-in at the Hub, taken up here if it
        was not yet."""
        held = await self._people.sign_in(person)
        if held is None:
            raise log_in_again("no_sign_in")
        seed = await asyncio.to_thread(self._seeds.of, person)
        sign_in = _fingerprint(held)
        if seed is None or seed.sign_in != sign_in:  # a new one, or somebody whose name was another
            same = await asyncio.to_thread(self._seeds.taken_over, person, sign_in)
            if same is not None and seed is not None and seed.account not in ("", same.account):
                await self._broker.remove_account(PROFILE, seed.account)
            seed = same or seed
        _check_usable(held, seed)
        if seed is not None and seed.sign_in == sign_in:
            return seed.account
        account = await self._taken_up(person, held)
        # Before its first use: whoever reads this after a crash must not send a spent refresh token again.
        await asyncio.to_thread(self._seeds.put, person, Seed(sign_in=sign_in, account=account))
        if seed is not None and seed.account not in ("", account):
            await self._broker.remove_account(PROFILE, seed.account)
        return account

    async def _taken_up(self, person: str, held: HubSignIn) -> str:
        cache, now = await self._broker.start(), int(self._clock.now())
        claims = {key: held.claims[key] for key in TOLD if isinstance(held.claims.get(key), str)}
        client = client_of(self.profile)
        subject = claims.get("sub") or f"jupyterhub:{person}"
        scopes = _scopes(held.scopes) or self.profile.scopes
        account = AccountRecord(
            # the Hub's name is a part of it: no two people of the Hub share tokens, whatever claims say
            home_account_id=make_home_account_id(f"{subject}\0{person}", client.issuer),
            environment=client.issuer,
            client_id=client.client_id,
            username=clean(claims.get("preferred_username") or person),
            name=clean(claims.get("name")),
            claims=claims,
            signed_in_on=now,
        )
        spent = AccessTokenRecord(
            secret=held.access_token,
            token_type="Bearer",  # noqa: S106 -- a type, not a password
            issued_on=now - 1,
            expires_on=now,
            refresh_on=now,
            granted=scopes,
            asked=scopes,
            resource=resource_of(self.profile),
        )
        resource = resource_of(self.profile)
        refresh_token = RefreshTokenRecord(
            secret=held.refresh_token or held.access_token,
            scopes=scopes,
            saved_on=now,
            resources=(resource,) if resource else (),
        )
        await self._broker.in_thread(lambda: cache.save_sign_in(account, spent, refresh_token))
        return account.home_account_id

    async def _exchanged(self, found: AuthenticationResult, wanted: Wanted) -> dict[str, Any]:
        """The token in exchange for another audience's (RFC 8693)."""

        def exchange(engine: Engine) -> TokenResponse:
            return engine.exchange(found.access_token, wanted.scopes, (wanted.resource,), {})

        answer: TokenResponse = await self._broker.calling(partial(with_engine, self.profile, exchange))
        self.profile.policy.check_scopes(answer.scope or (), fold=False)
        return self._answer(found) | {
            "access_token": answer.access_token.reveal(),
            "expires_in": answer.expires_in,
            "scope": " ".join(answer.scope or wanted.scopes),
        }

    def _answer(self, found: AuthenticationResult) -> dict[str, Any]:
        claims = found.id_token_claims
        return {
            "access_token": found.access_token.reveal(),
            "token_type": found.token_type,
            "expires_in": max(1, found.expires_on - int(self._clock.now())),
            "scope": " ".join(found.scopes),
            "issuer": self.profile.issuer,
            "claims": {key: claims[key] for key in TOLD if isinstance(claims.get(key), str)},
        }


def _check_usable(held: HubSignIn | None, seed: Seed | None) -> None:
    if held is None:
        raise log_in_again("no_sign_in")
    if seed is not None and seed.sign_in == _fingerprint(held):
        if not seed.account:
            raise log_in_again("signed_out")
    elif held.refresh_token is None:
        raise log_in_again("no_refresh_token")


def _fingerprint(held: HubSignIn) -> str:
    refresh_token = held.refresh_token.reveal() if held.refresh_token else ""
    return fingerprint(refresh_token, held.access_token.reveal())


def _scopes(value: str) -> tuple[str, ...]:
    try:
        return union(parse_scopes(value))
    except ValueError:
        return ()

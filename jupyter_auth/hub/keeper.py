"""Keeps everybody's sign-in: refreshed by a broker of its own, from the tokens that the Hub got at login.

What a refresh gives in place of a refresh token is kept here, sealed, and nowhere else: the Hub's own copy is
used once. The Hub must therefore not refresh sign-ins itself (``c.Authenticator.auth_refresh_age = 0``).
"""

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

from jupyter_auth.broker.auditing.actors import Actor, actor
from jupyter_auth.broker.broker import Broker
from jupyter_auth.broker.clock import Clock
from jupyter_auth.broker.config.configuration import ConfigurationFiles
from jupyter_auth.broker.request import TokenRequest, resource_of
from jupyter_auth.broker.storage import open_store, store_folder
from jupyter_auth.broker.tenants import client_of
from jupyter_auth.cache import places
from jupyter_auth.cache.records import AccessTokenRecord, AccountRecord, RefreshTokenRecord
from jupyter_auth.core.account import make_home_account_id
from jupyter_auth.core.audit import Decision, Source, Via
from jupyter_auth.core.errors import (
    AuthError,
    InteractionRequiredError,
    OAuthError,
    PolicyError,
    ProfileError,
)
from jupyter_auth.core.metadata import TokenSource
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.reports import Outcome
from jupyter_auth.core.result import AuthenticationResult
from jupyter_auth.core.scopes import parse_scopes, union
from jupyter_auth.core.text import clean
from jupyter_auth.hub.again import log_in_again
from jupyter_auth.hub.keeping import PROFILE, Keeping, Wanted
from jupyter_auth.hub.people import HubSignIn, People
from jupyter_auth.hub.seeds import Seed, Seeds, fingerprint
from jupyter_auth.providers.base import Engine, TokenResponse
from jupyter_auth.providers.registry import with_engine

#: Claims that say who somebody is; no others leave the service.
TOLD = ("sub", "preferred_username", "upn", "email", "name")
#: What providers say of a token that is given for another one and is no good any more (RFC 8693 §2.2.2).
_OF_THE_TOKEN = frozenset({"invalid_request", "invalid_grant", "invalid_token"})
OF_ENTRA = (
    "Write provider 'oidc' with the issuer https://login.microsoftonline.com/TENANT/v2.0, where TENANT is "
    "the tenant's id."
)


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
        if wanted.resource not in ("", resource_of(self.profile)):
            return await self._exchanged(account, wanted)
        asked = TokenRequest(
            profile=PROFILE,
            scopes=wanted.scopes,
            account=account,
            force_refresh=True,
            claims_challenge=wanted.claims,
        )
        return self._answer(await self._acquired(asked))

    async def check(self, person: str) -> None:
        """Raises as ``token`` does where there is no sign-in that can be used; the provider is not asked."""
        held = await self._people.sign_in(person)
        self._check_usable(held, await asyncio.to_thread(self._seeds.of, person))

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

                def revoke(engine: Engine) -> Outcome:
                    return engine.revoke(unused, "refresh_token")

                outcome = await self._broker.calling(partial(with_engine, self.profile, revoke))
                self._note(Decision.SIGNED_OUT)
                self._note(Decision.REVOCATION, reason=outcome)

    def refused(self, problem: AuthError, person: str | None) -> None:
        """Write down that ``person``, or a stranger, was refused something."""
        by = Actor(via=Via.REST, person=person)
        self._broker.audit.denied(problem, profile=PROFILE if person else None, by=by)

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

    def _check_usable(self, held: HubSignIn | None, seed: Seed | None) -> None:
        if held is None:
            raise self._again("no_sign_in")
        if seed is not None and seed.sign_in == _fingerprint(held):
            if not seed.account:
                raise self._again("signed_out")
        elif held.refresh_token is None:
            raise self._again("no_refresh_token")

    def _note(self, decision: Decision, account: str | None = None, **about: Any) -> None:
        self._broker.audit.decide(decision, profile=PROFILE, account=account, **about)

    def _again(self, reason: str, claims: str | None = None) -> InteractionRequiredError:
        return log_in_again(reason, claims, login_url=self._keeping.login_url)

    def _lock(self, person: str) -> asyncio.Lock:
        return self._locks.setdefault(person, asyncio.Lock())

    async def _account(self, person: str) -> str:
        """Whose tokens are meant: the account of the person's newest sign-in at the Hub, taken up here if it
        was not yet."""
        held = await self._people.sign_in(person)
        if held is None:
            raise self._again("no_sign_in")
        seed = await asyncio.to_thread(self._seeds.of, person)
        sign_in = _fingerprint(held)
        if seed is None or seed.sign_in != sign_in:  # a new one, or somebody whose name was another
            same = await asyncio.to_thread(self._seeds.taken_over, person, sign_in)
            if same is not None and seed is not None and seed.account not in ("", same.account):
                await self._broker.remove_account(PROFILE, seed.account)
            seed = same or seed
        self._check_usable(held, seed)
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
        self._note(Decision.SIGNED_IN, account.home_account_id, scopes=scopes)
        return account.home_account_id

    async def _acquired(self, request: TokenRequest) -> AuthenticationResult:
        try:
            found = await self._broker.acquire_silent(request)
        except InteractionRequiredError as required:
            # that there is none any more is what a refusal has left behind
            reason = "invalid_grant" if required.reason == "no_refresh_token" else required.reason
            raise self._again(reason, required.claims) from None
        if found.account is None or found.account.home_account_id != request.account:
            raise PolicyError("That is another person's token.", reason="another_person")
        self._broker.audit.handed(found.account.home_account_id, actor(), found)
        return found

    async def _exchanged(self, account: str, wanted: Wanted) -> dict[str, Any]:
        """The token in exchange for another audience's (RFC 8693). Where the provider has ended the one that
        is given for it before its time, a new one; or it is told that there is none."""
        request = TokenRequest(profile=PROFILE, account=account)
        found = await self._acquired(request)
        try:
            answer = await self._exchange(found, wanted)
        except OAuthError as refused:
            is_new = found.metadata.token_source is TokenSource.IDENTITY_PROVIDER
            if is_new or refused.error not in _OF_THE_TOKEN:
                raise
            found = await self._acquired(replace(request, force_refresh=True, have=found._token.version))
            answer = await self._exchange(found, wanted)
        scopes = answer.scope or wanted.scopes
        by = Source.IDENTITY_PROVIDER
        self._note(Decision.REFRESHED, account, scopes=scopes, reason="exchanged", source=by)
        return self._answer(found) | {
            "access_token": answer.access_token.reveal(),
            "expires_in": answer.expires_in,
            "scope": " ".join(scopes),
        }

    async def _exchange(self, found: AuthenticationResult, wanted: Wanted) -> TokenResponse:
        def exchange(engine: Engine) -> TokenResponse:
            return engine.exchange(found.access_token, wanted.scopes, (wanted.resource,), {})

        answer: TokenResponse = await self._broker.calling(partial(with_engine, self.profile, exchange))
        self.profile.policy.check_scopes(answer.scope or (), fold=False)
        return answer

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


def _fingerprint(held: HubSignIn) -> str:
    refresh_token = held.refresh_token.reveal() if held.refresh_token else ""
    return fingerprint(refresh_token, held.access_token.reveal())


def _scopes(value: str) -> tuple[str, ...]:
    try:
        return union(parse_scopes(value))
    except ValueError:
        return ()

"""The broker's verbs for no account: an application's own tokens, and those on behalf of somebody."""

import secrets
from typing import NamedTuple

from jupyter_auth.broker.apps.app_request import AppRequest, bad_argument, permit, resolve_app
from jupyter_auth.broker.broker import Broker
from jupyter_auth.broker.request import Resolved
from jupyter_auth.broker.tokens.attempt import result
from jupyter_auth.broker.tokens.silent import Silent
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.result import AuthenticationResult, Provenance


class Begun(NamedTuple):
    """A long-running session that was begun."""

    result: AuthenticationResult
    session_key: str


class Applications:
    """What ``broker`` does for applications. Raises errors of ``core.errors``, but never prompts."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def resolve(self, asked: AppRequest) -> Resolved:
        """The request with its profile; raises ``PolicyError`` where that is switched off."""
        permit(asked, self._profile(asked))
        return resolve_app(asked, self._profile(asked))

    def _profile(self, asked: AppRequest) -> Profile:
        return self._broker.configuration.profile(asked.request.profile)

    async def _silent(self) -> Silent:
        await self._broker.start()
        if self._broker.silent is None:
            raise RuntimeError("the broker has not started")
        return self._broker.silent

    def peek(self, asked: AppRequest) -> AuthenticationResult | None:
        """A token from memory, at once; None where more is needed."""
        return self._broker.silent.peek(self.resolve(asked)) if self._broker.silent else None

    async def acquire(self, asked: AppRequest) -> AuthenticationResult:
        """MSAL's ``acquire_token_for_client`` and ``acquire_token_on_behalf_of``, and MSAL.NET's
        ``AcquireTokenInLongRunningProcess``: the cache first, then the provider."""
        return await (await self._silent()).acquire(self.resolve(asked))

    async def begin(self, asked: AppRequest) -> Begun:
        """MSAL.NET's ``InitiateLongRunningProcessInWebApi``: the provider is asked in any case."""
        if asked.assertion is None:
            raise bad_argument("user_assertion", "the access token that the person sent")
        silent = await self._silent()
        key = asked.session_key or secrets.token_urlsafe(32)
        resolved = self.resolve(
            AppRequest(request=asked.request, kind="long_running", assertion=asked.assertion, session_key=key)
        )
        token = await self._broker.calling(silent.app_work(resolved).begin)
        reason = "no_cached_access_token"
        self._broker.statistics.refreshed(reason)
        if resolved.app is not None:
            self._broker.audit.refreshed(resolved, resolved.app, token, reason)
        origin = Provenance("identity_provider", None, reason)
        return Begun(result(token, None, resolved, origin), key)

    async def stop(self, asked: AppRequest) -> bool:
        """MSAL.NET's ``StopLongRunningProcessInWebApiAsync``: forget the session here, its refresh token
        too. False where there was none."""
        silent, resolved = await self._silent(), resolve_app(asked, self._profile(asked))
        key = resolved.app
        return key is not None and await self._broker.in_thread(
            lambda: silent.applications.remove(key).was_there
        )

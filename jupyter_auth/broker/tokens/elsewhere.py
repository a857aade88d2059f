"""Finding a request's account; where people are signed in elsewhere, at the Hub, by asking there first."""

import asyncio
import math
from collections.abc import Callable, Coroutine
from typing import Any

from jupyter_auth.broker import accounts
from jupyter_auth.broker.changes import AccountChanged, Changes
from jupyter_auth.broker.clock import Clock
from jupyter_auth.broker.request import Resolved
from jupyter_auth.broker.tokens.refresh import token_record
from jupyter_auth.cache.records import AccountRecord, ClientKey, RefreshTokenRecord
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.errors import InteractionRequiredError
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.secret import Secret
from jupyter_auth.providers.base import Engine

#: Stands where others have a refresh token.
KEPT_AT_THE_HUB = "the refresh token is kept at the Hub"

InThread = Callable[[Callable[[], Any]], Coroutine[Any, Any, Any]]


class SignedInElsewhere:
    """The accounts of one broker's requests. Used on its event loop; one question at a time for a client."""

    def __init__(
        self,
        cache: TokenCache,
        engine: Callable[[Profile], Engine],
        in_thread: InThread,
        calling: InThread,
        *,
        clock: Clock,
        changes: Changes,
    ) -> None:
        self._cache = cache
        self._engine = engine
        self._in_thread = in_thread
        self._calling = calling
        self._clock = clock
        self._changes = changes
        self._asking: dict[ClientKey, asyncio.Task[None]] = {}

    async def account(self, resolved: Resolved) -> AccountRecord:
        """The account, from the store. Raises ``InteractionRequiredError`` where there is none."""
        try:
            return await self._found(resolved)
        except InteractionRequiredError as nobody:
            if nobody.reason != "no_account" or not resolved.profile.is_signed_in_elsewhere:
                raise
        await self._ask_once(resolved)
        return await self._found(resolved)

    async def _found(self, resolved: Resolved) -> AccountRecord:
        found: AccountRecord = await self._in_thread(lambda: accounts.find(self._cache, resolved))
        return found

    async def _ask_once(self, resolved: Resolved) -> None:
        task = self._asking.get(resolved.client)
        if task is None:
            task = asyncio.ensure_future(self._calling(lambda: self._sign_in(resolved)))
            self._asking[resolved.client] = task
            task.add_done_callback(lambda _: self._asking.pop(resolved.client, None))
        await asyncio.shield(task)

    def _sign_in(self, resolved: Resolved) -> None:
        """Ask who it is, with a token, and save both: from then on the account is like any other."""
        issued_on = math.floor(self._clock.now())
        stand_in = Secret(KEPT_AT_THE_HUB)
        answer = self._engine(resolved.profile).refresh(stand_in, resolved.scopes, {})
        account = accounts.account_record(answer, resolved, issued_on)
        token = token_record(answer, resolved, resolved.scopes, issued_on, self._clock)
        kept = RefreshTokenRecord(secret=stand_in, scopes=(), saved_on=issued_on)
        self._cache.save_sign_in(account, token, kept)
        who, profile = account.home_account_id, resolved.profile.name
        self._changes.tell(AccountChanged(home_account_id=who, profile=profile, action="signed_in"))

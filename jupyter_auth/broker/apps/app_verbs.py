"""The verbs of a kernel for no account: an application's own tokens, and those on behalf of somebody."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

from jupyter_auth.broker.apps.app_request import AppKind, AppRequest, bad_argument
from jupyter_auth.broker.apps.applications import Applications
from jupyter_auth.broker.grants.gate import Gate
from jupyter_auth.broker.tokens.handing import Handing
from jupyter_auth.core.errors import TransportError
from jupyter_auth.core.result import AuthenticationResult

Message = dict[str, Any]

MAX_TIMEOUT = 90.0  # seconds

_COMMON = frozenset({"profile", "scopes", "force_refresh", "have", "claims_challenge", "tenant", "timeout"})
#: The arguments that each verb takes.
ARGUMENTS: Mapping[str, frozenset[str]] = {
    "acquire_token_for_client": _COMMON,
    "acquire_token_on_behalf_of": _COMMON | {"user_assertion"},
    "initiate_long_running_on_behalf_of": _COMMON - {"force_refresh", "have"}
    | {"user_assertion", "session_key"},
    "acquire_token_in_long_running_on_behalf_of": _COMMON | {"session_key"},
    "stop_long_running_on_behalf_of": frozenset({"profile", "session_key"}),
}
#: Those whose answer may be in memory, and for what they are.
_CACHED: Mapping[str, AppKind] = {
    "acquire_token_for_client": "app",
    "acquire_token_on_behalf_of": "on_behalf_of",
    "acquire_token_in_long_running_on_behalf_of": "long_running",
}


class AppVerbs:
    """The verbs of one connection."""

    def __init__(self, applications: Applications, handing: Handing, gate: Gate) -> None:
        self._applications = applications
        self._handing = handing
        self._gate = gate
        self.table: dict[str, Callable[[Message], Coroutine[Any, Any, Message]]] = {
            **dict.fromkeys(_CACHED, self._acquire),
            "initiate_long_running_on_behalf_of": self._begin,
            "stop_long_running_on_behalf_of": self._stop,
        }

    def peek(self, message: Message) -> Message | None:
        """The answer from memory, or None where it takes more, or another verb."""
        kind = _CACHED.get(str(message.get("op")))
        if kind is None:
            return None
        asked = AppRequest.from_wire(message, kind)
        if self._gate.is_closed:
            return None  # there it is looked at what the kernel may have
        found = self._applications.peek(asked)
        return None if found is None else self._handed(found, asked)

    async def _allowed(self, asked: AppRequest) -> AppRequest:
        """The same request within what the kernel may have; raises ``KernelGrantRequiredError``."""
        if not self._gate.is_closed:
            return asked
        allowed = await self._gate.before(self._applications.resolve(asked))
        return replace(asked, request=allowed.request)

    def _handed(self, found: AuthenticationResult, asked: AppRequest) -> Message:
        return self._handing.out(found, lambda: self._applications.resolve(asked))

    async def _acquire(self, message: Message) -> Message:
        asked = await self._allowed(AppRequest.from_wire(message, _CACHED[str(message.get("op"))]))
        return self._handed(await _in_time(self._applications.acquire(asked), message), asked)

    async def _begin(self, message: Message) -> Message:
        asked = AppRequest.from_wire(message, "long_running")
        # it has no session_key yet where the broker makes one, and needs none to be looked at
        keyed = replace(asked, session_key=asked.session_key or "-")
        asked = replace(asked, request=(await self._allowed(keyed)).request)
        begun = await _in_time(self._applications.begin(asked), message)
        of_session = replace(asked, session_key=begun.session_key)
        return {**self._handed(begun.result, of_session), "session_key": begun.session_key}

    async def _stop(self, message: Message) -> Message:
        asked = AppRequest.from_wire(message, "long_running")
        return {"ok": True, "stopped": await self._applications.stop(asked)}


async def _in_time(work: Coroutine[Any, Any, Any], message: Message) -> Any:
    """Wait as long as the caller wants to. What is asked of a provider goes on, for others and for the next
    time."""
    timeout = message.get("timeout")
    if timeout is None:
        return await work
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        work.close()
        raise bad_argument("timeout", "a number of seconds")
    seconds = max(0.0, min(timeout, MAX_TIMEOUT))
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError:
        raise TransportError(
            f"No answer within {seconds:g} s.",
            reason="timeout",
            hint="Try again, with a longer timeout.",
            retryable=True,
        ) from None

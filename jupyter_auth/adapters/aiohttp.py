"""Tokens for fsspec's HTTP file system, which is made of aiohttp's client."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from jupyter_auth.adapters.challenge import renewal
from jupyter_auth.adapters.needed import needs
from jupyter_auth.adapters.wanted import Wanted

with needs("fsspec"):
    import aiohttp
    from aiohttp.payload import BytesPayload

AUTHORIZATION = "Authorization"
Send = Callable[[aiohttp.ClientRequest], Awaitable[aiohttp.ClientResponse]]

#: Where the token of the request was put on it, before any redirect.
_first: ContextVar[str] = ContextVar("jupyter_auth-first", default="")


def _has_token(request: aiohttp.ClientRequest) -> bool:
    """False where another host was asked: what authorizes that request is the host's own, of ~/.netrc or of
    the address that a redirect has named."""
    return AUTHORIZATION in request.headers and _first.get() == str(request.url.origin())


class BearerClient:
    """Makes aiohttp sessions whose requests carry a token: fsspec's ``get_client``."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted

    async def __call__(self, **kwargs: Any) -> aiohttp.ClientSession:
        """A session with aiohttp's own arguments."""
        traces = aiohttp.TraceConfig()
        # The header is put on once, before aiohttp follows redirects: it takes it off for another host.
        traces.on_request_start.append(self._begin)
        kwargs["trace_configs"] = [*(kwargs.get("trace_configs") or ()), traces]
        kwargs["middlewares"] = (*(kwargs.get("middlewares") or ()), self._send)
        return aiohttp.ClientSession(**kwargs)

    async def _begin(self, session: Any, context: Any, params: aiohttp.TraceRequestStartParams) -> None:
        _first.set(str(params.url.origin()))  # for this task, which is the one that sends
        params.headers.update(await self._wanted.aheaders(str(params.url)))

    async def _send(self, request: aiohttp.ClientRequest, send: Send) -> aiohttp.ClientResponse:
        """Answer one 401, if the token was there and the body can be sent again."""
        response = await send(request)
        can_repeat = not request.body or isinstance(request.body, bytes | BytesPayload)
        if not (can_repeat and _has_token(request)):
            return response
        more = renewal(response.status, ", ".join(response.headers.getall("WWW-Authenticate", ())))
        if more is None:
            return response
        response.release()
        request.headers.update(await self._wanted.aheaders(str(request.url), **more))
        return await send(request)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BearerClient) and self._wanted == other._wanted

    def __hash__(self) -> int:
        return hash(self._wanted)

    def __repr__(self) -> str:
        return f"BearerClient({self._wanted!r})"  # fsspec tells its file systems apart by it

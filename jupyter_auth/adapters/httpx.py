"""Tokens for ``httpx``, for its client and its asynchronous client alike."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import Any

from jupyter_auth.adapters.challenge import renewal
from jupyter_auth.adapters.needed import needs
from jupyter_auth.adapters.wanted import Wanted

with needs("httpx"):
    import httpx


class HttpxAuth(httpx.Auth):
    """Made by ``httpx_auth``."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Put the token on, and answer one 401."""
        request.headers.update(self._wanted.headers(str(request.url)))
        response = yield request
        more = _renewal(request, response)
        if more is not None:
            response.read()  # so that the connection is free while somebody may be asked
            request.headers.update(self._wanted.headers(str(request.url), **more))
            yield request

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """The same; nothing blocks the event loop."""
        request.headers.update(await self._wanted.aheaders(str(request.url)))
        response = yield request
        more = _renewal(request, response)
        if more is not None:
            await response.aread()
            request.headers.update(await self._wanted.aheaders(str(request.url), **more))
            yield request

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HttpxAuth) and self._wanted == other._wanted

    def __hash__(self) -> int:
        return hash(self._wanted)

    def __repr__(self) -> str:
        return f"httpx_auth({self._wanted!r})"


def _renewal(request: httpx.Request, response: httpx.Response) -> dict[str, Any] | None:
    """None where the answer stands: also where another host, to which httpx sent no token, has given it, or
    where the body was a stream, which is gone."""
    if "Authorization" not in response.request.headers or not isinstance(request.stream, httpx.ByteStream):
        return None
    return renewal(response.status_code, response.headers.get("WWW-Authenticate", ""))

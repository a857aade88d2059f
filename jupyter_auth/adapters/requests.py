"""Tokens for ``requests``: an ``AuthBase``, and a session that uses it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from jupyter_auth.adapters.challenge import renewal
from jupyter_auth.adapters.needed import needs
from jupyter_auth.adapters.wanted import From, Wanted, wanted

with needs(""):
    import requests
    from requests.auth import AuthBase
    from requests.sessions import SessionRedirectMixin

if TYPE_CHECKING:
    from jupyter_auth.core.account import Account


class BearerAuth(AuthBase):
    """Puts a fresh access token on each request: ``session.auth = BearerAuth("graph")``.

    The token is got when a request is sent, so that a loop of hours never uses one that has ended. A 401
    is answered once, if the request's body can be sent again: with a new token, with the claims that the
    resource demands (Entra), or after a sign-in as strong or as recent as it demands (RFC 9470). It holds no
    token and can be pickled. ``requests`` takes the header off when a redirect leads to another host.
    """

    def __init__(
        self,
        profile: From = None,
        *,
        scopes: str | Iterable[str] | None = None,
        account: str | Account | None = None,
        **options: Any,
    ) -> None:
        """The arguments are those of ``get_token``. In a worker, ``profile`` is the handle that the notebook
        made, and scopes may be some of its own."""
        self._wanted = wanted(profile, scopes, account, options)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the token on ``request``; raises what ``get_token`` raises, and ``PolicyError`` where it would
        be sent in the clear."""
        request.headers.update(self._wanted.headers(request.url or ""))
        body = request.body
        if body is None or isinstance(body, str | bytes):
            request.register_hook("response", _Renewal(self._wanted, request.url or ""))
        return request

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BearerAuth) and self._wanted == other._wanted

    def __hash__(self) -> int:
        return hash(self._wanted)

    def __repr__(self) -> str:
        return f"BearerAuth({self._wanted!r})"


class _Renewal:
    """Answers one 401 to the request that was first sent to ``url``, and to those it is redirected to."""

    def __init__(self, wanted: Wanted, url: str) -> None:
        self._wanted = wanted
        self._url = url

    def __call__(self, response: requests.Response, **kwargs: Any) -> requests.Response:
        """Where the resource says that the token is no good, or not enough (RFC 6750 §3.1)."""
        request = response.request
        more = renewal(response.status_code, response.headers.get("WWW-Authenticate", ""))
        if more is None or not self._has_token(request):
            return response
        again = request.copy()
        again.hooks["response"] = [hook for hook in request.hooks["response"] if hook is not self]
        response.content  # noqa: B018 -- read to its end, so that the connection can be used again
        response.close()
        again.headers.update(self._wanted.headers(request.url or "", **more))
        second: requests.Response = response.connection.send(again, **kwargs)
        second.history.append(response)
        second.request = again
        return second

    def _has_token(self, request: requests.PreparedRequest) -> bool:
        """False where another host was asked: what authorizes that request is the host's own, of ~/.netrc."""
        is_elsewhere = SessionRedirectMixin().should_strip_auth(self._url, request.url or "")
        return "Authorization" in request.headers and not is_elsewhere


def session(
    profile: From = None,
    *,
    scopes: str | Iterable[str] | None = None,
    account: str | Account | None = None,
    **options: Any,
) -> requests.Session:
    """A ``requests.Session`` whose requests carry a token; the arguments are those of ``get_token``."""
    made = requests.Session()
    made.auth = BearerAuth(profile, scopes=scopes, account=account, **options)
    return made

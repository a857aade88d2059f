"""Tokens for ``requests``: an ``AuthBase``, and a session that uses it."""

from collections.abc import Iterable
from typing import Any

import requests
from requests.auth import AuthBase

from jupyter_auth.adapters.challenge import demanded
from jupyter_auth.core.errors import ProfileError
from jupyter_auth.kernel.api import get_token
from jupyter_auth.kernel.worker_handle import WorkerHandle


class BearerAuth(AuthBase):
    """Puts a fresh access token on each request: ``session.auth = BearerAuth("graph")``.

    The token is got when a request is sent, so that a loop of hours never uses one that has ended. A 401
    is answered once, if the request's body can be sent again: with a new token, with the claims that the
    resource demands (Entra), or after a sign-in as strong or as recent as it demands (RFC 9470). It holds no
    token and can be pickled. ``requests`` takes the header off when a redirect leads to another host.
    """

    def __init__(
        self,
        profile: str | WorkerHandle | None = None,
        *,
        scopes: str | Iterable[str] | None = None,
        account: str | None = None,
        **options: Any,
    ) -> None:
        """The arguments are those of ``get_token``. In a worker, ``profile`` is the handle that the notebook
        made, and scopes may be some of its own."""
        if isinstance(profile, WorkerHandle) and account is not None:
            raise ProfileError("A handle is for its own account.", reason="bad_argument")
        self.profile = profile
        self.scopes = scopes if scopes is None or isinstance(scopes, str) else tuple(scopes)
        self.account = account
        self.options = options

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the token on ``request``; raises what ``get_token`` raises."""
        request.headers.update(self._headers())
        body = request.body
        if body is None or isinstance(body, str | bytes):
            request.register_hook("response", self._renewed)
        return request

    def _headers(self, **more: Any) -> dict[str, str]:
        options = {**self.options, **more}
        if isinstance(self.profile, WorkerHandle):
            return self.profile.get_token(scopes=self.scopes, **options).headers()
        return get_token(self.profile, scopes=self.scopes, account=self.account, **options).headers()

    def _renewed(self, response: requests.Response, **kwargs: Any) -> requests.Response:
        """Once, where the resource says that the token is no good, or not enough (RFC 6750 §3.1)."""
        request = response.request
        if response.status_code != requests.codes.unauthorized or "Authorization" not in request.headers:
            return response
        again = request.copy()
        again.hooks["response"] = [hook for hook in request.hooks["response"] if hook != self._renewed]
        step_up = demanded(response.headers.get("WWW-Authenticate", ""))
        again.headers.update(self._headers(**(step_up or {"force_refresh": True})))
        response.content  # noqa: B018 -- read to its end, so that the connection can be used again
        response.close()
        second: requests.Response = response.connection.send(again, **kwargs)
        second.history.append(response)
        second.request = again
        return second

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BearerAuth) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((self.profile, self.scopes, self.account))


def session(
    profile: str | WorkerHandle | None = None,
    *,
    scopes: str | Iterable[str] | None = None,
    account: str | None = None,
    **options: Any,
) -> requests.Session:
    """A ``requests.Session`` whose requests carry a token; the arguments are those of ``get_token``."""
    made = requests.Session()
    made.auth = BearerAuth(profile, scopes=scopes, account=account, **options)
    return made

"""What the Hub tells this service: whose a token is, what a person's sign-in gave, which servers run."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote

import requests
from jupyterhub.services.auth import HubOAuth

from jupyter_auth.core.errors import PolicyError, TransportError
from jupyter_auth.core.known import note
from jupyter_auth.core.secret import Secret

TIMEOUT = 20.0  # seconds
_ANEW = "Stop your server at the Hub, and start it again."
_BEARER = ("token", "bearer")


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSignIn:
    """What the Hub holds of a person's sign-in (``auth_state``)."""

    refresh_token: Secret | None
    access_token: Secret
    scopes: str
    claims: Mapping[str, Any] = field(repr=False)


class People(Protocol):
    """The Hub, as this service needs it."""

    async def whose(self, authorization: str) -> str:
        """The name of the person who owns the API token in an ``Authorization`` header. Raises
        ``PolicyError`` where there is none who may use this service."""
        ...

    async def sign_in(self, person: str) -> HubSignIn | None:
        """What the Hub holds of that person's sign-in; None for nothing."""
        ...

    async def servers(self, person: str) -> dict[str, str]:
        """The person's running servers: the path of each, and the address to send a browser to."""
        ...


class HubPeople:
    """The same over the Hub's REST interface, with this service's own API token."""

    def __init__(self, auth: HubOAuth) -> None:
        self._auth = auth
        note(auth.api_token, sent=True)

    async def whose(self, authorization: str) -> str:
        """As promised. Asked anew each time: a token that the Hub has revoked is at an end at once."""
        scheme, _, token = authorization.strip().partition(" ")
        token = token.strip()
        if scheme.lower() not in _BEARER or not token:
            raise PolicyError("Send your Hub API token.", reason="no_hub_token")
        note(token, sent=True)
        try:
            model = await self._auth.user_for_token(token, use_cache=False, sync=False)
        except Exception:  # noqa: BLE001 -- whatever jupyterhub raises; its text may hold the request
            raise _unreachable() from None
        if not model or model.get("kind", "user") != "user" or not model.get("name"):
            raise PolicyError(
                "The Hub does not know this token any more.",
                reason="unknown_hub_token",
                hint=_ANEW,
            )
        if not self._auth.check_scopes(self._auth.access_scopes, model):
            raise PolicyError(
                "This Hub API token may not use the service.",
                reason="hub_scope_missing",
                hint=f"It needs the scope {' or '.join(sorted(self._auth.access_scopes))}: add that to the "
                "Hub's roles 'user' and 'server'.",
            )
        name = str(model["name"])
        if (server := _server_of(model)) is not None and server not in await self._active(name):
            raise PolicyError(
                "The server that this Hub API token was for has been stopped.",
                reason="unknown_hub_token",
                hint=_ANEW,
            )
        return name

    async def sign_in(self, person: str) -> HubSignIn | None:
        """As promised; needs the scope ``admin:auth_state``."""
        model = await self._user(person)
        if "auth_state" not in model:
            raise PolicyError(
                "The Hub does not tell this service what a sign-in gave.",
                reason="no_auth_state",
                hint="Give the service the scopes admin:auth_state and read:users, and set "
                "c.Authenticator.enable_auth_state = True.",
            )
        return read_auth_state(model["auth_state"])

    async def servers(self, person: str) -> dict[str, str]:
        """As promised."""
        model = await self._user(person)
        found = {}
        for server in (model.get("servers") or {}).values():
            if server.get("ready") and isinstance(server.get("url"), str):
                found[server["url"]] = str(server.get("full_url") or server["url"])
        return found

    async def _active(self, person: str) -> set[str]:
        """The names of the person's servers that run, start or stop."""
        model = await self._user(person)
        if not isinstance(model.get("servers"), dict):
            raise PolicyError(
                "The Hub does not tell this service which servers run.",
                reason="hub_scope_missing",
                hint="Give the service the scope read:servers.",
            )
        return set(model["servers"])

    async def _user(self, person: str) -> dict[str, Any]:
        url = f"{self._auth.api_url.rstrip('/')}/users/{quote(person, safe='')}"
        headers = {"Authorization": f"token {self._auth.api_token}"}

        def ask() -> Any:
            with requests.Session() as session:
                session.trust_env = False  # the Hub is inside, and ~/.netrc is nobody's here
                session.verify = self._auth.client_ca or True
                session.cert = (self._auth.certfile, self._auth.keyfile) if self._auth.certfile else None
                answer = session.get(url, headers=headers, timeout=TIMEOUT, allow_redirects=False)
                return answer.json() if answer.status_code == 200 else None

        try:
            model = await asyncio.to_thread(ask)
        except (OSError, ValueError):
            raise _unreachable() from None
        if not isinstance(model, dict):
            raise _unreachable()
        return model


def read_auth_state(state: Any) -> HubSignIn | None:
    """What oauthenticator keeps: tokens, and under another name with each provider who it is."""
    if not isinstance(state, dict):
        return None
    access_token = state.get("access_token")
    if not isinstance(access_token, str) or not access_token:
        return None
    refresh_token = state.get("refresh_token")
    scope = state.get("scope")
    known: Mapping[str, Any] = next(
        (state[key] for key in ("oauth_user", "user") if isinstance(state.get(key), dict)), {}
    )
    return HubSignIn(
        refresh_token=Secret(refresh_token) if isinstance(refresh_token, str) and refresh_token else None,
        access_token=Secret(access_token),
        scopes=" ".join(map(str, scope)) if isinstance(scope, list) else str(scope or ""),
        claims=known,
    )


def _server_of(model: Mapping[str, Any]) -> str | None:
    """The name of the server that a token was made for; None for a token of the person's own.

    It has to be looked at: a Hub that was restarted does not take back the token of a server that it then
    stops.
    """
    opened = [str(scope) for scope in model.get("scopes") or () if str(scope).startswith("access:servers")]
    mark = f"access:servers!server={model['name']}/"
    return opened[0].removeprefix(mark) if len(opened) == 1 and opened[0].startswith(mark) else None


def base_url() -> str:
    """The path of this service, with a slash at its end."""
    return os.environ.get("JUPYTERHUB_SERVICE_PREFIX", "/").rstrip("/") + "/"


def _unreachable() -> TransportError:
    return TransportError(
        "The Hub gave no usable answer.",
        reason="hub_unreachable",
        hint="Try again in a moment. If that does not help, tell the Hub's administrator.",
        retryable=True,
    )

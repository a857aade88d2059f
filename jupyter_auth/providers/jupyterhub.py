"""Provider ``jupyterhub``: a person's server asks our service at the Hub, which keeps the sign-in.

The server proves whose it is with the API token that the Hub started it with. Kernels inherit that token, so
that it opens access tokens only. Protocol and answers: ``docs/how-to/set-up-on-jupyterhub.md``.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import requests

from jupyter_auth.core.errors import (
    AuthError,
    InteractionRequiredError,
    OAuthError,
    PolicyError,
    TransportError,
    error_from_wire,
)
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.reports import Outcome
from jupyter_auth.core.secret import Secret
from jupyter_auth.core.text import clean
from jupyter_auth.core.urls import checked_split, host_of, is_loopback
from jupyter_auth.providers.answers import broken_answer, read_token_response
from jupyter_auth.providers.base import ProviderMetadata, TokenResponse
from jupyter_auth.providers.nobody import NobodySignsIn
from jupyter_auth.providers.transport import ProviderSession, fetch, json_object

API_TOKEN, API_URL = "JUPYTERHUB_API_TOKEN", "JUPYTERHUB_API_URL"
_CLAIMS = ("sub", "preferred_username", "upn", "email", "name")
_LONGEST = 320  # characters of a message


class JupyterHubEngine(NobodySignsIn):
    """The engine for provider ``jupyterhub``. Thread-safe; remembers nothing."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._service = service_of(profile)
        self._session = service_session(profile)

    def discover(self) -> ProviderMetadata:
        """There is one address; whether the service answers there. Raises ``TransportError`` where not."""
        response = fetch(self.profile.issuer, lambda: self._session.get(f"{self._service}/health"))
        if (json_object(response) or {}).get("ok") is not True:
            raise _is_down(response, host_of(self.profile.issuer))
        return ProviderMetadata(issuer=self.profile.issuer, token_endpoint=f"{self._service}/token")

    def check(self) -> None:
        """Whether this server may use the service, and the Hub holds a sign-in that can be used; nothing is
        refreshed. Raises as ``refresh`` does. A service of an older version does not say."""
        response = fetch(self.profile.issuer, lambda: self._ask("check", {}))
        body = json_object(response)
        if response.status_code != requests.codes.not_found and (body or {}).get("ok") is not True:
            raise self._refused(response, body or {}, ())

    def refresh(
        self, refresh_token: Secret, scopes: tuple[str, ...], extra: Mapping[str, str]
    ) -> TokenResponse:
        """A new access token of whoever this server belongs to; ``refresh_token`` is not sent. Raises
        ``InteractionRequiredError`` where the person has to log in at the Hub again."""
        body: dict[str, Any] = {"scopes": list(scopes), "resource": self._target()}
        if claims := extra.get("claims"):
            body["claims"] = claims
        response = fetch(self.profile.issuer, lambda: self._ask("token", body))
        return self._read(response, scopes)

    def client_credentials(
        self, scopes: tuple[str, ...], resources: tuple[str, ...], extra: Mapping[str, str]
    ) -> TokenResponse:
        """The tokens are people's."""
        raise self.not_here("no_client_credentials")

    def exchange(
        self, assertion: Secret, scopes: tuple[str, ...], resources: tuple[str, ...], extra: Mapping[str, str]
    ) -> TokenResponse:
        """The service exchanges tokens of its own accord, for a profile with a resource or audience."""
        raise self.not_here("no_exchange")

    def revoke(self, token: Secret, token_type_hint: str) -> Outcome:
        """What was got here is revoked by logging out at the Hub."""
        return "unsupported"

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    # -- inside ---------------------------------------------------------------------------------

    def _ask(self, what: str, body: dict[str, Any]) -> requests.Response:
        token = os.environ.get(API_TOKEN, "")
        if not token:
            raise PolicyError(
                f"Profile {self.profile.name!r} works only in a server that a JupyterHub has started.",
                reason="no_hub",
                hint=f"{API_TOKEN} is not set. Elsewhere use a profile with provider 'oidc'.",
            )
        self._check_way()
        headers = {"Authorization": f"token {Secret(token, sent=True).reveal()}"}
        return self._session.post(f"{self._service}/{what}", json=body, headers=headers)

    def _check_way(self) -> None:
        """In clear text only to this machine, or to where the Hub has the server send its token anyway."""
        to, hub = checked_split(self._service), checked_split(os.environ.get(API_URL, ""))
        if to is None or to.scheme == "https" or is_loopback(to.hostname):
            return
        if hub is None or hub.scheme != "http" or hub.hostname != to.hostname:
            raise PolicyError(
                "The Hub service would be asked in clear text.",
                reason="hub_in_clear_text",
                hint=f"service_url is https, or at the host of {API_URL}.",
            )

    def _target(self) -> str:
        if self.profile.resource:
            return f"resource:{self.profile.resource}"
        return f"audience:{self.profile.audience}" if self.profile.audience else ""

    def _read(self, response: requests.Response, scopes: tuple[str, ...]) -> TokenResponse:
        body = json_object(response)
        if body is None or response.status_code >= 500 or "message" in body:
            raise self._refused(response, body or {}, scopes)
        answer, _ = read_token_response(response, self.profile.issuer)
        said = body.get("claims")
        said = said if isinstance(said, dict) else {}
        claims = {key: said[key] for key in _CLAIMS if isinstance(said.get(key), str)}
        return replace(answer, refresh_token=None, claims=claims)

    def _refused(
        self, response: requests.Response, body: dict[str, Any], scopes: tuple[str, ...]
    ) -> AuthError:
        """The service's own error; of anything else, that there is no service."""
        host = host_of(self.profile.issuer)
        if not isinstance(body.get("error"), str) or not isinstance(body.get("message"), str):
            return _is_down(response, host)
        told = error_from_wire({k: clean(v, _LONGEST) for k, v in body.items() if isinstance(v, str)})
        said: dict[str, Any] = {"reason": told.reason, "hint": told.hint}
        if isinstance(told, InteractionRequiredError):
            claims = body["claims"] if isinstance(body.get("claims"), str) else None
            whose: dict[str, Any] = {"profile": self.profile.name, "scopes": list(scopes), "claims": claims}
            return InteractionRequiredError(told.message, **said, **whose)
        if isinstance(told, OAuthError):  # of the provider's, about what the service has sent
            return PolicyError(told.message, **said)
        if response.status_code >= 500:
            return TransportError(told.message, **said, retryable=True)
        return told

    def not_here(self, reason: str) -> PolicyError:
        """The error."""
        return PolicyError(
            f"Nobody signs in to profile {self.profile.name!r} here: the Hub has done that.",
            reason=reason,
            hint=f"Run %get_token {self.profile.name}. If that fails, log out at the Hub and log in again.",
        )


def service_of(profile: Profile) -> str:
    """The service's address, as this server reaches it; without a slash at its end."""
    return (profile.service_url or profile.issuer).rstrip("/")


def service_session(profile: Profile) -> ProviderSession:
    """For asking it: inside a cluster, in clear text, by no proxy."""
    is_inside = service_of(profile).startswith("http:")
    return ProviderSession(ca_bundle=profile.ca_bundle, proxies=profile.proxies, direct=is_inside)


def _is_down(response: requests.Response, host: str) -> TransportError:
    problem = broken_answer(response, host)
    return TransportError(
        f"The token service of the Hub at {host} is not there (HTTP {response.status_code}).",
        reason="hub_service_down",
        hint="Try again in a moment. If that does not help, tell the Hub's administrator.",
        retryable=True,
        retry_after=problem.retry_after,
    )

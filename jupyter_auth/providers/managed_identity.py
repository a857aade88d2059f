"""The identity of an Azure machine on ``msal.ManagedIdentityClient``: App Service, Azure ML, Arc, VM.

Nothing is asked before somebody wants a token, and only for a profile that says ``managed_identity``.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msal
import requests
from msal.managed_identity import CLOUD_SHELL, SERVICE_FABRIC, get_managed_identity_source

from jupyter_auth.core.errors import AuthError, OAuthError, PolicyError
from jupyter_auth.core.freshness import usable_seconds
from jupyter_auth.core.profile import SYSTEM_ASSIGNED, Profile
from jupyter_auth.core.reports import Outcome
from jupyter_auth.core.secret import Secret
from jupyter_auth.providers.answers import broken_answer, read_token_response, refusal
from jupyter_auth.providers.base import ProviderMetadata, TokenResponse
from jupyter_auth.providers.msal_wire import Answer
from jupyter_auth.providers.nobody import NobodySignsIn
from jupyter_auth.providers.transport import ProviderSession, fetch, json_object

_DEFAULT = "/.default"
_KEPT = ("expires_in", "expires_on", "client_id", "object_id", "msi_res_id", "mi_res_id", "resource")


class ManagedIdentityEngine(NobodySignsIn):
    """The engine for provider ``managed_identity``. Thread-safe; remembers nothing."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._session = ProviderSession(ca_bundle=profile.ca_bundle, direct=True)

    def discover(self) -> ProviderMetadata:
        """Nothing is asked: the machine's environment says where its identity is."""
        return ProviderMetadata(issuer=self.profile.issuer, token_endpoint="")

    def client_credentials(
        self, scopes: tuple[str, ...], resources: tuple[str, ...], extra: Mapping[str, str]
    ) -> TokenResponse:
        """``ManagedIdentityClient.acquire_token_for_client`` for the one resource that is named."""
        if get_managed_identity_source() in (CLOUD_SHELL, SERVICE_FABRIC):
            raise PolicyError(
                "The managed identities of Cloud Shell and Service Fabric are not supported.",
                reason="managed_identity_kind",
            )
        resource = self._resource(scopes, resources)
        wire = _Wire(self._session)
        claims = extra.get("claims")
        try:
            self._client(wire).acquire_token_for_client(resource=resource, claims_challenge=claims)
            kind = "no answer"
        except AuthError:
            raise
        except (ValueError, TypeError, LookupError, AttributeError, OSError) as problem:
            kind = type(problem).__name__
        if wire.answer is None:
            raise PolicyError(
                f"This machine's identity cannot be asked for a token ({kind}).",
                reason="no_managed_identity",
                hint="See that the machine has a managed identity, and that it may be used from here.",
            )
        return _read(wire.answer)

    def refresh(
        self, refresh_token: Secret, scopes: tuple[str, ...], extra: Mapping[str, str]
    ) -> TokenResponse:
        """There are no refresh tokens."""
        raise self.not_here("no_refresh")

    def exchange(
        self, assertion: Secret, scopes: tuple[str, ...], resources: tuple[str, ...], extra: Mapping[str, str]
    ) -> TokenResponse:
        """A machine acts for nobody."""
        raise self.not_here("no_exchange")

    def revoke(self, token: Secret, token_type_hint: str) -> Outcome:
        """There is nothing to revoke at."""
        return "unsupported"

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    # -- inside ---------------------------------------------------------------------------------

    def not_here(self, reason: str) -> PolicyError:
        """The error."""
        return PolicyError(
            f"Profile {self.profile.name!r} is this machine's identity: it has tokens of its own only.",
            reason=reason,
            hint=f"Use acquire_token_for_client({self.profile.name!r}).",
        )

    def _client(self, wire: "_Wire") -> Any:
        own = self.profile.client_id == SYSTEM_ASSIGNED
        identity: Any = (
            msal.SystemAssignedManagedIdentity()
            if own
            else msal.UserAssignedManagedIdentity(client_id=self.profile.client_id)
        )
        return msal.ManagedIdentityClient(identity, http_client=wire)

    def _resource(self, scopes: tuple[str, ...], resources: tuple[str, ...]) -> str:
        named = [resource.partition(":")[2] for resource in resources]
        named += [scope.removesuffix(_DEFAULT) for scope in scopes if scope.endswith(_DEFAULT)]
        named = list(dict.fromkeys(named)) or ([self.profile.resource] if self.profile.resource else [])
        if len(named) != 1 or len(scopes) > 1 or any(not s.endswith(_DEFAULT) for s in scopes):
            raise PolicyError(
                "A managed identity gives tokens for one resource at a time.",
                reason="bad_scope",
                hint="Name one scope that ends in /.default, or set resource in the profile.",
            )
        return named[0]


class _Wire:
    """msal's ``http_client`` for one call; msal sees no token (``msal_wire`` says why)."""

    def __init__(self, session: ProviderSession) -> None:
        self._session = session
        self.answer: requests.Response | None = None

    def get(self, url: str, *, params: Any = None, headers: Any = None, **_: Any) -> Answer:
        """One round. A 401 with a challenge belongs to Azure Arc's protocol, so msal sees it."""
        origin = url.partition("/metadata/")[0]
        response = fetch(origin, lambda: self._session.get(url, params=params, headers=headers))
        body = json_object(response)
        if response.status_code == 401 and "WWW-Authenticate" in response.headers:
            return Answer("", 401, dict(response.headers))
        if body is None or not 200 <= response.status_code < 300 or "access_token" not in body:
            raise _refusal(response, origin)
        self.answer = response
        kept = {name: body[name] for name in _KEPT if name in body}
        return Answer(json.dumps({"access_token": "-", "token_type": "Bearer", "expires_in": 1, **kept}))

    def close(self) -> None:
        """The session outlives the call."""


def _refusal(response: requests.Response, origin: str) -> Exception:
    problem = refusal(response, origin)
    if isinstance(problem, OAuthError) and response.status_code in (400, 403, 404):
        problem.hint = "See that this machine has that identity, and that the identity knows the resource."
    return problem if isinstance(problem, AuthError) else broken_answer(response, origin)


def _read(response: requests.Response) -> TokenResponse:
    """``expires_in`` as a string, or only ``expires_on``: each kind of machine has its own way."""
    answer, _ = read_token_response(response, response.url)
    ends = str((json_object(response) or {}).get("expires_on"))
    left = int(ends) - int(time.time()) if ends.isascii() and ends.isdecimal() and len(ends) < 15 else None
    return replace(
        answer,
        expires_in=answer.expires_in or usable_seconds(left),
        refresh_token=None,
        scope=None,
        token_endpoint=response.url.partition("?")[0],
    )

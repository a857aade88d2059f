"""A provider's endpoints and public keys: asked for once an hour, and checked before they are used."""

import threading
import time
from collections.abc import Mapping
from typing import Any

import jwskate
import requests

from jupyter_auth.core.errors import AuthError, PolicyError, ProfileError, TransportError
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.secret import Secret
from jupyter_auth.core.text import clean
from jupyter_auth.core.urls import host_of, is_safe_endpoint
from jupyter_auth.providers.answers import broken_answer, refusal
from jupyter_auth.providers.base import ProviderMetadata
from jupyter_auth.providers.idtoken import is_subject, portable_claims, read_keys
from jupyter_auth.providers.transport import ProviderSession, fetch, json_object

MAX_KEY_SETS = 64  # Entra's tenants have an address each
LACKING = 60.0  # seconds for which no refresh asks again for keys that could not be had
METADATA_LIFETIME = 3600.0  # seconds for which discovery is believed
_ENDPOINTS = (
    "token_endpoint",
    "authorization_endpoint",
    "device_authorization_endpoint",
    "pushed_authorization_request_endpoint",
    "revocation_endpoint",
    "userinfo_endpoint",
    "end_session_endpoint",
    "jwks_uri",
)
_SWITCHES = ("require_pushed_authorization_requests", "authorization_response_iss_parameter_supported")
_LISTS = ("grant_types_supported", "scopes_supported", "token_endpoint_auth_methods_supported")


class Discovery:
    """Metadata and keys of one provider. Thread-safe."""

    def __init__(self, profile: Profile, session: ProviderSession) -> None:
        self.profile = profile
        self._session = session
        self._lock = threading.Lock()
        self._metadata: tuple[float, ProviderMetadata] | None = None
        self._keys: dict[str, tuple[float, list[jwskate.Jwk]]] = {}
        self._lacking: dict[str, float] = {}

    def metadata(self) -> ProviderMetadata:
        """OpenID Connect Discovery §4, with issuer equality (§4.3)."""
        with self._lock:
            if self._metadata and time.monotonic() < self._metadata[0]:
                return self._metadata[1]
        metadata = self.read(self._document())
        with self._lock:
            self._metadata = (time.monotonic() + METADATA_LIFETIME, metadata)
        return metadata

    def _document(self) -> Mapping[str, Any]:
        """What the provider announces, with the profile's own endpoints above that. A profile that names the
        token endpoint knows all there is to know: nothing is asked."""
        issuer, own = self.profile.issuer, self.profile.endpoints
        if "token_endpoint" in own:
            return own
        response = self.get(issuer.rstrip("/") + "/.well-known/openid-configuration")
        document = json_object(response)
        if response.status_code != 200 or document is None:
            raise self._no_discovery(response)
        if document.get("issuer") != issuer:
            raise ProfileError(
                f"{host_of(issuer)} names itself {clean(document.get('issuer'))!r}, "
                f"not {issuer!r} as the profile says.",
                reason="issuer_mismatch",
                hint=f"If you trust it, correct the issuer of profile {self.profile.name!r}, "
                "to the letter (a final slash counts).",
            )
        return {**document, **own}

    def read(self, document: Mapping[str, Any]) -> ProviderMetadata:
        """The metadata in ``document``; an endpoint that is not safe to call is refused."""
        issuer = self.profile.issuer
        endpoints: dict[str, Any] = {name: document[name] for name in _ENDPOINTS if document.get(name)}
        for name, url in endpoints.items():
            if not is_safe_endpoint(url, issuer):
                raise PolicyError(
                    f"{host_of(issuer)} announces a {name} that is not a safe https address.",
                    reason="unsafe_endpoint",
                )
        if "token_endpoint" not in endpoints:
            raise ProfileError(
                f"{host_of(issuer)} announces no token_endpoint: it is no OAuth provider.",
                reason="no_token_endpoint",
                hint=f"Check the issuer of profile {self.profile.name!r}.",
            )
        switches: dict[str, Any] = {name: document.get(name) is True for name in _SWITCHES}
        lists: dict[str, Any] = {name: _texts(document.get(name)) for name in _LISTS}
        return ProviderMetadata(issuer=issuer, **switches, **lists, **endpoints)

    def public_keys(self, jwks_uri: str, fetch_anew: bool) -> list[jwskate.Jwk]:
        """The keys that may sign an id token."""
        if not fetch_anew and (known := self._known(jwks_uri)):
            return known
        keys = read_keys(self.get_json(jwks_uri))
        if not keys:
            raise PolicyError(
                f"The keys of {host_of(self.profile.issuer)} cannot be read.", reason="id_token"
            )
        with self._lock:
            if len(self._keys) >= MAX_KEY_SETS:
                self._keys.clear()
            self._keys[jwks_uri] = (time.monotonic() + METADATA_LIFETIME, keys)
            self._lacking.pop(jwks_uri, None)
        return keys

    def _known(self, jwks_uri: str) -> list[jwskate.Jwk] | None:
        with self._lock:
            known = self._keys.get(jwks_uri)
        return known[1] if known and time.monotonic() < known[0] else None

    def keys_at_hand(self, jwks_uri: str, fetch_anew: bool) -> list[jwskate.Jwk]:
        """The same for a refresh, which goes on without them: one waits for keys that do not come, and not
        each after it."""
        if not fetch_anew and (known := self._known(jwks_uri)):
            return known
        with self._lock:
            is_lacking = time.monotonic() < self._lacking.get(jwks_uri, 0.0)
        if is_lacking:
            raise PolicyError(f"The keys of {host_of(self.profile.issuer)} do not come.", reason="id_token")
        try:
            return self.public_keys(jwks_uri, fetch_anew)
        except AuthError:
            with self._lock:
                if len(self._lacking) >= MAX_KEY_SETS:
                    self._lacking.clear()
                self._lacking[jwks_uri] = time.monotonic() + LACKING
            raise

    def userinfo(self, metadata: ProviderMetadata, access_token: Secret) -> dict[str, Any] | None:
        """Who signed in, where the flow gave no id token (OpenID Connect Core §5.3); None if unknown."""
        if metadata.userinfo_endpoint is None:
            return None
        headers = {"Authorization": f"Bearer {access_token.reveal()}"}
        try:
            claims = self.get_json(metadata.userinfo_endpoint, headers)
        except AuthError:
            return None
        for name, there in self.profile.quirks.get("claims", {}).items():
            if isinstance(claims.get(there), str | int):
                claims[name] = str(claims[there])
        return portable_claims(claims) if is_subject(claims.get("sub")) else None

    def get_json(self, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The JSON object at ``url``; anything else is a ``TransportError``."""
        response = self.get(url, headers)
        body = json_object(response)
        if response.status_code != 200 or body is None:
            raise broken_answer(response, host_of(self.profile.issuer))
        return body

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> requests.Response:
        """What is at ``url``."""
        asked = {"Accept": "application/json", **(headers or {})}
        return fetch(self.profile.issuer, lambda: self._session.get(url, headers=asked))

    def _no_discovery(self, response: requests.Response) -> AuthError:
        """A 404 is an answer and says that there is none; what may pass is worth another try."""
        issuer = self.profile.issuer
        if not 400 <= response.status_code < 500 or isinstance(refusal(response, issuer), TransportError):
            return broken_answer(response, host_of(issuer))
        return ProfileError(
            f"{host_of(issuer)} has no OpenID configuration at this issuer (HTTP {response.status_code}).",
            reason="no_discovery",
            hint=f"Check the issuer of profile {self.profile.name!r}: {issuer}",
        )


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(entry for entry in value if isinstance(entry, str)) if isinstance(value, list) else ()

"""Any OpenID provider, on ``requests_oauth2client``: the library builds and authenticates every request,
``answers`` reads what comes back."""

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jwskate
import requests
from requests_oauth2client import OAuth2Client

from jupyter_auth.core.errors import AuthError, PolicyError, ProfileError, TransportError
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.reports import Outcome
from jupyter_auth.core.secret import Secret
from jupyter_auth.core.text import clean
from jupyter_auth.core.urls import host_of, is_safe_endpoint
from jupyter_auth.providers.answers import (
    broken_answer,
    read_device_authorization,
    read_token_response,
    refusal,
    revocation_outcome,
)
from jupyter_auth.providers.base import DeviceAuthorization, NotYet, ProviderMetadata, TokenResponse
from jupyter_auth.providers.client_auth import client_authentication
from jupyter_auth.providers.idtoken import is_subject, portable_claims, read_keys, validated_claims
from jupyter_auth.providers.transport import ProviderSession, fetch, json_object

METADATA_LIFETIME = 3600.0  # seconds for which discovery is believed
_ENDPOINTS = (
    "token_endpoint",
    "device_authorization_endpoint",
    "revocation_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
)


class _Client(OAuth2Client):
    """The library's client with answers read by our own rules: it hands responses back as they came."""

    def parse_token_response(self, response: requests.Response, **_: Any) -> Any:
        return response

    on_token_error = parse_token_response
    parse_device_authorization_response = parse_token_response
    on_device_authorization_error = parse_token_response
    parse_revocation_response = parse_token_response
    on_revocation_error = parse_token_response


class OidcEngine:
    """The engine for provider ``oidc``. Thread-safe; remembers endpoints and public keys only."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._session = ProviderSession(ca_bundle=profile.ca_bundle, proxies=profile.proxies)
        self._lock = threading.Lock()
        self._metadata: tuple[float, ProviderMetadata] | None = None
        self._keys: tuple[float, list[jwskate.Jwk]] | None = None

    # -- discovery ------------------------------------------------------------------------------

    def discover(self) -> ProviderMetadata:
        """OpenID Connect Discovery §4, with issuer equality (§4.3)."""
        with self._lock:
            if self._metadata and time.monotonic() < self._metadata[0]:
                return self._metadata[1]
        issuer = self.profile.issuer
        response = self._get(issuer.rstrip("/") + "/.well-known/openid-configuration")
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
        metadata = self._read_metadata(document)
        with self._lock:
            self._metadata = (time.monotonic() + METADATA_LIFETIME, metadata)
        return metadata

    def _read_metadata(self, document: Mapping[str, Any]) -> ProviderMetadata:
        issuer = self.profile.issuer
        endpoints = {name: document[name] for name in _ENDPOINTS if document.get(name)}
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
        return ProviderMetadata(issuer=issuer, **endpoints)

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

    def _get(self, url: str, headers: Mapping[str, str] | None = None) -> requests.Response:
        asked = {"Accept": "application/json", **(headers or {})}
        return fetch(self.profile.issuer, lambda: self._session.get(url, headers=asked))

    def _get_json(self, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        response = self._get(url, headers)
        body = json_object(response)
        if response.status_code != 200 or body is None:
            raise broken_answer(response, host_of(self.profile.issuer))
        return body

    # -- the grants -----------------------------------------------------------------------------

    def start_device(
        self, scopes: tuple[str, ...], resources: tuple[str, ...], extra: Mapping[str, str]
    ) -> DeviceAuthorization:
        """RFC 8628 §3.1."""
        metadata = self.discover()
        if metadata.device_authorization_endpoint is None:
            raise PolicyError(
                f"{host_of(metadata.issuer)} does not offer sign-in with a code.",
                reason="no_device_flow",
                hint="Ask its administrator to enable the device authorization grant for this client, and to "
                "name its endpoint in the discovery document.",
            )
        if metadata.jwks_uri and "openid" in scopes:
            self._public_keys(metadata.jwks_uri, False)  # fail before the person types, not after
        fields: dict[str, Any] = dict(extra)
        for resource in resources:
            name, _, value = resource.partition(":")
            fields[name] = [*fields.get(name, ()), value]
        client: Any = self._client(metadata)
        response = fetch(
            self.profile.issuer, lambda: client.authorize_device(scope=" ".join(scopes), **fields)
        )
        return read_device_authorization(response, self.profile.issuer)

    def poll_device(self, device_code: Secret) -> TokenResponse:
        """RFC 8628 §3.4, once. A code is never sent again after an answer that redeemed it."""
        metadata = self.discover()
        client: Any = self._client(metadata)
        response = fetch(
            self.profile.issuer, lambda: client.device_code(device_code.reveal(), **self._target())
        )
        answer, id_token = read_token_response(response, self.profile.issuer)
        try:
            claims = self._claims(id_token, metadata) if id_token else self._userinfo(answer, metadata)
        except AuthError as problem:
            if answer.refresh_token is not None:
                self.revoke(answer.refresh_token, "refresh_token")  # nothing of this sign-in is kept
            if isinstance(problem, TransportError):
                problem.retryable = False  # the keys may come back, but the code has been redeemed
            raise
        return replace(answer, claims=claims)

    def refresh(
        self, refresh_token: Secret, scopes: tuple[str, ...], extra: Mapping[str, str]
    ) -> TokenResponse:
        """RFC 6749 §6. A new id token that does not validate is left out: failing here would lose the
        rotated refresh token."""
        metadata = self.discover()
        fields: dict[str, Any] = {**self._target(), **extra}
        client: Any = self._client(metadata)
        response = fetch(
            self.profile.issuer,
            lambda: client.refresh_token(refresh_token.reveal(), scope=" ".join(scopes) or None, **fields),
        )
        try:
            answer, id_token = read_token_response(response, self.profile.issuer)
        except NotYet:
            raise broken_answer(response, host_of(self.profile.issuer)) from None
        try:
            claims = self._claims(id_token, metadata) if id_token else None
        except AuthError:
            claims = None
        return replace(answer, claims=claims)

    def revoke(self, token: Secret, token_type_hint: str) -> Outcome:
        """RFC 7009."""
        try:
            metadata = self.discover()
            if metadata.revocation_endpoint is None:
                return "unsupported"
            client: Any = self._client(metadata)
            response = fetch(
                self.profile.issuer,
                lambda: client.revoke_token(token.reveal(), token_type_hint=token_type_hint),
            )
        except AuthError:
            return "failed"
        return revocation_outcome(response)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    # -- inside ---------------------------------------------------------------------------------

    def _client(self, metadata: ProviderMetadata) -> _Client:
        """A client for these endpoints. ``testing`` switches off the library's own check of them: they
        have passed ``is_safe_endpoint``, which knows loopback issuers."""
        return _Client(
            token_endpoint=metadata.token_endpoint,
            device_authorization_endpoint=metadata.device_authorization_endpoint,
            revocation_endpoint=metadata.revocation_endpoint,
            auth=client_authentication(self.profile),
            session=self._session,
            testing=True,
        )

    def _target(self) -> dict[str, str]:
        """RFC 8707 ``resource``, or the older ``audience``."""
        if self.profile.resource:
            return {"resource": self.profile.resource}
        return {"audience": self.profile.audience} if self.profile.audience else {}

    def _claims(self, id_token: str, metadata: ProviderMetadata) -> dict[str, Any]:
        jwks_uri = metadata.jwks_uri
        if jwks_uri is None:
            raise PolicyError("The provider signs id tokens but announces no keys.", reason="id_token")
        return validated_claims(
            id_token,
            issuer=metadata.issuer,
            client_id=self.profile.client_id,
            keys=lambda fetch_anew: self._public_keys(jwks_uri, fetch_anew),
        )

    def _public_keys(self, jwks_uri: str, fetch_anew: bool) -> list[jwskate.Jwk]:
        with self._lock:
            known = self._keys
        if known and not fetch_anew and time.monotonic() < known[0]:
            return known[1]
        keys = read_keys(self._get_json(jwks_uri))
        if not keys:
            raise PolicyError(
                f"The keys of {host_of(self.profile.issuer)} cannot be read.", reason="id_token"
            )
        with self._lock:
            self._keys = (time.monotonic() + METADATA_LIFETIME, keys)
        return keys

    def _userinfo(self, answer: TokenResponse, metadata: ProviderMetadata) -> dict[str, Any] | None:
        """Who signed in, where the flow gave no id token (OpenID Connect Core §5.3); None if unknown."""
        if metadata.userinfo_endpoint is None:
            return None
        headers = {"Authorization": f"Bearer {answer.access_token.reveal()}"}
        try:
            claims = self._get_json(metadata.userinfo_endpoint, headers)
        except AuthError:
            return None
        return portable_claims(claims) if is_subject(claims.get("sub")) else None

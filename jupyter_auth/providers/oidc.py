"""Any OpenID provider, on ``requests_oauth2client``: the library builds and authenticates every request,
``answers`` reads what comes back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import jwskate
import requests
from requests_oauth2client import PublicApp

from jupyter_auth.core.errors import AuthError, OAuthError, PolicyError, TransportError
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.reports import Outcome
from jupyter_auth.core.secret import Secret
from jupyter_auth.core.urls import host_of
from jupyter_auth.providers.answers import (
    broken_answer,
    read_device_authorization,
    read_token_response,
    revocation_outcome,
)
from jupyter_auth.providers.at_hand import KeysAtHand, checked
from jupyter_auth.providers.base import (
    NOTHING,
    CodeAuthorization,
    DeviceAuthorization,
    NotYet,
    ProviderMetadata,
    TokenResponse,
)
from jupyter_auth.providers.callback import code_of
from jupyter_auth.providers.code_request import authorization_request
from jupyter_auth.providers.discovery import Discovery
from jupyter_auth.providers.idtoken import Keys, validated_claims
from jupyter_auth.providers.oauth_client import make_client
from jupyter_auth.providers.quirks import completed, in_standard_words
from jupyter_auth.providers.transport import ProviderSession, fetch


class OidcEngine:
    """The engine for provider ``oidc``. Thread-safe; remembers endpoints and public keys only."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._session = ProviderSession(ca_bundle=profile.ca_bundle, proxies=profile.proxies)
        self._discovery = Discovery(profile, self._session)

    def discover(self) -> ProviderMetadata:
        """OpenID Connect Discovery §4, believed for an hour."""
        return self._discovery.metadata()

    # -- a person signs in ------------------------------------------------------------------------

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
        self._fetch_keys(metadata, scopes)
        fields = self._fields(resources, extra)
        client = self._client(metadata)
        response = self._send(lambda: client.authorize_device(scope=" ".join(scopes), **fields))
        return read_device_authorization(response, self.profile.issuer)

    def poll_device(self, device_code: Secret, extra: Mapping[str, str] = NOTHING) -> TokenResponse:
        """RFC 8628 §3.4, once. A code is never sent again after an answer that redeemed it."""
        metadata = self.discover()
        client = self._client(metadata)
        response = self._send(lambda: client.device_code(device_code.reveal(), **self._target()))
        answer, id_token = self._read_answer(response)
        return self._signed_in(answer, id_token, metadata)

    def start_code(
        self,
        scopes: tuple[str, ...],
        resources: tuple[str, ...],
        extra: Mapping[str, str],
        *,
        redirect_uri: str,
        state: Secret,
    ) -> CodeAuthorization:
        """RFC 6749 §4.1.1 with PKCE (RFC 7636); pushed (RFC 9126) where the provider requires it."""
        metadata = self.discover()
        if metadata.authorization_endpoint is None:
            raise PolicyError(
                f"{host_of(metadata.issuer)} does not offer sign-in with a browser redirect.",
                reason="no_code_flow",
                hint="Use flow='device_code' if the provider offers that.",
            )
        self._fetch_keys(metadata, scopes)
        return authorization_request(
            self._client(metadata),
            metadata,
            scopes,
            {**self.profile.quirks.get("authorization_parameters", {}), **self._fields(resources, extra)},
            redirect_uri=redirect_uri,
            state=state,
        )

    def finish_code(self, started: CodeAuthorization, answer: Mapping[str, str]) -> TokenResponse:
        """RFC 6749 §4.1.3, once: an answer that did not come is no reason to send the code again."""
        metadata = self.discover()
        code = code_of(
            started,
            answer,
            issuer=metadata.issuer,
            names_issuer=metadata.authorization_response_iss_parameter_supported,
        )
        fields = self._target() | {
            "redirect_uri": started.redirect_uri,
            "code_verifier": started.code_verifier.reveal(),
        }
        client = self._client(metadata)
        try:
            response = self._send(lambda: client.authorization_code(code.reveal(), validate=False, **fields))
            given, id_token = self._read(response)
        except TransportError as problem:
            problem.retryable = False  # it may have been redeemed
            raise
        return self._signed_in(given, id_token, metadata, started)

    # -- nobody is there --------------------------------------------------------------------------

    def refresh(
        self, refresh_token: Secret, scopes: tuple[str, ...], extra: Mapping[str, str]
    ) -> TokenResponse:
        """RFC 6749 §6. A new id token that does not validate is left out: failing here would lose the
        rotated refresh token, and so would waiting for keys (``at_hand``)."""
        metadata = self.discover()
        fields = self._target() | self._fields((), extra)
        client = self._client(metadata)
        keys = KeysAtHand(self._keys(metadata, of_refresh=True), wanted="openid" in scopes)
        response = self._send(
            lambda: client.refresh_token(refresh_token.reveal(), scope=" ".join(scopes) or None, **fields)
        )
        answer, id_token = self._read(response)
        return checked(keys, lambda keys: self._with_claims(answer, id_token, metadata, keys))

    def client_credentials(
        self, scopes: tuple[str, ...], resources: tuple[str, ...], extra: Mapping[str, str]
    ) -> TokenResponse:
        """RFC 6749 §4.4."""
        metadata = self.discover()
        client = self._client(metadata)
        if isinstance(client.auth, PublicApp):
            raise PolicyError(
                f"Profile {self.profile.name!r} has no secret, certificate or assertion of its own.",
                reason="no_client_credentials",
                hint="Set client_secret_file, client_certificate_file with client_key_file, or "
                "client_assertion_file in the profile.",
            )
        fields = self._fields(resources, extra)
        response = self._send(lambda: client.client_credentials(scope=" ".join(scopes) or None, **fields))
        answer, _ = self._read(response, "no_client_credentials")
        return replace(answer, refresh_token=None)  # RFC 6749 §4.4.3: there should be none

    def exchange(
        self, assertion: Secret, scopes: tuple[str, ...], resources: tuple[str, ...], extra: Mapping[str, str]
    ) -> TokenResponse:
        """RFC 8693 §2.1."""
        metadata = self.discover()
        fields = {"subject_token_type": "access_token", **self._fields(resources, extra)}
        if scopes:
            fields["scope"] = " ".join(scopes)
        client = self._client(metadata)
        response = self._send(lambda: client.token_exchange(subject_token=assertion.reveal(), **fields))
        answer, id_token = self._read(response, "no_exchange")
        return self._with_claims(answer, id_token, metadata, self._keys(metadata))

    def revoke(self, token: Secret, token_type_hint: str) -> Outcome:
        """RFC 7009."""
        try:
            metadata = self.discover()
            if metadata.revocation_endpoint is None:
                return "unsupported"
            client = self._client(metadata)
            response = self._send(
                lambda: client.revoke_token(token.reveal(), token_type_hint=token_type_hint)
            )
        except AuthError:
            return "failed"
        return revocation_outcome(response)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    # -- inside ---------------------------------------------------------------------------------

    def _client(self, metadata: ProviderMetadata) -> Any:
        return make_client(self.profile, metadata, self._session)

    def _send(self, send: Callable[[], requests.Response]) -> requests.Response:
        return fetch(self.profile.issuer, send)

    def _read_answer(self, response: requests.Response) -> tuple[TokenResponse, str | None]:
        try:
            answer, id_token = read_token_response(response, self.profile.issuer)
        except OAuthError as refused:
            raise in_standard_words(refused, self.profile.quirks) from None
        return completed(answer, self.profile.quirks), id_token

    def _read(self, response: requests.Response, verb: str = "") -> tuple[TokenResponse, str | None]:
        """An answer that has nothing to wait for. ``verb`` is the reason where the provider cannot do it."""
        host = host_of(self.profile.issuer)
        try:
            return self._read_answer(response)
        except NotYet:
            raise broken_answer(response, host) from None
        except OAuthError as refused:
            if not verb or refused.error != "unsupported_grant_type":
                raise
            raise PolicyError(
                f"{host} does not offer that.", reason=verb, hint="Ask its administrator to enable the grant."
            ) from None

    def _fields(self, resources: tuple[str, ...], extra: Mapping[str, str]) -> dict[str, Any]:
        if "tenant" in extra:
            raise PolicyError(f"Profile {self.profile.name!r} has no tenants.", reason="no_tenants")
        fields: dict[str, Any] = dict(extra)
        for resource in resources:
            name, _, value = resource.partition(":")
            fields[name] = [*fields.get(name, ()), value]
        return fields

    def _target(self) -> dict[str, str]:
        """RFC 8707 ``resource``, or the older ``audience``."""
        if self.profile.resource:
            return {"resource": self.profile.resource}
        return {"audience": self.profile.audience} if self.profile.audience else {}

    def _fetch_keys(self, metadata: ProviderMetadata, scopes: tuple[str, ...]) -> None:
        if metadata.jwks_uri and "openid" in scopes:
            self._discovery.public_keys(metadata.jwks_uri, False)  # fail before the person types, not after

    def _signed_in(
        self,
        answer: TokenResponse,
        id_token: str | None,
        metadata: ProviderMetadata,
        started: CodeAuthorization | None = None,
    ) -> TokenResponse:
        """With who signed in. Where that cannot be believed, nothing of the sign-in is kept."""
        try:
            if id_token:
                nonce = started.nonce if started is not None and "openid" in started.scopes else None
                claims: dict[str, Any] | None = self._claims(id_token, metadata, self._keys(metadata), nonce)
            elif started is not None and "openid" in (answer.scope or started.scopes):
                # OpenID Connect Core §3.1.3.3: required; without it nothing shows whose answer this is
                raise PolicyError(f"{host_of(metadata.issuer)} sent no id token.", reason="id_token")
            else:
                claims = self._discovery.userinfo(metadata, answer.access_token)
        except AuthError as problem:
            if answer.refresh_token is not None:
                self.revoke(answer.refresh_token, "refresh_token")
            if isinstance(problem, TransportError):
                problem.retryable = False  # the keys may come back, but the code has been redeemed
            raise
        return replace(answer, claims=claims)

    def _with_claims(
        self, answer: TokenResponse, id_token: str | None, metadata: ProviderMetadata, keys: Keys
    ) -> TokenResponse:
        try:
            claims = self._claims(id_token, metadata, keys) if id_token else None
        except AuthError:
            claims = None
        return replace(answer, claims=claims)

    def _claims(
        self, id_token: str, metadata: ProviderMetadata, keys: Keys, nonce: Secret | None = None
    ) -> dict[str, Any]:
        return validated_claims(
            id_token, issuer=metadata.issuer, client_id=self.profile.client_id, keys=keys, nonce=nonce
        )

    def _keys(self, metadata: ProviderMetadata, *, of_refresh: bool = False) -> Keys:
        ask = self._discovery.keys_at_hand if of_refresh else self._discovery.public_keys

        def keys(fetch_anew: bool) -> Sequence[jwskate.Jwk]:
            if metadata.jwks_uri is None:
                raise PolicyError("The provider signs id tokens but announces no keys.", reason="id_token")
            return ask(metadata.jwks_uri, fetch_anew)

        return keys

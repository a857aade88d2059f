"""Microsoft Entra ID on ``msal``, as a stateless engine: msal makes every request, ``answers`` reads what
comes back."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from requests_oauth2client import PublicApp

from jupyter_auth.core.authority import Authority, read_authority
from jupyter_auth.core.errors import AuthError, OAuthError, PolicyError, TransportError
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.reports import Outcome
from jupyter_auth.core.scopes import RESERVED
from jupyter_auth.core.secret import Secret
from jupyter_auth.core.urls import host_of
from jupyter_auth.providers.aadsts import codes_in, explain
from jupyter_auth.providers.answers import read_device_authorization
from jupyter_auth.providers.at_hand import KeysAtHand, checked
from jupyter_auth.providers.base import (
    NOTHING,
    CodeAuthorization,
    DeviceAuthorization,
    ProviderMetadata,
    TokenResponse,
)
from jupyter_auth.providers.callback import code_of
from jupyter_auth.providers.code_request import authorization_request
from jupyter_auth.providers.discovery import Discovery
from jupyter_auth.providers.entra_answers import home_account_id, issuer_of, keys_of, validated
from jupyter_auth.providers.entra_call import EntraCall
from jupyter_auth.providers.entra_client import challenge_of, with_capabilities
from jupyter_auth.providers.idtoken import Keys
from jupyter_auth.providers.msal_wire import Documents
from jupyter_auth.providers.oauth_client import make_client
from jupyter_auth.providers.transport import ProviderSession

_SIGN_IN_FIELDS = ("login_hint", "prompt", "max_age")
_ORDERED_SCOPES = tuple(sorted(RESERVED))


class EntraEngine:
    """The engine for provider ``entra``. Thread-safe; remembers endpoints and public keys only."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._authority = read_authority(profile.issuer)
        self._session = ProviderSession(ca_bundle=profile.ca_bundle, proxies=profile.proxies)
        self._discovery = Discovery(profile, self._session)
        self._documents = Documents()

    def discover(self) -> ProviderMetadata:
        """The authority's endpoints; its ``issuer`` is the authority."""
        call = self._at(self._authority)
        call.run(lambda app: None)
        return self._discovery.read(call.wire.document)

    # -- a person signs in ------------------------------------------------------------------------

    def start_device(
        self, scopes: tuple[str, ...], resources: tuple[str, ...], extra: Mapping[str, str]
    ) -> DeviceAuthorization:
        """``PublicClientApplication.initiate_device_flow``."""
        call = self._call(extra, by_device=True)
        metadata = self._metadata(call)
        if metadata.device_authorization_endpoint is None:
            raise PolicyError(
                f"{host_of(self.profile.issuer)} does not offer sign-in with a code.",
                reason="no_device_flow",
                hint="B2C tenants have none: use flow='authorization_code'.",
            )
        claims = challenge_of(extra)
        call.run(lambda app: app.initiate_device_flow(_own(scopes), claims_challenge=claims))
        return read_device_authorization(call.answer, self.profile.issuer)

    def poll_device(self, device_code: Secret, extra: Mapping[str, str] = NOTHING) -> TokenResponse:
        """``acquire_token_by_device_flow``, one round: what is pending leaves msal's loop as ``NotYet``."""
        call = self._call(extra, by_device=True)
        claims = challenge_of(extra)
        flow = {"device_code": device_code.reveal(), "interval": 1}
        call.run(lambda app: app.acquire_token_by_device_flow(flow, claims_challenge=claims))
        return self._signed_in(call)

    def start_code(
        self,
        scopes: tuple[str, ...],
        resources: tuple[str, ...],
        extra: Mapping[str, str],
        *,
        redirect_uri: str,
        state: Secret,
    ) -> CodeAuthorization:
        """As ``initiate_auth_code_flow`` asks. It is not called: it warns each time that a callback by GET,
        which this server needs, is second best."""
        if "acr_values" in extra:
            raise PolicyError(
                "Entra knows no acr_values.",
                reason="no_acr_values",
                hint='Ask with a claims challenge: {"id_token": {"acrs": {"values": ["c1"]}}}.',
            )
        call = self._call(extra)
        metadata = self._metadata(call)
        fields = {name: extra[name] for name in _SIGN_IN_FIELDS if name in extra}
        fields |= {"client_info": "1", "claims": with_capabilities(challenge_of(extra))}
        if "login_hint" in fields:
            fields["X-AnchorMailbox"] = f"UPN:{fields['login_hint']}"  # routes to the person's region
        client = make_client(self.profile, metadata, self._session, auth=PublicApp(self.profile.client_id))
        asked = tuple(sorted({*_own(scopes), *_ORDERED_SCOPES}))
        return authorization_request(client, metadata, asked, fields, redirect_uri=redirect_uri, state=state)

    def finish_code(self, started: CodeAuthorization, answer: Mapping[str, str]) -> TokenResponse:
        """``acquire_token_by_auth_code_flow``, after our own judgement of the callback."""
        asked = urlsplit(started.authorization_uri)
        call = self._call_that_asked(asked)
        metadata = self._metadata(call)
        named = metadata.authorization_response_iss_parameter_supported
        try:
            issuer = issuer_of(call.wire.document, tid_of_issuer=answer.get("iss"))
            code = code_of(started, answer, issuer=issuer, names_issuer=named)
        except OAuthError as refused:
            explain(refused, codes_in(answer))
            raise
        state = started.state.reveal()
        flow = {
            "state": state,
            "redirect_uri": started.redirect_uri,
            "scope": list(started.scopes),
            "code_verifier": started.code_verifier.reveal(),
            "claims_challenge": parse_qs(asked.query).get("claims", [None])[0],
        }
        redeemed = {"state": state, "code": code.reveal()}
        try:
            call.run(lambda app: app.acquire_token_by_auth_code_flow(flow, redeemed))
        except TransportError as problem:
            problem.retryable = False  # the code may have been redeemed
            raise
        return self._signed_in(call, started.nonce)

    # -- nobody is there --------------------------------------------------------------------------

    def refresh(
        self, refresh_token: Secret, scopes: tuple[str, ...], extra: Mapping[str, str]
    ) -> TokenResponse:
        """``acquire_token_by_refresh_token``, at the tenant that ``extra`` names, or the profile's."""
        call = self._call(extra)
        data = {"claims": with_capabilities(challenge_of(extra))}
        at_hand: list[KeysAtHand] = []

        def ask(app: Any) -> None:
            # msal has the tenant's endpoints by now
            at_hand.append(KeysAtHand(keys_of(call.wire.document, self._discovery.keys_at_hand)))
            app.acquire_token_by_refresh_token(refresh_token.reveal(), _own(scopes), data=data)

        call.run(ask)
        return checked(at_hand[0], lambda keys: self._with_claims(call, keys))

    def client_credentials(
        self, scopes: tuple[str, ...], resources: tuple[str, ...], extra: Mapping[str, str]
    ) -> TokenResponse:
        """``ConfidentialClientApplication.acquire_token_for_client``."""
        self._need_credentials("no_client_credentials", scopes)
        call = self._call(extra)
        if call.authority.is_shared:
            raise PolicyError(
                f"An application's own tokens come from one tenant, not from {call.authority.tenant!r}.",
                reason="tenant_needed",
                hint="Give the tenant in the profile, or tenant= in the call.",
            )
        claims = challenge_of(extra)
        call.run(lambda app: app.acquire_token_for_client(_own(scopes), claims_challenge=claims))
        answer, _ = call.read()
        return replace(answer, refresh_token=None, realm=call.authority.tenant)

    def exchange(
        self, assertion: Secret, scopes: tuple[str, ...], resources: tuple[str, ...], extra: Mapping[str, str]
    ) -> TokenResponse:
        """``ConfidentialClientApplication.acquire_token_on_behalf_of``."""
        self._need_credentials("no_exchange", scopes)
        call = self._call(extra)
        claims = challenge_of(extra)
        call.run(
            lambda app: app.acquire_token_on_behalf_of(
                assertion.reveal(), _own(scopes), claims_challenge=claims
            )
        )
        return self._with_claims(call, self._keys(call))

    def revoke(self, token: Secret, token_type_hint: str) -> Outcome:
        """Entra has no revocation endpoint (RFC 7009)."""
        return "unsupported"

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    # -- inside ---------------------------------------------------------------------------------

    def _call(self, extra: Mapping[str, str], *, by_device: bool = False) -> EntraCall:
        tenant = extra.get("tenant")
        authority = self._authority if tenant is None else self._at_tenant(tenant)
        return self._at(authority, by_device=by_device)

    def _at(self, authority: Authority, *, by_device: bool = False) -> EntraCall:
        return EntraCall(
            self.profile, authority, self._session, self._documents, self._discovery.read, by_device=by_device
        )

    def _at_tenant(self, tenant: str) -> Authority:
        try:
            authority = self._authority.with_tenant(tenant)
        except ValueError as problem:
            raise PolicyError(f"Not a tenant of this profile: {problem}.", reason="no_tenants") from None
        allowed = self.profile.policy.allowed_issuers
        # who allows a shared authority allows whatever tenant an account is at home in
        if allowed and authority.url not in allowed and not self._authority.is_shared:
            raise PolicyError(
                f"{authority.url} is not among the allowed_issuers that an administrator has set.",
                reason="issuer_not_allowed",
                hint="Leave tenant out, or ask the administrator to allow it.",
            )
        return authority

    def _call_that_asked(self, asked: SplitResult) -> EntraCall:
        """At the authority whose authorization endpoint that is; the address may name a tenant otherwise than
        the profile does, by its id."""
        call = self._at(self._authority)
        own = urlsplit(str(self._metadata(call).authorization_endpoint))
        if own.path != asked.path:
            call = self._at(self._at_tenant(asked.path.split("/")[1]))
        return call

    def _metadata(self, call: EntraCall) -> ProviderMetadata:
        call.run(lambda app: None)
        return self._discovery.read(call.wire.document)

    def _need_credentials(self, reason: str, scopes: tuple[str, ...]) -> None:
        if not self.profile.has_credentials:
            raise PolicyError(
                f"Profile {self.profile.name!r} has no secret, certificate or assertion of its own.",
                reason=reason,
                hint="Set client_secret_file, client_certificate_file with client_key_file, or "
                "client_assertion_file in the profile.",
            )
        if not _own(scopes):  # they alone say for which resource the token is
            raise PolicyError(
                "Entra gives an application no token without a scope.",
                reason="no_scopes",
                hint="Name the resource: scopes=['https://graph.microsoft.com/.default'].",
            )

    def _signed_in(self, call: EntraCall, nonce: Secret | None = None) -> TokenResponse:
        answer, id_token = call.read()
        if id_token is None:
            raise PolicyError(f"{host_of(self.profile.issuer)} sent no id token.", reason="id_token")
        try:
            return self._named(call, answer, self._claims(call, id_token, self._keys(call), nonce))
        except TransportError as problem:
            problem.retryable = False  # the keys may come back, but the code has been redeemed
            raise

    def _with_claims(self, call: EntraCall, keys: Keys) -> TokenResponse:
        """An id token that does not hold is left out: failing here would lose the rotated refresh token."""
        answer, id_token = call.read()
        try:
            claims = self._claims(call, id_token, keys) if id_token else None
        except AuthError:
            claims = None
        return self._named(call, answer, claims)

    def _named(self, call: EntraCall, answer: TokenResponse, claims: dict[str, Any] | None) -> TokenResponse:
        realm = str((claims or {}).get("tid") or "") or (
            "" if call.authority.is_shared else call.authority.tenant
        )
        return replace(answer, claims=claims, realm=realm, home_account_id=home_account_id(call.answer))

    def _claims(
        self, call: EntraCall, id_token: str, keys: Keys, nonce: Secret | None = None
    ) -> dict[str, Any]:
        return validated(id_token, call.wire.document, self.profile.client_id, keys, nonce)

    def _keys(self, call: EntraCall) -> Keys:
        return keys_of(call.wire.document, self._discovery.public_keys)


def _own(scopes: tuple[str, ...]) -> list[str]:
    """Without those that msal adds by itself and refuses from others."""
    return [scope for scope in scopes if scope not in RESERVED]

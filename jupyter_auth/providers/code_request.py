"""Making an authorization request (RFC 6749 §4.1.1), which the person's browser carries to the provider."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from requests_oauth2client import AuthorizationRequest, OAuth2Client

from jupyter_auth.core.errors import AuthError, PolicyError
from jupyter_auth.core.secret import Secret
from jupyter_auth.core.urls import host_of
from jupyter_auth.providers.answers import broken_answer, is_refusal, refusal
from jupyter_auth.providers.base import CodeAuthorization, ProviderMetadata
from jupyter_auth.providers.transport import fetch, json_object

MAX_URI = 8192  # characters that a browser and a proxy on its way still take


def authorization_request(
    client: OAuth2Client,
    metadata: ProviderMetadata,
    scopes: tuple[str, ...],
    more: Mapping[str, Any],
    *,
    redirect_uri: str,
    state: Secret,
) -> CodeAuthorization:
    """The request, with PKCE (S256) always, and a nonce. ``state`` must not be empty."""
    if not state:
        raise ValueError("a state is needed")
    fields: dict[str, Any] = dict(more)
    if "max_age" in fields:
        fields["max_age"] = int(fields["max_age"])
    nonce = AuthorizationRequest.generate_nonce()
    request = client.authorization_request(
        scope=scopes,
        redirect_uri=redirect_uri,
        state=state.reveal(),
        nonce=nonce if "openid" in scopes else None,
        **fields,
    )
    pushed = metadata.require_pushed_authorization_requests
    uri = _address(metadata, _pushed(client, metadata, request) if pushed else request.args)
    if len(uri) > MAX_URI:
        raise PolicyError(
            "The address for signing in would be too long for a browser.",
            reason="request_too_long",
            hint="Ask for fewer scopes or claims at once.",
        )
    return CodeAuthorization(
        authorization_uri=uri,
        redirect_uri=redirect_uri,
        state=state,
        nonce=Secret(nonce),
        code_verifier=Secret(str(request.code_verifier)),
        scopes=scopes,
    )


def _address(metadata: ProviderMetadata, parameters: Mapping[str, Any]) -> str:
    """The query that the endpoint itself has must be kept (RFC 6749 §3.1); the library would replace it."""
    endpoint = str(metadata.authorization_endpoint)
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(parameters, doseq=True)}"


def _pushed(
    client: OAuth2Client, metadata: ProviderMetadata, request: AuthorizationRequest
) -> dict[str, str]:
    """RFC 9126 §2: the request goes to the provider first, the browser carries a reference to it."""
    issuer = metadata.issuer
    host = host_of(issuer)
    if metadata.pushed_authorization_request_endpoint is None:
        raise PolicyError(
            f"{host} wants authorization requests pushed, and says not where.", reason="no_code_flow"
        )
    push: Any = client.pushed_authorization_request
    answer = fetch(issuer, lambda: push(request))
    body = json_object(answer)
    if body is None or is_refusal(answer, body):
        problem = refusal(answer, issuer)
        raise problem if isinstance(problem, AuthError) else broken_answer(answer, host)
    reference = body.get("request_uri")
    if not isinstance(reference, str) or not 0 < len(reference) <= 1024 or not reference.isprintable():
        raise broken_answer(answer, host)
    return {"client_id": client.client_id, "request_uri": reference}

"""What identity providers answer: right documents, and what hypothesis makes of them."""

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from tests.fuzz import values
from tests.fuzz.http_answers import ECHO

ORIGIN = "%ORIGIN%"  # in a document, for the provider's own address
SECRET = "%SECRET:{}%"  # in a document, for a canary of that kind

_TOKEN = {
    "access_token": SECRET.format("access_token"),
    "token_type": "Bearer",
    "expires_in": 3600,
    "refresh_in": 1800,
    "ext_expires_in": 3600,
    "refresh_token": SECRET.format("refresh_token"),
    "scope": "openid lake.read",
    "id_token": SECRET.format("id_token"),
    "client_info": "eyJ1aWQiOiJhIiwidXRpZCI6ImIifQ",
    "expires_on": "1900000000",
}
_REFUSAL = {
    "error": "invalid_grant",
    "error_description": f"AADSTS50078: your token {ECHO} is no good",
    "error_uri": f"https://idp.example/error?token={ECHO}",
    "error_codes": [50078],
    "suberror": "basic_action",
    "claims": '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}',
    "correlation_id": ECHO,
    "trace_id": ECHO,
    "timestamp": "2020-01-01 00:00:00Z",
}
_DISCOVERY = {
    "issuer": ORIGIN,
    "jwks_uri": f"{ORIGIN}/jwks",
    **{
        f"{name}_endpoint": f"{ORIGIN}/{path}"
        for name, path in (
            ("token", "token"),
            ("authorization", "authorize"),
            ("device_authorization", "device"),
            ("pushed_authorization_request", "par"),
            ("revocation", "revoke"),
            ("userinfo", "userinfo"),
            ("end_session", "end"),
        )
    },
    "grant_types_supported": ["refresh_token"],
    "token_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
    "require_pushed_authorization_requests": False,
    "authorization_response_iss_parameter_supported": True,
    "tenant_region_scope": "EU",
    "cloud_instance_name": "microsoftonline.com",
}
_DEVICE = {
    "device_code": SECRET.format("device_code"),
    "user_code": "ABCD-EFGH",
    "verification_uri": f"{ORIGIN}/activate",
    "verification_uri_complete": f"{ORIGIN}/activate?user_code=ABCD-EFGH",
    "verification_url": f"{ORIGIN}/activate",
    "expires_in": 600,
    "interval": 5,
    "message": "Go there",
}
_KEY = {
    "kty": "RSA",
    "kid": "a",
    "use": "sig",
    "alg": "RS256",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc",
    "e": "AQAB",
    "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    "x5c": ["MIIB"],
    "key_ops": ["verify"],
}
_KEY_VALUES = st.one_of(
    values.hostile,
    st.sampled_from(
        ["EC", "OKP", "oct", "RSA", "P-521", "Ed25519", "X25519", "ES256", "HS256", "none", "enc"]
    ),
    st.sampled_from(["A" * 4000, "_" * 100_000, "AQ", "", "AAAA", "gA"]),
)
_keys = st.lists(values.changed(_KEY, values=_KEY_VALUES), max_size=4).map(lambda keys: {"keys": keys})
_PERSON = {"sub": "ada", "preferred_username": "ada", "email": "ada@example.test", "name": "Ada", "id": 7}
_CODES = st.sampled_from(
    (
        *("authorization_pending", "slow_down", "expired_token", "access_denied", "invalid_grant"),
        *("invalid_client", "interaction_required", "temporarily_unavailable", "unsupported_token_type"),
        *("invalid_scope", "", None),
    )
)
_refusals = st.one_of(
    values.changed(_REFUSAL),
    _CODES.map(lambda code: {**_REFUSAL, "error": code}),
    _CODES.map(lambda c: {"error": c}),
)
DOCUMENTS: dict[str, st.SearchStrategy[Any]] = {
    "discovery": values.changed(_DISCOVERY),
    "jwks": st.one_of(_keys, _keys, values.changed({"keys": []})),
    "device_authorization": st.one_of(values.changed(_DEVICE), _refusals),
    "token": st.one_of(values.changed(_TOKEN), values.changed(_TOKEN), _refusals),
    "revocation": st.one_of(_refusals, st.just({})),
    "userinfo": st.one_of(values.changed(_PERSON), _refusals),
    "/par": st.one_of(values.changed({"request_uri": "urn:x:1", "expires_in": 60}), _refusals),
}
#: What is asked of an engine, and the endpoints that are asked for it.
CALLS: dict[str, tuple[str, ...]] = {
    "discover": ("discovery",),
    "start_device": ("discovery", "jwks", "device_authorization"),
    "poll_device": ("discovery", "jwks", "token", "token", "userinfo"),
    "start_code": ("discovery", "jwks", "/par"),
    "finish_code": ("discovery", "jwks", "token", "token"),
    "refresh": ("discovery", "jwks", "token", "token"),
    "client_credentials": ("token",),
    "exchange": ("token",),
    "revoke": ("discovery", "revocation"),
}


def _plain(document: Mapping[str, Any]) -> bytes:
    """A right document without its secrets, to be changed byte by byte: none comes to stand elsewhere."""
    return json.dumps({k: v for k, v in document.items() if "%" not in str(v) or ORIGIN in str(v)}).encode()


SEEDS = [_plain(found) for found in (_TOKEN, _REFUSAL, _DISCOVERY, _DEVICE, _PERSON, {"keys": [_KEY]})]

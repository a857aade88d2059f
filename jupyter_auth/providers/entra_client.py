"""An msal application for one call: its credentials, its authority, what it has to be told not to do."""

import json
from collections.abc import Mapping
from typing import Any

import msal
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from jupyter_auth.core.errors import PolicyError
from jupyter_auth.core.profile import Profile
from jupyter_auth.providers.client_auth import certificate_of
from jupyter_auth.providers.credential_files import client_secret, credential_file, missing

#: This client can handle claims challenges (continuous access evaluation).
CAPABILITIES = ["CP1"]


class NoCache(msal.TokenCache):  # type: ignore[misc]  # msal has no types
    """Takes nothing. msal's own logs at DEBUG what it takes, with the device code, the authorization code and
    its verifier that were sent for it."""

    def add(self, event: Any, now: Any = None) -> None:
        """Nothing."""


def make_app(profile: Profile, authority: str, http_client: Any, *, as_public: bool = False) -> Any:
    """An application of msal's that knows its endpoints by way of ``http_client``. ``as_public``: without the
    credentials that the profile may have."""
    credential = None if as_public else client_credential(profile)
    kind: Any = msal.PublicClientApplication if credential is None else msal.ConfidentialClientApplication
    return kind(
        profile.client_id,
        authority=authority,
        http_client=http_client,
        client_capabilities=CAPABILITIES,
        # the profile says which authority is trusted: Microsoft's public cloud is not asked about it
        instance_discovery=False,
        token_cache=NoCache(),
        **({} if credential is None else {"client_credential": credential, "azure_region": False}),
    )


def client_credential(profile: Profile) -> Any:
    """What msal calls ``client_credential``, read now. None for a public client."""
    if profile.client_assertion_file:
        return {"client_assertion": lambda: credential_file(profile, "client_assertion_file")}
    if profile.client_certificate_file:
        return {
            "private_key": _private_key(profile),
            "public_certificate": credential_file(profile, "client_certificate_file"),
        }
    return client_secret(profile)


def _private_key(profile: Profile) -> str:
    text = credential_file(profile, "client_key_file")
    public = certificate_of(profile).public_key()
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    try:
        own = load_pem_private_key(text.encode(), None).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):  # no PEM, or one with a password
        own = None
    if own is None:
        raise missing(profile, "client_key_file", "it holds no private key without a password")
    if own.public_bytes(*form) != public.public_bytes(*form):
        raise missing(profile, "client_key_file", "it is not the key of client_certificate_file")
    return text


def challenge_of(extra: Mapping[str, str]) -> str | None:
    """The claims challenge in ``extra``; raises ``PolicyError`` for what is none."""
    claims = extra.get("claims")
    try:
        if claims is None or isinstance(json.loads(claims), dict):
            return claims
    except (ValueError, RecursionError):
        pass
    raise PolicyError("The claims challenge is no JSON object.", reason="bad_claims")


def with_capabilities(claims: str | None) -> str:
    """``claims`` with what this client is capable of: msal adds that to every request but a refresh."""
    merged: dict[str, Any] = json.loads(claims) if claims else {}
    token = merged.get("access_token")
    merged["access_token"] = {
        **(token if isinstance(token, dict) else {}),
        "xms_cc": {"values": CAPABILITIES},
    }
    return json.dumps(merged)

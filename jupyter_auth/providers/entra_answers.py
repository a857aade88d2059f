"""What is Entra's own in an answer: ``client_info``, and an issuer that depends on the tenant."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import jwskate
import requests

from jupyter_auth.core.errors import PolicyError
from jupyter_auth.core.secret import Secret
from jupyter_auth.providers.idtoken import MAX_ID_TOKEN, Keys, validated_claims
from jupyter_auth.providers.transport import json_object

_TEMPLATE = "{tenantid}"  # in the issuer that shared authorities announce
_TENANT = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_PART = re.compile(r"[A-Za-z0-9_-]{1,128}")


def home_account_id(response: requests.Response) -> str:
    """``uid.utid`` of ``client_info`` (MSAL: the account's id over all tenants); empty where not usable."""
    raw = (json_object(response) or {}).get("client_info")
    if not isinstance(raw, str) or len(raw) > 4096:
        return ""
    try:
        info = json.loads(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
        parts = [info["uid"], info["utid"]]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    usable = all(isinstance(part, str) and _PART.fullmatch(part) for part in parts)
    return ".".join(parts) if usable else ""


def issuer_of(document: Mapping[str, Any], *, tid: object = None, tid_of_issuer: str | None = None) -> str:
    """The issuer of ``document``, for the tenant ``tid``, or for that of an ``iss`` that has its form."""
    template = str(document.get("issuer") or "")
    if _TEMPLATE not in template:
        return template
    if tid is None and tid_of_issuer is not None:
        before, _, after = template.partition(_TEMPLATE)
        middle = tid_of_issuer.removeprefix(before).removesuffix(after)
        tid = middle if before + middle + after == tid_of_issuer else None
    return template.replace(_TEMPLATE, tid) if isinstance(tid, str) and _TENANT.fullmatch(tid) else template


def validated(
    id_token: str,
    document: Mapping[str, Any],
    client_id: str,
    keys: Keys,
    nonce: Secret | None,
) -> dict[str, Any]:
    """The claims of ``id_token``, checked as any provider's: msal itself checks none of them."""
    try:
        named: Any = jwskate.SignedJwt(id_token, max_size=MAX_ID_TOKEN).claims
        tid = named.get("tid") if isinstance(named, dict) else None
    except (ValueError, TypeError, RecursionError):  # what it says quotes the token
        tid = None
    return validated_claims(
        id_token,
        issuer=issuer_of(document, tid=tid),
        client_id=client_id,
        keys=keys,
        nonce=nonce,
    )


def keys_of(document: Mapping[str, Any], public_keys: Callable[[str, bool], list[jwskate.Jwk]]) -> Keys:
    """The keys that ``document`` announces."""

    def keys(fetch_anew: bool) -> list[jwskate.Jwk]:
        jwks_uri = document.get("jwks_uri")
        if not isinstance(jwks_uri, str):
            raise PolicyError("The provider signs id tokens but announces no keys.", reason="id_token")
        return public_keys(jwks_uri, fetch_anew)

    return keys

"""What a resource demands with a 401, as arguments of ``get_token``."""

import base64
import binascii
import json
import re
from typing import Any
from urllib.request import parse_http_list

_BEARER = re.compile(r"(?:^|,)\s*Bearer\s+", re.IGNORECASE)
_MAX = {"claims": 8192, "acr_values": 512, "max_age": 10}  # characters


def renewal(status: int, header: str) -> dict[str, Any] | None:
    """How to ask for the token of a second try, from an answer's status and ``WWW-Authenticate``; None where
    the answer stands (RFC 6750 §3.1: 401 says that the token is no good, or not enough)."""
    if status != 401:
        return None
    return demanded(header) or {"force_refresh": True}


def demanded(header: str) -> dict[str, Any]:
    """The step-up that ``WWW-Authenticate`` asks for; empty where it asks for none that can be understood.

    ``insufficient_claims`` with base64 JSON in ``claims`` is Entra's claims challenge (continuous access
    evaluation); ``insufficient_user_authentication`` with ``acr_values`` or ``max_age`` is RFC 9470 §3.
    """
    for challenge in _BEARER.split(header)[1:]:
        said = _parameters(challenge)
        error = said.get("error")
        if error == "insufficient_claims":
            claims = _claims(said.get("claims") or "")
            return {"claims_challenge": claims} if claims else {}
        if error == "insufficient_user_authentication":
            return _authentication(said.get("acr_values") or "", said.get("max_age") or "")
    return {}


def _parameters(challenge: str) -> dict[str, str]:
    """``name=value`` and ``name="value"`` (RFC 9110 §11.2)."""
    said = {}
    for item in parse_http_list(challenge):
        name, _, value = item.partition("=")
        is_quoted = len(value) > 1 and value[0] == value[-1] == '"'
        said[name.strip()] = value[1:-1] if is_quoted else value
    return said


def _claims(encoded: str) -> str | None:
    if len(encoded) > _MAX["claims"]:
        return None
    plain = encoded.rstrip("=").replace("+", "-").replace("/", "_")
    try:
        text = base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4)).decode("utf-8")
        return json.dumps(value) if isinstance(value := json.loads(text), dict) else None
    except (binascii.Error, ValueError, RecursionError):
        return None


def _authentication(acr_values: str, max_age: str) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    if 0 < len(acr_values) <= _MAX["acr_values"] and acr_values.isprintable():
        wanted["acr_values"] = acr_values
    if max_age.isascii() and max_age.isdigit() and len(max_age) <= _MAX["max_age"]:
        wanted["max_age"] = int(max_age)
    return wanted

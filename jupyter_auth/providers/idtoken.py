"""Validating an id token (OpenID Connect Core §3.1.3.7) with jwskate's keys and signatures."""

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jwskate

from jupyter_auth.core.errors import PolicyError
from jupyter_auth.core.known import note
from jupyter_auth.core.secret import Secret
from jupyter_auth.core.urls import host_of

#: Signature algorithms accepted at all: no ``none``, nothing symmetric.
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
CLOCK_SKEW = 600  # seconds of difference between this clock and the provider's that are forgiven
MIN_RSA = 2048  # bits
MAX_ID_TOKEN = 128 * 1024  # characters
MAX_CLAIMS = 16 * 1024  # characters of JSON that are kept: they travel to kernels with every token
MAX_DEPTH = 8
_ALWAYS_KEPT = ("sub", "preferred_username", "upn", "email", "name")

Keys = Callable[[bool], Sequence[jwskate.Jwk]]
"""Gives the provider's keys; called with True to fetch them anew."""


def validated_claims(
    raw: str,
    *,
    issuer: str,
    client_id: str,
    keys: Keys,
    nonce: Secret | None = None,
    clock: Callable[[], float] = time.time,
) -> dict[str, Any]:
    """The claims of ``raw``; raises ``PolicyError`` (reason ``id_token``) where it does not hold.

    ``nonce`` is what the authorization request sent, if there was one (OpenID Connect Core §3.1.3.7 (11)).
    """

    def refuse(why: str) -> PolicyError:
        return PolicyError(
            f"The id token from {host_of(issuer)} is not valid: {why}.",
            reason="id_token",
            hint="Nothing was stored. Tell the administrator of the provider.",
        )

    note(raw)
    token = _parsed(raw)
    if token is None:
        raise refuse("it is no signed JWT")
    if token.headers.get("alg") not in tuple(ALGORITHMS) or "crit" in token.headers:
        raise refuse("its algorithm is not accepted")
    if not _signature_holds(token, keys):
        raise refuse("its signature does not match the provider's keys")
    problem = _claims_problem(token.claims, issuer, client_id, clock())
    if problem:
        raise refuse(problem)
    if nonce is not None and not nonce.equals(str(token.claims.get("nonce", ""))):
        raise refuse("it answers another request (its nonce differs)")
    return portable_claims(token.claims)


def read_keys(document: Mapping[str, Any]) -> list[jwskate.Jwk]:
    """The public keys of a key set that may sign; those of a kind not known here are left out
    (RFC 7517 §5), and weak ones."""
    listed = document.get("keys")
    found: list[jwskate.Jwk] = []
    for entry in listed if isinstance(listed, list) else ():
        try:
            key = jwskate.Jwk(entry)
        except (ValueError, TypeError, AttributeError, LookupError):
            continue
        if not key.is_symmetric and key.get("use") != "enc" and not _is_weak(key):
            found.append(key)
    return found


def _is_weak(key: jwskate.Jwk) -> bool:
    """RFC 7518 §3.3: an RSA key has 2048 bits or more."""
    return key.kty == "RSA" and key.key_size < MIN_RSA


def is_subject(value: object) -> bool:
    """True for what may identify a person (OpenID Connect Core §2 ``sub``)."""
    return isinstance(value, str) and 0 < len(value) <= 255 and value.isprintable()


def portable_claims(claims: Mapping[str, Any]) -> dict[str, Any]:
    """The claims that can be kept and sent on: plain JSON, not deep, and of those not too much."""
    plain = {name: value for name, value in claims.items() if _is_plain(value, MAX_DEPTH)}
    if len(json.dumps(plain)) <= MAX_CLAIMS:
        return plain
    return {
        name: plain[name] for name in _ALWAYS_KEPT if len(str(plain.get(name, ""))) <= 255 and name in plain
    }


def _is_plain(value: Any, depth: int) -> bool:
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return depth > 0 and all(_is_plain(entry, depth - 1) for entry in inner)
    return not isinstance(value, float) or math.isfinite(value)


def _parsed(raw: str) -> jwskate.SignedJwt | None:
    try:
        token = jwskate.SignedJwt(raw, max_size=MAX_ID_TOKEN)
    except (ValueError, TypeError, RecursionError):  # what it says quotes the token
        return None
    parts: tuple[Any, Any] = (token.headers, token.claims)
    return token if all(isinstance(part, dict) for part in parts) else None


def _signature_holds(token: jwskate.SignedJwt, keys: Keys) -> bool:
    algorithm, kid = token.headers["alg"], token.headers.get("kid")
    for fetch_anew in (False, True):  # a provider may have rotated its keys since they were fetched
        for key in keys(fetch_anew):
            if kid is not None and key.get("kid") not in (None, kid):
                continue
            try:
                if token.verify_signature(key, alg=algorithm):
                    return True
            except Exception:  # noqa: BLE001, S112 -- a key that does not fit this algorithm is no match
                continue
    return False


def _claims_problem(claims: Mapping[str, Any], issuer: str, client_id: str, now: float) -> str | None:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if claims.get("iss") != issuer:
        return "it names another issuer"
    if client_id not in audiences:
        return "it is meant for another application"
    if len(audiences) > 1 and claims.get("azp") is None:
        return "it has several audiences and no azp"
    if claims.get("azp") not in (None, client_id):
        return "its azp is another application"
    if not is_subject(claims.get("sub")):
        return "it names no subject"
    return _time_problem(claims, now)


def _time_problem(claims: Mapping[str, Any], now: float) -> str | None:
    expiry, not_before = _moment(claims.get("exp")), _moment(claims.get("nbf", 0))
    issued = _moment(claims.get("iat"))
    if expiry is None or now > expiry + CLOCK_SKEW:
        return "it has expired"
    if not_before is None or now < not_before - CLOCK_SKEW:
        return "it is not valid yet"
    if issued is None or now < issued - CLOCK_SKEW:
        return "it says nothing usable of when it was issued"
    return None


def _moment(value: Any) -> float | None:
    """A NumericDate (RFC 7519 §2); None for what is no finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        moment = float(value)
    except OverflowError:
        return None
    return moment if math.isfinite(moment) else None

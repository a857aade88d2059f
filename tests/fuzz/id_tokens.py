"""Id tokens and key sets: signed rightly with any claims, signed wrongly, changed byte by byte, encrypted.

What is accepted has to hold by another library's word, too (joserfc), with the checks of OpenID Connect Core
§3.1.3.7 made once more.
"""

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from joserfc import jwk, jws

from jupyter_auth.core.errors import PolicyError
from jupyter_auth.core.secret import Secret
from jupyter_auth.providers.entra_answers import validated
from jupyter_auth.providers.idtoken import CLOCK_SKEW, read_keys, validated_claims
from tests.fuzz import values
from tests.fuzz.hearing import Hearing
from tests.fuzz.playing import Attempt, Target
from tests.fuzz.tally import CrashError

LIMIT = 60.0  # seconds: what needs more hangs, also on a machine that has other work
ISSUER, CLIENT, NONCE = "https://idp.example", "nb", "the nonce that was sent"
ALGORITHMS = {"RS256": "rsa", "PS512": "rsa", "ES256": "ec", "EdDSA": "okp"}
SECRET = "%SECRET%"  # in a claim, for a canary

_HEADERS = {"alg": "RS256", "kid": "rsa", "typ": "JWT", "jku": "http://127.0.0.1:1/", "x5c": ["MIIB"]}
_odd_headers = st.one_of(
    values.hostile,
    st.sampled_from(
        ["none", "None", "HS256", "HS512", "RS256", "ES256", "dir", "RSA-OAEP", "EdDSA", "rsa", "ec"]
    ),
)
_CLAIMS = {
    "iss": ISSUER, "sub": "ada", "aud": CLIENT, "azp": CLIENT, "nonce": NONCE, "name": SECRET,
    "tid": "11111111-2222-3333-4444-555555555555", "groups": ["a"] * 9,
}  # fmt: skip
_TIMES = {"iat": 0, "exp": 3600, "nbf": 0}  # from now on
_odd_claims = st.one_of(
    values.hostile,
    st.sampled_from(
        [ISSUER + "/", ISSUER.upper(), [CLIENT], [CLIENT, "other"], ["other"], "other", True, NONCE]
    ),
    st.sampled_from(values.ODD_FLOATS),
)


@st.composite
def _inputs(draw: st.DrawFn) -> dict[str, Any]:
    chance = draw(values.dice)
    times = dict(_TIMES)
    if chance.random() < 0.2:
        times[chance.choice(sorted(times))] += chance.choice([-(10**12), -7200, -4300, -4100, 7200, 10**12])
    is_odd = chance.random() < 0.7
    return {
        "algorithm": chance.choice(sorted(ALGORITHMS)),
        "headers": draw(values.changed(_HEADERS, values=_odd_headers)) if chance.random() < 0.3 else _HEADERS,
        "claims": draw(values.changed(_CLAIMS, values=_odd_claims)) if is_odd else _CLAIMS,
        "odd times": draw(values.changed(_TIMES, values=_odd_claims)) if chance.random() < 0.15 else None,
        "times": times,
        "way": chance.choice(
            ["right"] * 6 + ["another key", "no signature", "symmetric", "swapped", "bytes", "raw"]
        ),
        "raw": draw(values.mutated([b"eyJhbGciOiJSUzI1NiJ9.e30.AAAA", b"a.b.c.d.e", b"e30.e30."])),
        "cuts": (chance.random(), chance.choice([0, 1, 5]), chance.randbytes(3)),
        "padding": chance.choice([0] * 20 + [17_000, 200_000]),
    }


@cache
def _key(kind: str, which: str = "own") -> Any:
    match kind:
        case "rsa":
            return jwk.RSAKey.generate_key(2048, {"kid": kind})
        case "ec":
            return jwk.ECKey.generate_key("P-256", {"kid": kind})
        case _:
            return jwk.OKPKey.generate_key("Ed25519", {"kid": kind})


def _public() -> dict[str, Any]:
    return {"keys": [_key(kind).as_dict(private=False) for kind in ("rsa", "ec", "okp")]}


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _token(value: Mapping[str, Any], hearing: Hearing) -> str:
    now = int(time.time())
    claims = {**value["claims"], **{name: now + offset for name, offset in value["times"].items()}}
    claims |= value["odd times"] or {}
    if value["padding"]:
        claims["padding"] = "x" * value["padding"]
    payload = json.dumps(claims).replace(SECRET, hearing.canaries.make("id_token")).encode()
    algorithm = value["algorithm"]
    headers = (
        value["headers"] if value["headers"] is not _HEADERS else _HEADERS | {"kid": ALGORITHMS[algorithm]}
    )
    if "alg" in headers and headers["alg"] == "RS256":
        headers = headers | {"alg": algorithm}
    signed = f"{_b64(json.dumps(headers).encode())}.{_b64(payload)}"
    return _signed(value, algorithm, signed)


def _signed(value: Mapping[str, Any], algorithm: str, signed: str) -> str:
    kind, model = ALGORITHMS[algorithm], _algorithm(algorithm)
    at, size, more = value["cuts"]
    match value["way"]:
        case "raw":
            return bytes(value["raw"]).decode("latin-1")
        case "another key":
            return f"{signed}.{_b64(model.sign(signed.encode(), _key(kind, 'another')))}"
        case "no signature":
            return f"{signed}."
        case "symmetric":  # the public key taken for a shared secret
            secret = _key("rsa").as_pem(private=False)
            return f"{signed}.{_b64(hmac.digest(secret, signed.encode(), 'sha256'))}"
        case "swapped":
            body = _b64(json.dumps({"iss": ISSUER, "sub": "eve", "aud": CLIENT, "exp": 10**10}).encode())
            right = model.sign(signed.encode(), _key(kind))
            return f"{signed.split('.', maxsplit=1)[0]}.{body}.{_b64(right)}"
        case way:
            whole: str = f"{signed}.{_b64(model.sign(signed.encode(), _key(kind)))}"
            if way == "right":
                return whole
            cut = int(at * len(whole))
            return f"{whole[:cut]}{more[:1].hex()}{whole[cut + size :]}"


@cache
def _algorithm(name: str) -> Any:
    return jws.JWSRegistry.algorithms[name]


def _holds(raw: str, claims: Mapping[str, Any]) -> bool:
    """Whether another library, and another reading of the claims, finds the same."""
    signed, _, signature = raw.rpartition(".")
    algorithm = json.loads(_unb64(signed.partition(".")[0]))["alg"]
    model, key = _algorithm(algorithm), _key(ALGORITHMS[algorithm])
    if not model.verify(signed.encode(), _unb64(signature), key):
        return False
    told = json.loads(_unb64(signed.partition(".")[2]))
    audience = told["aud"] if isinstance(told["aud"], list) else [told["aud"]]
    return bool(
        told["iss"] == ISSUER
        and CLIENT in audience
        and told["sub"] == claims["sub"]
        and told.get("nonce") == NONCE
        and time.time() <= told["exp"] + CLOCK_SKEW + LIMIT
    )


@contextmanager
def opened(folder: Path, hearing: Hearing) -> Iterator[Attempt]:
    """Keys of three kinds, and the two ways in which an id token is checked."""
    keys = read_keys(_public())
    if len(keys) != 3:
        raise CrashError("the right keys are not read")

    def attempt(value: Any) -> None:
        raw = _token(value, hearing)
        document = {"issuer": ISSUER}
        _judge(
            raw,
            hearing,
            lambda: validated_claims(
                raw, issuer=ISSUER, client_id=CLIENT, keys=lambda _anew: keys, nonce=Secret(NONCE)
            ),
        )
        _judge(raw, hearing, lambda: validated(raw, document, CLIENT, lambda _anew: keys, Secret(NONCE)))

    yield attempt


def _judge(raw: str, hearing: Hearing, check: Callable[[], dict[str, Any]]) -> None:
    try:
        claims = check()
    except PolicyError as problem:
        if problem.reason != "id_token":
            raise
        hearing.search("an error", f"{problem!r} {problem} {vars(problem)}")
        return
    json.dumps(claims, allow_nan=False)
    if not _holds(raw, claims):
        raise CrashError(f"accepted: {claims}")


TARGET = Target(
    name="id_tokens",
    what="id tokens: any claims and headers, forged signatures, changed bytes",
    limit=LIMIT,
    inputs=_inputs(),
    opened=opened,
)

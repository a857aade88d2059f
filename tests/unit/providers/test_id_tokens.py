"""Id tokens: forged ones are refused and nothing is kept, and the provider's keys may change."""

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc import jwk, jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from jupyter_auth.core.errors import PolicyError, TransportError
from jupyter_auth.providers.base import TokenResponse
from jupyter_auth.providers.oidc import OidcEngine
from tests.idp import MisbehavingProvider, faults
from tests.unit.providers.calls import CALLS, DEVICE_CODE, REFRESH_TOKEN, SCOPES, assert_no_canary
from tests.unit.providers.conftest import MakeEngine

OTHER_KEY = RSAKey.generate_key(2048, auto_kid=True)


def b64(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims(idp: MisbehavingProvider, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    body = {"iss": idp.issuer, "sub": "ada", "aud": "nb", "iat": now, "exp": now + 3600} | changes
    return {name: value for name, value in body.items() if value is not None}


def signed(idp: MisbehavingProvider, header: dict[str, Any], payload: Any) -> str:
    """Sign anything with the provider's own key."""
    key = idp.grants.key
    head = {"alg": "RS256", "kid": key.kid} | header
    part = f"{b64(head)}.{b64(payload)}"
    private: Any = key.get_op_key("sign")
    return f"{part}.{b64(private.sign(part.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def with_public_key_as_secret(idp: MisbehavingProvider) -> str:
    """HS256 with the text of the public key, for a client that lets the token choose the algorithm."""
    pem = idp.grants.key.as_pem(private=False)
    part = f"{b64({'alg': 'HS256', 'kid': idp.grants.key.kid})}.{b64(claims(idp))}"
    return f"{part}.{b64(hmac.digest(pem, part.encode(), 'sha256'))}"


def tampered(idp: MisbehavingProvider) -> str:
    header, _payload, signature = idp.id_token().split(".")
    return f"{header}.{b64(claims(idp, sub='eve'))}.{signature}"


def in_the_past(idp: MisbehavingProvider) -> str:
    return idp.id_token(exp=int(time.time()) - 601)


def in_the_future(idp: MisbehavingProvider) -> str:
    return idp.id_token(nbf=int(time.time()) + 660)


Forge = Callable[[MisbehavingProvider], str]
FORGERIES: dict[str, Forge] = {
    "alg none": lambda idp: f"{b64({'alg': 'none'})}.{b64(claims(idp))}.",
    "alg None": lambda idp: f"{b64({'alg': 'None'})}.{b64(claims(idp))}.",
    "alg none, signed": lambda idp: signed(idp, {"alg": "none"}, claims(idp)),
    "no alg": lambda idp: signed(idp, {"alg": None}, claims(idp)),
    "alg of another type": lambda idp: signed(idp, {"alg": ["RS256"]}, claims(idp)),
    "alg in lower case": lambda idp: signed(idp, {"alg": "rs256"}, claims(idp)),
    "HS256 with the public key": with_public_key_as_secret,
    "wrong issuer": lambda idp: idp.id_token(iss="https://evil.example"),
    "issuer with a slash": lambda idp: idp.id_token(iss=idp.issuer + "/"),
    "no issuer": lambda idp: idp.id_token(iss=None),
    "wrong audience": lambda idp: idp.id_token(aud="another"),
    "no audience": lambda idp: idp.id_token(aud=None),
    "audience in another case": lambda idp: idp.id_token(aud="NB"),
    "audience of another type": lambda idp: signed(idp, {}, claims(idp, aud={"nb": 1})),
    "wrong azp": lambda idp: idp.id_token(aud=["nb", "other"], azp="other"),
    "wrong azp, one audience": lambda idp: idp.id_token(azp="other"),
    "several audiences without azp": lambda idp: idp.id_token(aud=["nb", "other"]),
    "expired": in_the_past,
    "no exp": lambda idp: idp.id_token(exp=None),
    "exp of another type": lambda idp: signed(idp, {}, claims(idp, exp="tomorrow")),
    "exp true": lambda idp: signed(idp, {}, claims(idp, exp=True)),
    "exp NaN": lambda idp: signed(idp, {}, claims(idp, exp=float("nan"))),
    "exp infinite": lambda idp: signed(idp, {}, claims(idp, exp=float("inf"))),
    "exp beyond any float": lambda idp: signed(idp, {}, claims(idp, exp=10**400)),
    "nbf in the future": in_the_future,
    "nbf NaN": lambda idp: signed(idp, {}, claims(idp, nbf=float("nan"))),
    "wrong key": lambda idp: idp.id_token(key=OTHER_KEY, kid=idp.grants.key.kid),
    "unknown kid": lambda idp: idp.id_token(key=OTHER_KEY, kid="unknown"),
    "unknown kid, right key": lambda idp: idp.id_token(kid="unknown"),
    "kid of another type": lambda idp: signed(idp, {"kid": {"a": 1}}, claims(idp)),
    "key in the header": lambda idp: jwt.encode(
        {"alg": "RS256", "jwk": OTHER_KEY.as_dict(private=False)}, claims(idp), OTHER_KEY
    ),
    "a critical header": lambda idp: signed(idp, {"crit": ["exp"], "exp": 1}, claims(idp)),
    "no sub": lambda idp: idp.id_token(sub=None),
    "empty sub": lambda idp: idp.id_token(sub=""),
    "sub of another type": lambda idp: signed(idp, {}, claims(idp, sub=7)),
    "sub of half a character": lambda idp: signed(idp, {}, claims(idp, sub="\ud800")),
    "sub with an escape": lambda idp: signed(idp, {}, claims(idp, sub="ada\x1b[31m")),
    "tampered payload": tampered,
    "no signature": lambda idp: idp.id_token().rpartition(".")[0] + ".",
    "cut short": lambda idp: idp.id_token()[:-10],
    "two parts": lambda idp: idp.id_token().rpartition(".")[0],
    "encrypted": lambda _idp: "a.b.c.d.e",
    "not base64": lambda _idp: "CANARY!.CANARY!.CANARY!",
    "not ASCII": lambda _idp: "CANARÝ.CANARY.CANARY",
    "a list for a header": lambda idp: f"{b64(['RS256'])}.{b64(claims(idp))}.{b64(b'x')}",
    "a list for a payload": lambda idp: signed(idp, {}, ["sub", "ada"]),
    "a bottomless payload": lambda idp: f"{b64({'alg': 'RS256'})}.{b64(b'[' * 20_000)}.{b64(b'x')}",
    "a bottomless header": lambda idp: f"{b64(b'[' * 20_000)}.{b64(claims(idp))}.{b64(b'x')}",
    "200 000 characters": lambda idp: signed(idp, {}, claims(idp, x="y" * 200_000)),
}


def answer(idp: MisbehavingProvider, id_token: str) -> None:
    body = {"access_token": "CANARY-access", "token_type": "Bearer", "refresh_token": "CANARY-rotated"}
    idp.answers["token"] = faults.json(200, body | {"id_token": id_token})


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_id_token_ends_the_sign_in(
    idp: MisbehavingProvider, engine: OidcEngine, forgery: str
) -> None:
    token = FORGERIES[forgery](idp)
    answer(idp, token)
    with pytest.raises(PolicyError) as caught:
        engine.poll_device(DEVICE_CODE)
    assert caught.value.reason == "id_token"
    assert_no_canary(caught.value, token, token.split(".")[1][:40] or token)
    assert idp.count("token") == 1
    assert idp.count("jwks") <= 2
    given_back = [seen.form["token"] for seen in idp.requests if seen.endpoint == "revocation"]
    assert given_back == ["CANARY-rotated"]


@pytest.mark.parametrize("forgery", FORGERIES)
def test_at_a_refresh_a_forged_id_token_is_left_out(
    idp: MisbehavingProvider, engine: OidcEngine, forgery: str
) -> None:
    answer(idp, FORGERIES[forgery](idp))
    refreshed = engine.refresh(REFRESH_TOKEN, SCOPES, {})
    assert refreshed.claims is None
    assert refreshed.refresh_token is not None  # the rotated one, which must not be lost


def get(idp: MisbehavingProvider, engine: OidcEngine, id_token: str) -> TokenResponse:
    answer(idp, id_token)
    return engine.poll_device(DEVICE_CODE)


def test_a_right_id_token(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    found = get(idp, engine, idp.id_token(aud=["nb", "other"], azp="nb")).claims
    assert found is not None
    assert (found["sub"], found["preferred_username"]) == ("ada", "ada")
    assert idp.count("userinfo") == 0


@pytest.mark.parametrize("skew", [-590, 590])
def test_ten_minutes_of_skew_are_forgiven(idp: MisbehavingProvider, engine: OidcEngine, skew: int) -> None:
    now = int(time.time()) + skew
    assert get(idp, engine, idp.id_token(iat=now, nbf=now, exp=now + 1 if skew < 0 else now + 600)).claims


def test_a_large_id_token_is_read_and_not_kept_whole(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    token = idp.id_token(groups=[f"group-{n}" for n in range(5_000)])
    found = get(idp, engine, token).claims
    assert found is not None
    assert set(found) == {"sub", "preferred_username", "email", "name"}


# -- the provider's keys -------------------------------------------------------------------------------------


def publish(idp: MisbehavingProvider, *keys: Any) -> None:
    listed = [k.as_dict(private=False) if hasattr(k, "as_dict") else k for k in keys]
    idp.answers["jwks"] = faults.json(200, {"keys": listed})


def test_a_new_key_is_fetched_once(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    old, new = idp.grants.key, RSAKey.generate_key(2048, auto_kid=True)
    assert get(idp, engine, idp.id_token()).claims
    assert idp.count("jwks") == 1
    publish(idp, old, new)
    for _ in range(3):
        assert get(idp, engine, idp.id_token(key=new, kid=new.kid)).claims
    assert get(idp, engine, idp.id_token()).claims
    assert idp.count("jwks") == 2


def test_a_withdrawn_key_is_not_trusted_after_a_fetch(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    new = RSAKey.generate_key(2048, auto_kid=True)
    assert get(idp, engine, idp.id_token()).claims
    publish(idp, new)
    assert get(idp, engine, idp.id_token(key=new, kid=new.kid)).claims
    with pytest.raises(PolicyError):
        get(idp, engine, idp.id_token())


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # RFC 9864; providers still use it
@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (ECKey.generate_key("P-256", auto_kid=True), "ES256"),
        (OKPKey.generate_key("Ed25519", auto_kid=True), "EdDSA"),
    ],
)
def test_other_kinds_of_key(
    idp: MisbehavingProvider, engine: OidcEngine, key: jwk.ECKey | jwk.OKPKey, algorithm: str
) -> None:
    publish(idp, OTHER_KEY, key)
    token = jwt.encode({"alg": algorithm, "kid": key.kid}, claims(idp), key, algorithms=[algorithm])
    assert get(idp, engine, token).claims


def test_a_token_without_kid(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    publish(idp, OTHER_KEY, idp.grants.key)
    assert get(idp, engine, jwt.encode({"alg": "RS256"}, claims(idp), idp.grants.key)).claims


def test_a_key_without_kid(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    bare = {name: value for name, value in idp.grants.key.as_dict(private=False).items() if name != "kid"}
    publish(idp, bare)
    assert get(idp, engine, idp.id_token()).claims


STRANGE: list[Any] = [
    {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA"}, {"kty": "RSA"}, {"kty": "RSA", "n": "!", "e": "AQAB"},
    {"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA"}, {"kty": "oct", "k": "AAAA"}, {"kty": 7},
    {}, 7, None, "key", [],
]  # fmt: skip


@pytest.mark.parametrize("strange", STRANGE)
def test_a_key_not_understood_does_not_spoil_the_others(
    idp: MisbehavingProvider, engine: OidcEngine, strange: Any
) -> None:
    publish(idp, strange, idp.grants.key)
    assert get(idp, engine, idp.id_token()).claims


@pytest.mark.parametrize("document", [{}, {"keys": []}, {"keys": "x"}, {"keys": {"a": 1}}, {"keys": STRANGE}])
def test_without_a_key_the_sign_in_does_not_begin(
    idp: MisbehavingProvider, engine: OidcEngine, document: Any
) -> None:
    idp.answers["jwks"] = faults.json(200, document)
    with pytest.raises(PolicyError) as caught:
        engine.start_device(SCOPES, (), {})
    assert caught.value.reason == "id_token"
    assert idp.count("device_authorization") == 0


def test_a_symmetric_key_is_no_key(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    shared = OctKey.generate_key(256, auto_kid=True)
    idp.answers["jwks"] = faults.json(200, {"keys": [shared.as_dict(private=True)]})
    token = jwt.encode({"alg": "HS256", "kid": shared.kid}, claims(idp), shared, algorithms=["HS256"])
    with pytest.raises(PolicyError):
        get(idp, engine, token)


def test_keys_that_cannot_be_fetched_do_not_send_the_code_again(
    idp: MisbehavingProvider, engine: OidcEngine
) -> None:
    engine.discover()
    idp.answers["jwks"] = faults.html(503)
    answer(idp, idp.id_token())
    with pytest.raises(TransportError) as caught:
        engine.poll_device(DEVICE_CODE)
    assert caught.value.retryable is False
    assert idp.count("revocation") == 1
    assert CALLS["refresh"][1](engine).claims is None


def test_a_provider_that_names_no_keys(idp: MisbehavingProvider, make_engine: MakeEngine) -> None:
    idp.answers["discovery"] = faults.json(
        200, {"issuer": idp.issuer, "token_endpoint": f"{idp.issuer}/token"}
    )
    with pytest.raises(PolicyError):
        get(idp, make_engine(), idp.id_token())

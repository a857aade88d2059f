"""Id tokens that are right, and the provider's keys, which may change. Forged ones are S39's."""

import base64
import json
import time
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
from tests.unit.providers.calls import CALLS, DEVICE_CODE, SCOPES
from tests.unit.providers.conftest import MakeEngine

OTHER_KEY = RSAKey.generate_key(2048, auto_kid=True)


def b64(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims(idp: MisbehavingProvider, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    body = {"iss": idp.issuer, "sub": "ada", "aud": "nb", "iat": now, "exp": now + 3600} | changes
    return {name: value for name, value in body.items() if value is not None}


def signed(idp: MisbehavingProvider, header: Any, payload: Any, key: RSAKey | None = None) -> str:
    """Sign anything, with the provider's own key or another one."""
    key = key or idp.grants.key
    head = {"alg": "RS256", "kid": key.kid} | header if isinstance(header, dict) else header
    part = f"{b64(head)}.{b64(payload)}"
    private: Any = key.get_op_key("sign")
    return f"{part}.{b64(private.sign(part.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def answer(idp: MisbehavingProvider, id_token: str) -> None:
    body = {"access_token": "CANARY-access", "token_type": "Bearer", "refresh_token": "CANARY-rotated"}
    idp.answers["token"] = faults.json(200, body | {"id_token": id_token})


def get(idp: MisbehavingProvider, engine: OidcEngine, id_token: str) -> TokenResponse:
    answer(idp, id_token)
    return engine.poll_device(DEVICE_CODE)


def test_a_right_id_token(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    found = get(idp, engine, idp.id_token(aud=["nb", "other"], azp="nb")).claims
    assert found is not None
    assert (found["sub"], found["preferred_username"]) == ("ada", "ada")
    assert idp.count("userinfo") == 0


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

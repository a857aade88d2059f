"""The demo's API, over real HTTP: whom it answers, and how it refuses the rest."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import RSAKey

from .client import Demo, error_of


def test_the_api_answers_and_says_who_asked(demo: Demo) -> None:
    answer = demo.measurements(demo.sign_in()).json()
    assert len(answer["measurements"]) == 12
    assert answer["asked_by"] == {"name": "Ada Lovelace", "username": "ada", "client_id": "demo-notebooks"}


def test_the_api_wants_a_token(demo: Demo) -> None:
    response = requests.get(f"{demo.api}/measurements", timeout=60)
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_the_api_takes_no_token_that_is_too_old(demo: Demo) -> None:
    tokens = demo.sign_in()
    demo.now += 3600
    response = demo.measurements(tokens)
    assert error_of(response) == (401, "invalid_token")
    assert response.headers["WWW-Authenticate"].startswith('Bearer error="invalid_token"')


def test_the_api_wants_the_scope(demo: Demo) -> None:
    response = demo.measurements(demo.sign_in("openid lake.write"))
    assert error_of(response) == (403, "insufficient_scope")
    assert 'scope="lake.read"' in response.headers["WWW-Authenticate"]


def test_the_api_takes_no_token_that_is_not_for_it(demo: Demo) -> None:
    tokens = demo.sign_in("openid profile")
    assert error_of(demo.measurements(tokens)) == (401, "invalid_token")
    assert error_of(demo.measurements({"access_token": demo.sign_in()["id_token"]})) == (401, "invalid_token")


@pytest.mark.parametrize(
    "forgery",
    ["another key", "no signature", "a shared key", "another issuer", "another kind", "no end", "rubbish"],
)
def test_the_api_takes_no_forged_token(demo: Demo, forgery: str) -> None:
    good = demo.sign_in()["access_token"]
    key = demo.signer.key
    claims = jwt.decode(good, key, algorithms=["RS256"]).claims
    endless = {name: value for name, value in claims.items() if name != "exp"}
    _, payload, signature = good.split(".")
    kind = {"alg": "RS256", "typ": "at+jwt", "kid": key.kid}
    forged = {
        "another key": jwt.encode(kind, claims, RSAKey.generate_key(2048)),
        "no signature": f"{_segment(kind | {'alg': 'none'})}.{payload}.",
        "a shared key": f"{_segment(kind | {'alg': 'HS256'})}.{payload}.{signature}",
        "another issuer": jwt.encode(kind, claims | {"iss": demo.api}, key),
        "another kind": jwt.encode(kind | {"typ": "JWT"}, claims, key),
        "no end": jwt.encode(kind, endless, key),
        "rubbish": "....",
    }[forgery]
    assert demo.measurements({"access_token": good}).ok
    assert error_of(demo.measurements({"access_token": forged})) == (401, "invalid_token")


def _segment(header: Mapping[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()

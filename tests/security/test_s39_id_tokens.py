"""S39: an id token counts only with the provider's signature, for this client, now, and for this request."""

import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from jupyter_auth.core.errors import AuthError, PolicyError
from jupyter_auth.providers.oidc import OidcEngine
from tests.idp import MisbehavingProvider, faults
from tests.security.off import switch_off
from tests.unit.broker.bench import Bench
from tests.unit.broker.conftest import own_folders  # noqa: F401 -- used by itself
from tests.unit.providers.calls import DEVICE_CODE, REFRESH_TOKEN, SCOPES, assert_no_canary
from tests.unit.providers.test_code_flow import callback, refused, start, tokens
from tests.unit.providers.test_id_tokens import OTHER_KEY, answer, b64, claims, signed

with pytest.warns():  # which its maker warns of
    WEAK_KEY = RSAKey.generate_key(1024, auto_kid=True)


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


def with_jku(idp: MisbehavingProvider) -> str:
    """Signed by a key that only its own header says where to get."""
    idp.answers["/evil/jwks"] = faults.json(200, {"keys": [OTHER_KEY.as_dict(private=False)]})
    return signed_by_other(idp, {"jku": f"{idp.issuer}/evil/jwks"})


def signed_by_other(idp: MisbehavingProvider, header: dict[str, Any]) -> str:
    """As the header wants it, with the attacker's key."""
    return signed(idp, {"kid": OTHER_KEY.kid, **header}, claims(idp), key=OTHER_KEY)


def with_a_weak_key(idp: MisbehavingProvider) -> str:
    """The provider publishes beside its key one of 1024 bits, which somebody has factored."""
    listed = [idp.grants.key.as_dict(private=False), WEAK_KEY.as_dict(private=False)]
    idp.answers["jwks"] = faults.json(200, {"keys": listed})
    return signed(idp, {"kid": WEAK_KEY.kid}, claims(idp), key=WEAK_KEY)


def twice(idp: MisbehavingProvider, header: str, payload: str) -> str:
    """Signed by the provider, of a text that names something twice (the last counts: RFC 7519 §4)."""
    return signed(idp, header.encode(), payload.encode())


def doubled(idp: MisbehavingProvider, name: str, value: str) -> str:
    """The right claims, with one of them again."""
    return json.dumps(claims(idp))[:-1] + f', "{name}": "{value}"}}'


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
    "key at an address in the header": with_jku,
    "certificate in the header": lambda idp: signed_by_other(
        idp, {"x5c": ["MIIB"], "x5u": "https://evil.example"}
    ),
    "a weak key": with_a_weak_key,
    "iat in the future": lambda idp: idp.id_token(iat=int(time.time()) + 660),
    "no iat": lambda idp: idp.id_token(iat=None),
    "iat of another type": lambda idp: signed(idp, {}, claims(idp, iat="now")),
    "two algorithms": lambda idp: twice(idp, '{"alg":"RS256","alg":"none"}', json.dumps(claims(idp))),
    "two audiences by name": lambda idp: twice(
        idp, json.dumps({"alg": "RS256"}), doubled(idp, "aud", "other")
    ),
    "two issuers": lambda idp: twice(
        idp, json.dumps({"alg": "RS256"}), doubled(idp, "iss", "https://evil.example")
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


def attack(idp: MisbehavingProvider, engine: OidcEngine) -> dict[str, object]:
    """Who is believed to have signed in, by forgery."""
    believed: dict[str, object] = {}
    right = idp.answers["jwks"]
    for name, forge in FORGERIES.items():
        idp.answers["jwks"] = right
        answer(idp, forge(idp))
        try:
            found = engine.poll_device(DEVICE_CODE).claims
        except AuthError:
            continue
        believed[name] = (found or {}).get("sub")
    return believed


def test_nobody_is_believed(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    assert attack(idp, engine) == {} and len(FORGERIES) > 50
    assert idp.count("/evil/jwks") == 0, "no key is fetched from where a token says"


def test_without_the_defence_whoever_forges_is_believed(
    idp: MisbehavingProvider, engine: OidcEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_off(monkeypatch, "s39")
    believed = attack(idp, engine)
    assert believed["tampered payload"] == "eve"
    assert {"alg none", "HS256 with the public key", "wrong issuer", "wrong audience", "expired"} <= set(
        believed
    )


async def test_a_refresh_for_somebody_else(idp: MisbehavingProvider, bench: Bench) -> None:
    """OpenID Connect Core §12.2: ``sub`` is the same as before; of somebody else's answer nothing is used."""
    body = {"access_token": "CANARY-eve", "token_type": "Bearer", "refresh_token": "CANARY-too"}
    for eve in ({}, {"preferred_username": "ada", "name": "Ada"}):
        token = idp.id_token("eve", "nb-public", **eve)
        idp.answers["token"] = faults.json(200, body | {"id_token": token})
        with pytest.raises(AuthError) as caught:
            await bench.refresh()
        assert caught.value.reason == "another_person"
    assert (await bench.get()).reveal() != "CANARY-eve"
    assert [account.username for account in bench.accounts()] == ["ada"]
    kept = bench.refresh_token()
    assert kept is not None and kept.secret.reveal() != "CANARY-too"


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


# -- the nonce -----------------------------------------------------------------------------------------------


NONCES: dict[str, Any] = {"none": None, "another": "x", "a number": 5, "a list": ["x"], "empty": ""}


@pytest.mark.parametrize("nonce", NONCES.values(), ids=NONCES)
def test_an_id_token_for_another_request(idp: MisbehavingProvider, engine: OidcEngine, nonce: Any) -> None:
    started = start(engine)
    answer = callback(started)
    idp.answers["token"] = tokens(id_token=idp.id_token(nonce=nonce), refresh_token="CANARY-r")
    assert refused(engine, started, answer).reason == "id_token"
    assert idp.requests[-1].endpoint == "revocation" and idp.requests[-1].form["token"] == "CANARY-r"


def test_no_id_token_although_it_was_asked_for(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    started = start(engine)
    answer = callback(started)
    idp.answers["token"] = tokens()
    assert refused(engine, started, answer).reason == "id_token"

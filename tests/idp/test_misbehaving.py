"""The misbehaving provider behaves when left alone, and misbehaves as told."""

import gzip
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError
from joserfc.jwk import KeySet, RSAKey

from . import faults
from .faults import Answer, Request
from .misbehaving import MisbehavingProvider, Recorded

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
def idp() -> Iterator[MisbehavingProvider]:
    with MisbehavingProvider() as provider:
        yield provider


def call(
    idp: MisbehavingProvider, path: str, form: dict[str, str] | None = None, **more: Any
) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        method = "GET" if form is None else "POST"
        return session.request(
            method, idp.issuer + path, data=form, timeout=10, allow_redirects=False, **more
        )


def poll(idp: MisbehavingProvider, started: dict[str, Any]) -> requests.Response:
    return call(
        idp, "/token", {"grant_type": DEVICE_CODE, "client_id": "nb", "device_code": started["device_code"]}
    )


def refresh(idp: MisbehavingProvider, refresh_token: str) -> requests.Response:
    return call(
        idp, "/token", {"grant_type": "refresh_token", "client_id": "nb", "refresh_token": refresh_token}
    )


def start(idp: MisbehavingProvider) -> dict[str, Any]:
    return dict(call(idp, "/device", {"client_id": "nb", "scope": "openid offline_access"}).json())


def claims(idp: MisbehavingProvider, token: str) -> dict[str, Any]:
    keys = KeySet.import_key_set(call(idp, "/jwks").json())
    return dict(jwt.decode(token, keys, algorithms=["RS256"]).claims)


# -- left alone ----------------------------------------------------------------------------------------------


def test_device_flow_and_rotation(idp: MisbehavingProvider) -> None:
    started = start(idp)
    assert started["interval"] == 1
    assert poll(idp, started).json() == {"error": "authorization_pending"}
    idp.approve("grace")
    first = poll(idp, started).json()
    seen = claims(idp, first["id_token"])
    assert (seen["iss"], seen["aud"], seen["sub"]) == (idp.issuer, "nb", "grace")
    second = refresh(idp, first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert refresh(idp, first["refresh_token"]).json() == {"error": "invalid_grant"}
    assert call(idp, "/revoke", {"token": second["refresh_token"]}).status_code == 200
    assert refresh(idp, second["refresh_token"]).json() == {"error": "invalid_grant"}
    assert idp.count("token", "refresh_token") == 3


def test_device_flow_denied(idp: MisbehavingProvider) -> None:
    one, other = start(idp), start(idp)
    idp.deny(one["user_code"])
    assert poll(idp, one).json() == {"error": "access_denied"}
    assert poll(idp, other).json() == {"error": "authorization_pending"}
    with pytest.raises(LookupError, match="XXXX"):
        idp.approve(user_code="XXXX")


def test_code_flow(idp: MisbehavingProvider) -> None:
    query = {
        "client_id": "nb",
        "redirect_uri": "http://127.0.0.1:1/cb",
        "state": "s",
        "nonce": "n",
        "scope": "openid",
    }
    back = parse_qs(urlsplit(call(idp, "/authorize", params=query).headers["Location"]).query)
    assert (back["state"], back["iss"]) == (["s"], [idp.issuer])
    answer = call(idp, "/token", {"grant_type": "authorization_code", "code": back["code"][0]}).json()
    assert claims(idp, answer["id_token"])["nonce"] == "n"


def test_discovery_userinfo_and_records(idp: MisbehavingProvider) -> None:
    document = call(idp, "/.well-known/openid-configuration").json()
    assert document["issuer"] == idp.issuer
    assert document["device_authorization_endpoint"] == f"{idp.issuer}/device"
    assert call(idp, "/userinfo").status_code == 401
    assert call(idp, "/userinfo", headers={"Authorization": "Bearer x"}).json()["sub"] == "ada"
    assert call(idp, "/elsewhere", {"secret": "s"}).status_code == 404
    assert idp.requests[0] == Recorded("discovery", {})
    assert idp.requests[-1] == ("/elsewhere", {"secret": "s"})


# -- told to misbehave ---------------------------------------------------------------------------------------


def test_simple_faults(idp: MisbehavingProvider) -> None:
    idp.answers["token"] = faults.in_turn(
        faults.html(502),
        faults.empty(200),
        faults.json(200, ["not", "an", "object"], {"X-Odd": "1"}),
        faults.form(200, {"access_token": "a b"}),
        faults.redirect("http://127.0.0.1:9/"),
        faults.json(400, {"error": "slow_down"}),
    )
    seen = [refresh(idp, "x") for _ in range(7)]
    assert [answer.status_code for answer in seen] == [502, 200, 200, 200, 302, 400, 400]
    assert seen[0].headers["Content-Type"].startswith("text/html")
    assert seen[1].content == b""
    assert (seen[2].json(), seen[2].headers["X-Odd"]) == (["not", "an", "object"], "1")
    assert seen[3].text == "access_token=a+b"
    assert seen[4].headers["Location"] == "http://127.0.0.1:9/"
    assert seen[6].json() == {"error": "slow_down"}


def test_a_fault_once_then_right_again(idp: MisbehavingProvider) -> None:
    idp.answers["discovery"] = faults.in_turn(faults.html(503), idp.answers["discovery"])
    assert [call(idp, "/.well-known/openid-configuration").status_code for _ in range(3)] == [503, 200, 200]


def test_large_answers(idp: MisbehavingProvider) -> None:
    idp.answers["token"] = faults.huge(100_000)
    assert len(refresh(idp, "x").content) > 100_000
    idp.answers["token"] = faults.gzip_bomb(1 << 20)
    answer = call(idp, "/token", {"grant_type": "x"}, stream=True)
    packed = answer.raw.read(decode_content=False)
    assert len(packed) < 1 << 13 < 1 << 20 < len(gzip.decompress(packed))


def test_drip_and_hang_end_with_the_provider() -> None:
    with MisbehavingProvider() as idp:
        idp.answers["token"] = faults.drip(0.05, b'{"a": 1}')
        begun = time.monotonic()
        assert refresh(idp, "x").json() == {"a": 1}
        assert time.monotonic() - begun >= 0.35
        idp.answers["token"] = faults.hang(0.1)
        with pytest.raises(requests.ConnectionError):
            refresh(idp, "x")
        port = urlsplit(idp.issuer).port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
    MisbehavingProvider().stop()  # never started: no hang


def test_an_answer_of_ones_own(idp: MisbehavingProvider) -> None:
    def echo(request: Request) -> Answer:
        body = f"{request.method} {request.endpoint} {request.form['token']} {request.headers['X-Test']}"
        return 418, {"Content-Type": "text/plain"}, body.encode()

    def by_hand(request: Request) -> None:
        request.handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\nby hand")

    idp.answers["revocation"] = echo
    assert call(idp, "/revoke", {"token": "t"}, headers={"X-Test": "y"}).text == "POST revocation t y"
    idp.answers["revocation"] = by_hand
    assert call(idp, "/revoke", {"token": "t"}).text == "by hand"


def test_forged_id_tokens(idp: MisbehavingProvider) -> None:
    forged = claims(
        idp, idp.id_token("eve", iss="https://evil.example", aud=["nb", "other"], exp=1, email=None)
    )
    assert (
        forged.items()
        >= {"sub": "eve", "iss": "https://evil.example", "aud": ["nb", "other"], "exp": 1}.items()
    )
    assert "email" not in forged
    with pytest.raises(BadSignatureError):
        claims(idp, idp.id_token(key=RSAKey.generate_key(2048)))
    with pytest.raises(InvalidKeyIdError):
        claims(idp, idp.id_token(kid="nobody"))

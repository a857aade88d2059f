"""S34: secrets travel in the bodies of POST requests, in all flows of both engines; no address holds one.

Two headers hold what RFC 6749 and RFC 6750 put there: ``Authorization: Basic`` (client_secret_basic, §2.3.1,
which every provider must support) and ``Authorization: Bearer`` at userinfo. Neither is written down where
addresses are: in access logs, histories, ``Referer``. A managed identity is exempt: Azure's machines are
asked by GET, and on some of them a header holds what shows that one is on the machine; neither leaves it.
"""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, unquote_plus

import pytest
import requests

from jupyter_auth.core.secret import Secret
from jupyter_auth.providers.base import CodeAuthorization, Engine, TokenResponse
from jupyter_auth.providers.transport import LimitedAdapter
from tests.idp import CONFIDENTIAL_SECRET, MisbehavingProvider, faults
from tests.idp.entra import APP_SCOPE, APP_SECRET, CALLBACK, DOWNSTREAM, EntraProvider
from tests.unit.providers.calls import SCOPES
from tests.unit.providers.conftest import MakeEngine, MakeEntra
from tests.unit.providers.test_code_flow import callback
from tests.unit.providers.test_discovery import document
from tests.unit.providers.test_entra import SCOPES as ENTRA_SCOPES

SECRET = "CANARY+client/secret=ü ?"


class Wire:
    """Every request that left, and every secret there was."""

    def __init__(self) -> None:
        self.sent: list[requests.PreparedRequest] = []
        self.secrets: dict[str, str] = {}

    def know(self, **secrets: Secret | str | None) -> None:
        for name, value in secrets.items():
            text = value.reveal() if isinstance(value, Secret) else value
            if text:
                self.secrets[f"{name} {len(self.secrets)}"] = text

    def learn(self, answer: TokenResponse) -> None:
        self.know(access_token=answer.access_token, refresh_token=answer.refresh_token)

    def found(self, text: str) -> list[str]:
        """The secrets in ``text``, plain or encoded, or the beginning of one."""
        texts = (text, unquote_plus(text))
        return [
            name
            for name, secret in self.secrets.items()
            if any(form[:12] in one for form in (secret, quote_plus(secret)) for one in texts)
        ]


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    made, send = Wire(), LimitedAdapter.send

    def record(self: LimitedAdapter, request: Any, *args: Any, **kwargs: Any) -> requests.Response:
        made.sent.append(request)
        return send(self, request, *args, **kwargs)

    monkeypatch.setattr(LimitedAdapter, "send", record)
    yield made
    assert_in_bodies_only(made)


def assert_in_bodies_only(wire: Wire) -> None:
    in_bodies: set[str] = set()
    for request in wire.sent:
        where = f"{request.method} {request.url}"
        assert wire.found(str(request.url)) == [], where
        headers = dict(request.headers)
        authorization = str(headers.pop("Authorization", ""))
        assert wire.found(str(headers)) == [] and "Cookie" not in headers, where
        kind, _, value = authorization.partition(" ")
        if kind == "Basic":
            assert request.method == "POST"
            assert wire.found(base64.b64decode(value).decode()) in ([], ["client_secret 0"]), where
        elif kind == "Bearer":
            assert str(request.url).endswith("/userinfo"), where
        else:
            assert authorization == "", where
        if request.method == "POST":
            body = request.body or ""
            in_bodies |= set(wire.found(body.decode() if isinstance(body, bytes) else str(body)))
    assert len(in_bodies) >= 3, "the search finds what there is"


def by_code(wire: Wire, engine: Engine, scopes: tuple[str, ...]) -> CodeAuthorization:
    """The browser's address holds the state, which serves once, and nothing else that is secret."""
    state = Secret("STATE-of-the-test-0123456789-0123456789")
    started = engine.start_code(scopes, (), {}, redirect_uri=CALLBACK, state=state)
    wire.know(code_verifier=started.code_verifier)
    assert wire.found(started.authorization_uri) == [] and "code_verifier" not in started.authorization_uri
    return started


# -- any OpenID provider -------------------------------------------------------------------------------------


def in_basic(folder: Path) -> dict[str, Any]:
    (folder / "secret").write_text(SECRET, encoding="utf-8")
    return {"client_secret_file": str(folder / "secret")}


def in_body(folder: Path) -> dict[str, Any]:
    return in_basic(folder) | {"quirks": {"client_secret_in": "body"}}


def by_assertion(folder: Path) -> dict[str, Any]:
    (folder / "assertion").write_text("CANARY-assertion.of.the-client")
    return {"client_assertion_file": str(folder / "assertion")}


CLIENTS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "public": lambda _: {},
    "client_secret_basic": in_basic,
    "client_secret_post": in_body,
    "assertion": by_assertion,
}


@pytest.fixture(params=CLIENTS)
def engine(
    request: pytest.FixtureRequest, make_engine: MakeEngine, wire: Wire, tmp_path: Path
) -> tuple[str, Engine]:
    kind = request.param
    wire.know(client_secret=SECRET, client_assertion="CANARY-assertion.of.the-client")
    return kind, make_engine(**CLIENTS[kind](tmp_path))


def test_every_flow(idp: MisbehavingProvider, engine: tuple[str, Engine], wire: Wire) -> None:
    kind, client = engine
    started = client.start_device(SCOPES, (), {})
    wire.know(device_code=started.device_code)
    idp.approve()
    answer = client.poll_device(started.device_code)
    wire.learn(answer)
    wire.learn(client.refresh(answer.refresh_token or Secret(""), SCOPES, {}))
    code = by_code(wire, client, SCOPES)
    back = callback(code)
    wire.know(code=back["code"])
    answer = client.finish_code(code, back)
    wire.learn(answer)
    assertion = Secret("CANARY-the-access-token-of-a-caller")
    wire.know(assertion=assertion)
    wire.learn(client.exchange(assertion, ("lake.read",), (), {}))
    if kind != "public":
        wire.learn(client.client_credentials(("lake.read",), (), {}))
    assert client.revoke(answer.refresh_token or Secret(""), "refresh_token") == "revoked"
    asked = {str(request.url).rpartition("/")[2] for request in wire.sent}
    assert asked >= {"device", "token", "revoke", "jwks", "openid-configuration"}


def test_userinfo_and_a_pushed_request(
    idp: MisbehavingProvider, make_engine: MakeEngine, wire: Wire, tmp_path: Path
) -> None:
    pushed = {"require_pushed_authorization_requests": True, "jwks_uri": f"{idp.issuer}/jwks"}
    pushed |= {f"{name}_endpoint": f"{idp.issuer}/{name}" for name in ("userinfo", "revoke")}
    document(
        idp,
        authorization_endpoint=f"{idp.issuer}/authorize",
        pushed_authorization_request_endpoint=f"{idp.issuer}/par",
        **pushed,
    )
    idp.answers["/par"] = faults.json(201, {"request_uri": "urn:x:1", "expires_in": 60})
    wire.know(client_secret=SECRET)
    client = make_engine(**in_body(tmp_path))
    code = by_code(wire, client, ("lake.read",))
    body = {"access_token": "CANARY-access-token", "token_type": "Bearer", "refresh_token": "CANARY-refresh"}
    idp.answers["token"] = faults.json(200, body)
    wire.know(code="CANARY-the-code")
    answer = {"state": code.state.reveal(), "code": "CANARY-the-code", "iss": idp.issuer}
    wire.learn(client.finish_code(code, answer))
    assert idp.count("userinfo") == 1 and idp.count("/par") == 1


def test_a_refused_sign_in_is_given_back_in_a_body(
    idp: MisbehavingProvider, make_engine: MakeEngine, wire: Wire, tmp_path: Path
) -> None:
    wire.know(client_secret=SECRET)
    client = make_engine(**in_body(tmp_path))
    code = by_code(wire, client, SCOPES)
    back = callback(code)
    body = {"access_token": "CANARY-access", "token_type": "Bearer", "refresh_token": "CANARY-refresh-token"}
    idp.answers["token"] = faults.json(200, body | {"id_token": idp.id_token(nonce="another")})
    wire.know(code=back["code"], refresh_token="CANARY-refresh-token")
    with pytest.raises(Exception, match="nonce"):
        client.finish_code(code, back)
    assert idp.requests[-1].form["token"] == "CANARY-refresh-token"


# -- Entra ---------------------------------------------------------------------------------------------------


def test_every_flow_at_entra(
    entra: EntraProvider, make_entra: MakeEntra, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_SECRET_OF_THE_TEST", CONFIDENTIAL_SECRET)
    wire.know(client_secret=CONFIDENTIAL_SECRET)
    client = make_entra()
    started = client.start_device(ENTRA_SCOPES, (), {})
    wire.know(device_code=started.device_code)
    entra.approve(started.user_code, started.verification_uri)
    answer = client.poll_device(started.device_code)
    wire.learn(answer)
    wire.learn(client.refresh(answer.refresh_token or Secret(""), ENTRA_SCOPES, {}))
    code = by_code(wire, client, ENTRA_SCOPES)
    back = entra.sign_in(code.authorization_uri)
    wire.know(code=back["code"])
    wire.learn(client.finish_code(code, back))
    confidential = make_entra(APP_SECRET, client_secret_env="APP_SECRET_OF_THE_TEST")
    wire.learn(confidential.client_credentials((APP_SCOPE,), (), {}))
    own = by_code(wire, confidential, ENTRA_SCOPES)
    caller = confidential.finish_code(own, entra.sign_in(own.authorization_uri))
    wire.learn(caller)
    wire.learn(confidential.exchange(caller.access_token, (DOWNSTREAM,), (), {}))
    assert not any("Authorization" in request.headers for request in wire.sent)

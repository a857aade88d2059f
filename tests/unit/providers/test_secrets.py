"""No token, code or secret is in an exception, in what it is chained to, or in the log at DEBUG."""

import base64
import logging
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote_plus

import pytest

from jupyter_auth.core.errors import AuthError, OAuthError, ProfileError
from jupyter_auth.core.secret import Secret
from jupyter_auth.core.threads import DaemonThreads
from jupyter_auth.providers import transport
from jupyter_auth.providers.credential_files import MAX_FILE
from jupyter_auth.providers.oidc import OidcEngine
from tests.idp import MisbehavingProvider, Request, Responder, faults
from tests.unit.providers.calls import CALLS, REFRESH_TOKEN, SCOPES, assert_no_canary, texts_in
from tests.unit.providers.conftest import MakeEngine

CLIENT_SECRET = "CANARY+client/secret=ü ?"
BASIC = base64.b64encode(f"nb:{quote_plus(CLIENT_SECRET)}".encode()).decode()


@pytest.fixture
def confidential(make_engine: MakeEngine, tmp_path: Path) -> OidcEngine:
    file = tmp_path / "secret"
    file.write_text(f"\n {CLIENT_SECRET}\n", encoding="utf-8")
    return make_engine(client_secret_file=str(file))


def hang_up(_request: Request) -> None:
    """Answer nothing."""


BAD: dict[str, Responder] = {
    "silence": faults.hang(20),
    "hung up": hang_up,
    "503": faults.html(503),
    "portal": faults.html(200),
    "redirect": faults.redirect("https://elsewhere.example/"),
    "bomb": faults.gzip_bomb(),
    "oauth": faults.json(400, {"error": "invalid_grant"}),
    "nothing": faults.empty(400),
    "mac token": faults.json(200, {"access_token": "CANARY-access", "token_type": "mac"}),
    "no access token": faults.json(200, {"refresh_token": "CANARY-rotated", "id_token": "CANARY-id"}),
    "broken JSON": faults.fixed(200, "application/json", b'{"access_token": "CANARY-access", '),
    "bad id token": faults.json(200, {"access_token": "CANARY-a", "id_token": "e30.CANARY-id.CANARY-sig"}),
    "token in an odd place": faults.json(400, {"error": ["CANARY-access"], "access_token": "CANARY-access"}),
}


@pytest.mark.parametrize("fault", BAD)
@pytest.mark.parametrize("call", ["start", "poll", "refresh"])
def test_no_secret_in_an_exception(
    idp: MisbehavingProvider, confidential: OidcEngine, call: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    confidential.discover()
    monkeypatch.setattr(transport, "TOTAL_TIMEOUT", 0.3)
    endpoint, ask = CALLS[call]
    idp.answers[endpoint] = BAD[fault]
    try:
        ask(confidential)
    except AuthError as problem:
        assert_no_canary(problem, BASIC, "Q0FOQVJZ")
    else:
        assert (call, fault) == ("refresh", "bad id token")


ECHOES = {
    "the refresh token": REFRESH_TOKEN.reveal(),
    "in the middle": f"the token '{REFRESH_TOKEN.reveal()}', is unknown",
    "the client secret": f"{CLIENT_SECRET} is wrong",
    "the client secret, encoded": f"{quote(CLIENT_SECRET, safe='')} is wrong",
    "its beginning": f"{REFRESH_TOKEN.reveal()[:12]}… is unknown",
    "its end": f"the token that ends in {REFRESH_TOKEN.reveal()[-8:]} is unknown",
    "cut off": "x" * 100 + REFRESH_TOKEN.reveal(),
    "in pieces": REFRESH_TOKEN.reveal().replace("-", "\u200b-"),
    "the header": f"Basic {BASIC} is wrong",
    "the header's beginning": f"Basic {BASIC[:20]}…",
}


@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize("field", ["error", "error_description", "error_uri", "trace_id"])
@pytest.mark.parametrize("wrap", [faults.json, faults.form])
def test_a_provider_that_repeats_a_secret_is_not_quoted(
    idp: MisbehavingProvider,
    confidential: OidcEngine,
    wrap: Callable[[int, dict[str, str]], Responder],
    field: str,
    echo: str,
) -> None:
    idp.answers["token"] = wrap(400, {"error": "invalid_grant", field: ECHOES[echo]})
    with pytest.raises(OAuthError) as caught:
        confidential.refresh(REFRESH_TOKEN, SCOPES, {})
    assert_no_canary(caught.value, BASIC[:8], REFRESH_TOKEN.reveal()[-8:])


def test_what_a_provider_says_otherwise_stays(idp: MisbehavingProvider, confidential: OidcEngine) -> None:
    words = f"AADSTS70008: the token {REFRESH_TOKEN.reveal()} of 'refresh_token' has expired (client nb)."
    idp.answers["token"] = faults.json(400, {"error": "invalid_grant", "error_description": words})
    with pytest.raises(OAuthError) as caught:
        confidential.refresh(REFRESH_TOKEN, SCOPES, {})
    said = "AADSTS70008: the token ••• of 'refresh_token' has expired (client nb)."
    assert caught.value.error_description == said


@pytest.mark.parametrize("token", ["r", "grant", "invalid_grant", "CANARY invalid_grant CANARY"])
def test_a_token_that_looks_like_an_error_does_not_hide_the_error(
    idp: MisbehavingProvider, confidential: OidcEngine, token: str
) -> None:
    idp.answers["token"] = faults.json(400, {"error": "invalid_grant"})
    with pytest.raises(OAuthError) as caught:
        confidential.refresh(Secret(token), SCOPES, {})
    assert caught.value.error == "invalid_grant"


def test_the_walk_finds_what_is_chained() -> None:
    """So that the tests above can fail."""
    inner, outer = ValueError({"deep": [Secret("CANARY-chained")]}), OAuthError("outside")
    outer.__context__, outer.__suppress_context__ = inner, True
    assert "CANARY-chained" in texts_in(outer)


def everything_logged(caplog: pytest.LogCaptureFixture) -> str:
    formatter = logging.Formatter("%(message)s %(args)s")
    said = [formatter.format(record) + repr(vars(record)) for record in caplog.records]
    return "\n".join(said)


def test_no_secret_in_the_log_at_debug(
    idp: MisbehavingProvider,
    engine: OidcEngine,
    confidential: OidcEngine,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "requests", "requests_oauth2client", "jwskate", "jupyter_auth"):
        caplog.set_level(logging.DEBUG, logger=name)
    started = engine.start_device(SCOPES, (), {})
    idp.approve(user_code=started.user_code)
    signed_in = engine.poll_device(started.device_code)
    assert signed_in.refresh_token is not None
    refreshed = engine.refresh(signed_in.refresh_token, SCOPES, {})
    assert refreshed.refresh_token is not None
    engine.revoke(refreshed.refresh_token, "refresh_token")
    monkeypatch.setattr(transport, "TOTAL_TIMEOUT", 0.3)
    secrets = [
        started.device_code, signed_in.access_token, signed_in.refresh_token, refreshed.access_token,
        refreshed.refresh_token,
    ]  # fmt: skip
    for call in ("start", "poll", "refresh"):
        endpoint, ask = CALLS[call]
        for fault in BAD.values():
            idp.answers[endpoint] = fault
            try:
                ask(confidential)
            except AuthError as problem:
                logging.getLogger("test").debug("It failed", exc_info=problem)
    said = everything_logged(caplog)
    assert "urllib3.connectionpool" in said
    assert "CANARY" not in said
    assert "Q0FOQVJZ" not in said
    assert started.user_code not in said
    for secret in secrets:
        assert secret.reveal()[:8] not in said


# -- the client's own secret ---------------------------------------------------------------------------------


def test_the_client_secret_goes_into_the_header(idp: MisbehavingProvider, confidential: OidcEngine) -> None:
    seen: list[str] = []

    def respond(request: Request) -> faults.Answer:
        seen.append(request.headers.get("Authorization", ""))
        return 400, {}, b'{"error": "invalid_client"}'

    idp.answers["token"] = respond
    with pytest.raises(OAuthError, match="invalid_client"):
        confidential.refresh(REFRESH_TOKEN, SCOPES, {})
    client_id, secret = base64.b64decode(seen[0].removeprefix("Basic ")).decode().split(":")
    assert (client_id, unquote_plus(secret)) == ("nb", CLIENT_SECRET)  # RFC 6749 §2.3.1
    assert "client_secret" not in idp.requests[-1].form


@pytest.mark.parametrize("content", [None, "", " \n", b"\xff\xfe"])
def test_a_client_secret_that_cannot_be_read(
    make_engine: MakeEngine, tmp_path: Path, content: str | bytes | None
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ProfileError) as caught:
        make_engine(client_secret_file=str(file)).start_device(SCOPES, (), {})
    assert caught.value.reason == "client_secret"


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def too_large(path: Path) -> None:
    path.write_text("ü" * (MAX_FILE // 2) + " more", encoding="utf-8")


@pytest.mark.parametrize("key", ["client_secret_file", "client_key_file", "client_assertion_file"])
@pytest.mark.parametrize("make", [a_pipe, Path.mkdir, too_large])
def test_a_credential_file_that_is_none_keeps_nobody_waiting(
    make_engine: MakeEngine, tmp_path: Path, key: str, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "secret")
    engine = make_engine(**{key: str(tmp_path / "secret")})
    work = DaemonThreads(1, "reads").submit(engine.client_credentials, SCOPES, (), {})
    with pytest.raises(ProfileError) as caught:
        work.result(5)
    assert caught.value.reason == key.removesuffix("_file")


BAD_KEYS = {
    "text": "CANARY",
    "no JSON": '{"CANARY":',
    "deep": '{"CANARY":' * 3000,
    "PEM": "-----BEGIN PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----",
    "RSA": '{"kty":"RSA","n":"CANARY","e":"AQAB","d":"CANARY-d"}',
    "EC": '{"kty":"EC","crv":"P-256","x":"CANARY","y":"CANARY","d":"CANARY"}',
    "curve": '{"kty":"EC","crv":"CANARY","x":"AA","y":"AA","d":"CANARY"}',
    "kind": '{"kty":"CANARY","d":["CANARY"]}',
    "symmetric": '{"kty":"oct","k":"CANARY"}',
}


@pytest.mark.parametrize("kind", BAD_KEYS)
def test_a_broken_private_key_is_in_no_exception(make_engine: MakeEngine, tmp_path: Path, kind: str) -> None:
    (tmp_path / "key").write_text(BAD_KEYS[kind], encoding="utf-8")
    with pytest.raises(ProfileError) as caught:
        make_engine(client_key_file=str(tmp_path / "key")).client_credentials(SCOPES, (), {})
    assert caught.value.reason == "client_key"
    assert_no_canary(caught.value)


def test_a_credential_file_of_nobody_s(make_engine: MakeEngine) -> None:
    with pytest.raises(ProfileError):
        make_engine(client_secret_file="~no-such-person/secret").client_credentials(SCOPES, (), {})


def test_a_client_secret_in_a_variable(
    idp: MisbehavingProvider, make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_engine(client_secret_env="TEST_CLIENT_SECRET")
    monkeypatch.delenv("TEST_CLIENT_SECRET", raising=False)
    with pytest.raises(ProfileError, match="TEST_CLIENT_SECRET"):
        engine.start_device(SCOPES, (), {})
    monkeypatch.setenv("TEST_CLIENT_SECRET", "CANARY")
    assert engine.start_device(SCOPES, (), {}).user_code

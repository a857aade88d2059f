"""Faults of network and transport: each ends in a typed error, in time, and nothing is followed."""

import email.utils
import gzip
import socket
import time
from collections.abc import Callable

import pytest

from jupyter_auth.core.errors import TransportError
from jupyter_auth.providers import transport
from jupyter_auth.providers.oidc import OidcEngine
from tests.idp import MisbehavingProvider, Request, Responder, faults
from tests.unit.providers.calls import CALLS, TOKEN_CALLS, assert_no_canary
from tests.unit.providers.conftest import MakeEngine

DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
DIGITS = b'{"expires_in": ' + b"9" * 5_000 + b"}"


def shorter_than_announced(request: Request) -> None:
    """Hang up in the middle of a body that could be read as it is."""
    request.handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{}")


PASSING: dict[str, Responder] = {
    "500 that says invalid_grant": faults.json(500, {"error": "invalid_grant"}),
    "502 page": faults.html(502),
    "503 empty": faults.empty(503),
    "503 form": faults.form(503, {"error": "invalid_grant"}),
    "504 page": faults.html(504),
    "408": faults.empty(408),
    "425": faults.empty(425),
    "429 page": faults.html(429),
    "429 that says invalid_grant": faults.json(429, {"error": "invalid_grant"}),
    "temporarily_unavailable": faults.json(400, {"error": "temporarily_unavailable"}),
    "server_error": faults.json(400, {"error": "server_error"}),
    "captive portal, 200": faults.html(200),
    "captive portal, 302": faults.redirect("https://portal.example/login"),
    "captive portal, 511": faults.html(511),
    "captive portal that links to an error": faults.html(200, "<a href='?x=1&error=invalid_grant&y=2'>"),
    "page with an error in a 302": lambda _r: (302, {"Location": "/x"}, b"<a>&error=invalid_grant&"),
    "redirect to nowhere": faults.redirect("http://[::bad"),
    "redirect without an address": faults.empty(307),
    "200 empty": faults.empty(200),
    "204": faults.empty(204),
    "200 list": faults.json(200, ["access_token"]),
    "200 text": faults.json(200, "access_token"),
    "200 null": faults.json(200, None),
    "200 no JSON, called JSON": faults.fixed(200, "application/json", b'{"access_token":'),
    "200 not UTF-8": faults.fixed(200, "application/json", b'{"a": "\xff\xfe\x00"}'),
    "200 too deep": faults.fixed(200, "application/json", DEEP),
    "200 number of 5000 digits": faults.fixed(200, "application/json", DIGITS),
    "200 of 10 MB": faults.huge(10_000_000),
    "400 of 10 MB": faults.fixed(400, "application/json", b" " * 10_000_000),
    "gzip bomb": faults.gzip_bomb(),
    "no gzip, called gzip": faults.fixed(200, "application/json", b"no", {"Content-Encoding": "gzip"}),
    "shorter than announced": shorter_than_announced,
}  # fmt: skip


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("call", CALLS)
def test_a_passing_fault_is_a_retryable_transport_error(
    idp: MisbehavingProvider, engine: OidcEngine, call: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "TOTAL_TIMEOUT", 5.0)
    endpoint, ask = CALLS[call]
    idp.answers[endpoint] = PASSING[fault]
    with pytest.raises(TransportError) as caught:
        ask(engine)
    assert caught.value.retryable is True
    assert idp.count(endpoint) == 1
    assert_no_canary(caught.value)


# -- Retry-After ---------------------------------------------------------------------------------------------


def in_seconds(seconds: float) -> str:
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        ("7", 7, 7),
        ("0", 0, 0),
        ("99999999999999999999", 3600, 3600),
        (120, 60, 121),
        (10**6, 3600, 3600),
        (-60, 0, 0),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_read(
    idp: MisbehavingProvider, engine: OidcEngine, *, status: int, value: str | int, low: float, high: float
) -> None:
    header = value if isinstance(value, str) else in_seconds(value)  # a number stands for that date
    idp.answers["token"] = faults.fixed(status, "text/plain", b"", {"Retry-After": header})
    with pytest.raises(TransportError) as caught:
        CALLS["refresh"][1](engine)
    assert low <= (-1 if caught.value.retry_after is None else caught.value.retry_after) <= high


SENSELESS = [
    "", "soon", "-5", "1.5", "²", "\xb9\xb2", "1e9", "nan", ",", "00:00:00",
    "Mon, 99 Foo 2026 99:99:99 GMT", "Fri, 31 Dec 99999 23:59:59 GMT",
]  # fmt: skip


@pytest.mark.parametrize("value", SENSELESS)
def test_a_senseless_retry_after_is_ignored(idp: MisbehavingProvider, engine: OidcEngine, value: str) -> None:
    idp.answers["token"] = faults.fixed(429, "text/plain", b"", {"Retry-After": value})
    with pytest.raises(TransportError) as caught:
        CALLS["refresh"][1](engine)
    assert caught.value.retry_after is None
    assert caught.value.reason == "throttled"


# -- time ----------------------------------------------------------------------------------------------------


def test_a_slow_answer_within_the_time_is_read(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    body = gzip.compress(b'{"access_token": "' + b"x" * 200 + b'", "token_type": "bearer"}')

    def respond(request: Request) -> None:
        request.handler.send_response(200)
        request.handler.send_header("Content-Encoding", "gzip")
        request.handler.send_header("Content-Length", str(len(body)))
        request.handler.end_headers()
        for at in range(len(body)):
            request.handler.wfile.write(body[at : at + 1])
            request.handler.wfile.flush()
            request.stopping.wait(0.002)

    idp.answers["token"] = respond
    answer = CALLS["refresh"][1](engine)
    assert answer.access_token.reveal() == "x" * 200


# -- size ----------------------------------------------------------------------------------------------------


# -- network -------------------------------------------------------------------------------------------------


def hang_up(request: Request) -> None:
    request.handler.connection.shutdown(socket.SHUT_RDWR)


def garbage(request: Request) -> None:
    request.handler.wfile.write(b"\x00\x01\x02 not HTTP at all \xff\r\n\r\n" * 10)


def long_header(request: Request) -> None:
    request.handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n")


@pytest.mark.parametrize("fault", [hang_up, garbage, long_header])
@pytest.mark.parametrize("call", ["discover", *TOKEN_CALLS])
def test_a_broken_connection(
    idp: MisbehavingProvider, engine: OidcEngine, call: str, fault: Callable[[Request], None]
) -> None:
    endpoint, ask = CALLS[call]
    idp.answers[endpoint] = fault
    with pytest.raises(TransportError) as caught:
        ask(engine)
    assert caught.value.retryable is True
    assert_no_canary(caught.value)


def test_a_name_without_an_address_may_be_mistyped(
    make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("https_proxy", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.upper(), raising=False)
    with pytest.raises(
        TransportError, match=r"idp\.exmple\.invalid was not found.*spells it right"
    ) as caught:
        make_engine(issuer="https://idp.exmple.invalid").discover()
    assert (caught.value.reason, caught.value.retryable) == ("unreachable", True)


def test_plain_http_at_that_port_is_no_matter_of_certificates(
    idp: MisbehavingProvider, make_engine: MakeEngine
) -> None:
    with pytest.raises(TransportError, match=r"find no common TLS.*asked with https") as caught:
        make_engine(issuer=idp.issuer.replace("http:", "https:")).discover()
    assert (caught.value.reason, caught.value.retryable) == ("tls", False)


@pytest.mark.parametrize(
    "issuer", ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "https://provider.invalid"]
)
@pytest.mark.parametrize("call", CALLS)
def test_nobody_there(
    make_engine: MakeEngine, issuer: str, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.upper(), raising=False)
    with pytest.raises(TransportError) as caught:
        CALLS[call][1](make_engine(issuer=issuer))
    assert caught.value.retryable is True
    assert caught.value.reason == "unreachable"
    assert_no_canary(caught.value)


# -- redirects -----------------------------------------------------------------------------------------------

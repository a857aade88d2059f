"""S38: an answer has 1 MiB unpacked, few parts, little depth, 10 s to connect and 30 s in all.

Half of the file is the hostile answers, a function each; so it is a little longer than others.
"""

import contextlib
import gzip
import json
import socket
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jupyter_auth.core.errors import TransportError
from jupyter_auth.providers import transport
from jupyter_auth.providers.oidc import OidcEngine
from tests.idp import MisbehavingProvider, Request, Responder, faults
from tests.unit.providers.calls import CALLS, assert_no_canary
from tests.unit.providers.conftest import MakeEngine


def test_the_limits_are_those_of_the_promise() -> None:
    assert (transport.MAX_BODY, transport.CONNECT_TIMEOUT, transport.TOTAL_TIMEOUT) == (1 << 20, 10.0, 30.0)


# -- time ----------------------------------------------------------------------------------------------------


def drip_headers(request: Request) -> None:
    """Send a header line byte by byte, so that each single read succeeds."""
    request.handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not request.stopping.wait(0.02):
        request.handler.wfile.write(b"x")
        request.handler.wfile.flush()


def many_headers(request: Request) -> None:
    """Send header after header."""
    request.handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not request.stopping.wait(0.02):
        request.handler.wfile.write(b"X: 1\r\n")


def drip_chunks(request: Request) -> None:
    """Send a body in chunks of one byte without end."""
    request.handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not request.stopping.wait(0.02):
        request.handler.wfile.write(b"1\r\n \r\n")


def half_then_silence(request: Request) -> None:
    """Send half of a body just before the end of the time, then nothing."""
    request.handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    request.handler.wfile.flush()
    request.stopping.wait(0.3)
    request.handler.wfile.write(b" ")
    request.handler.wfile.flush()
    request.stopping.wait(20)


SLOW: dict[str, Responder] = {
    "says nothing": faults.hang(20),
    "a byte at a time": faults.drip(0.05, b" " * 1000),
    "headers a byte at a time": drip_headers,
    "endless headers": many_headers,
    "endless chunks": drip_chunks,
    "half, then silence": half_then_silence,
}


@pytest.mark.parametrize("fault", SLOW)
@pytest.mark.parametrize("call", ["discover", "poll"])
def test_a_slow_answer_ends_in_time(
    idp: MisbehavingProvider, engine: OidcEngine, call: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint, ask = CALLS[call]
    if call != "discover":
        engine.discover()
    monkeypatch.setattr(transport, "TOTAL_TIMEOUT", 0.4)
    idp.answers[endpoint] = SLOW[fault]
    started = time.monotonic()
    with pytest.raises(TransportError) as caught:
        ask(engine)
    assert time.monotonic() - started < 15
    assert caught.value.retryable is True
    assert caught.value.reason in {"timeout", "unreachable"}
    assert_no_canary(caught.value)


# -- size ----------------------------------------------------------------------------------------------------


def twice_packed(size: int) -> Responder:
    packed = gzip.compress(gzip.compress(b"x" * size, 9), 9)
    return faults.fixed(200, "application/json", packed, {"Content-Encoding": "gzip, gzip"})


def packed(body: bytes, coding: str) -> Responder:
    return faults.fixed(200, "application/json", body, {"Content-Encoding": coding})


def deflated(size: int) -> Responder:
    return packed(zlib.compress(b" " * size, 9), "deflate")


def endless(piece: bytes, *, coding: str = "") -> Responder:
    """A body in chunks that goes on for as long as somebody reads."""

    def respond(request: Request) -> None:
        head = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: {coding}\r\n\r\n"
        request.handler.wfile.write(head.encode())
        with contextlib.suppress(OSError):
            while not request.stopping.is_set():
                request.handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))

    return respond


def plain(size: int) -> Responder:
    return faults.fixed(200, "application/json", b" " * size)


#: made by the test: it takes seconds, and every process of a test run collects every module
BOMBS: dict[str, Callable[[], Responder]] = {
    "gzip": lambda: faults.gzip_bomb(256 << 20),
    "gzip in gzip": lambda: twice_packed(256 << 20),
    "deflate": lambda: deflated(256 << 20),
    "plain": lambda: plain(20 << 20),
    "a byte too large": lambda: plain((1 << 20) + 1),
    "endless": lambda: endless(b" " * 4096),
    "endless empty gzip members": lambda: endless(gzip.compress(b" " * (1 << 20)), coding="gzip"),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_not_unpacked(
    idp: MisbehavingProvider, engine: OidcEngine, bomb: Callable[[], Responder]
) -> None:
    engine.discover()
    idp.answers["token"] = bomb()
    tracemalloc.start()
    try:
        with pytest.raises(TransportError) as caught:
            CALLS["poll"][1](engine)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.reason == "body_too_large"
    assert peak < 8 << 20


def test_a_body_of_just_the_size_is_read(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    body = json.dumps({"access_token": "a", "token_type": "Bearer"}).encode().ljust(1 << 20)
    idp.answers["token"] = packed(gzip.compress(body), "gzip")
    assert CALLS["refresh"][1](engine).access_token.reveal() == "a"


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, br", "BR", "x"])
def test_what_is_packed_otherwise_is_not_unpacked(
    idp: MisbehavingProvider, engine: OidcEngine, coding: str
) -> None:
    """Whether urllib3 knows these depends on what else is installed."""
    body = json.dumps({"access_token": "CANARY", "token_type": "Bearer"}).encode()
    idp.answers["token"] = packed(body, coding)
    with pytest.raises(TransportError) as caught:
        CALLS["refresh"][1](engine)
    assert caught.value.retryable is True
    assert_no_canary(caught.value)


def test_no_other_is_asked_for(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    asked: list[str | None] = []
    right = idp.answers["discovery"]

    def respond(request: Request) -> faults.Answer | None:
        asked.append(request.headers.get("Accept-Encoding"))
        return right(request)

    idp.answers["discovery"] = respond
    engine.discover()
    assert asked == ["gzip, deflate"]


DEEP = {
    "lists": b"[" * 500_000,
    "objects": b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
    "many empty lists": b"[" + b"[]," * 300_000 + b"[]]",
    "many numbers": b"[" + b"1," * 500_000 + b"1]",
    "many keys": b"{" + b",".join(b'"%d":1' % number for number in range(100_000)) + b"}",
    "a number of a million digits": b'{"expires_in":' + b"9" * 1_000_000 + b"}",
    "a string of escapes": b'{"access_token":"' + rb"\u0000" * 170_000 + b'"}',
}


@pytest.mark.parametrize("body", DEEP.values(), ids=DEEP)
def test_json_that_is_deep_or_of_many_parts(
    idp: MisbehavingProvider, engine: OidcEngine, body: bytes
) -> None:
    idp.answers["token"] = faults.fixed(200, "application/json", body)
    engine.discover()
    started = time.process_time()
    with pytest.raises(TransportError):
        CALLS["poll"][1](engine)
    assert time.process_time() - started < 3.5


def headers(count: int, size: int) -> Responder:
    def respond(request: Request) -> None:
        lines = b"".join(b"X-%d: %b\r\n" % (number, b"x" * size) for number in range(count))
        request.handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n{}")

    return respond


def chunk_size(request: Request) -> None:
    """A size of a chunk that never ends."""
    request.handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1")
    with contextlib.suppress(OSError):
        while not request.stopping.is_set():
            request.handler.wfile.write(b";" + b"x" * 65_536)


def trailers(request: Request) -> None:
    """Headers after the body that never end."""
    request.handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")
    with contextlib.suppress(OSError):
        while not request.stopping.is_set():
            request.handler.wfile.write(b"X: y\r\n" * 1000)


def continues(request: Request) -> None:
    """An answer that is still to come, for ever."""
    with contextlib.suppress(OSError):
        while not request.stopping.is_set():
            request.handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


HEAD = {
    "one of 100 KB": headers(1, 100_000),
    "100 000 of them": headers(100_000, 10),
    "a size without end": chunk_size,
    "trailers without end": trailers,
    "100 Continue without end": continues,
}


@pytest.mark.parametrize("answer", HEAD.values(), ids=HEAD)
def test_what_stands_around_the_body(
    idp: MisbehavingProvider, engine: OidcEngine, answer: Responder, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.discover()
    monkeypatch.setattr(transport, "TOTAL_TIMEOUT", 1.0)
    idp.answers["token"] = answer
    tracemalloc.start()
    started = time.monotonic()
    try:
        with pytest.raises(TransportError):
            CALLS["poll"][1](engine)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.monotonic() - started < 15
    assert peak < 16 << 20


# -- connecting ----------------------------------------------------------------------------------------------


@pytest.fixture
def black_holes() -> Iterator[list[tuple[str, int]]]:
    """Addresses at which nobody ever answers: what waits to be accepted there is full."""
    made: list[socket.socket] = []
    places = []
    for last in range(2, 10):
        listening = socket.socket()
        listening.bind((f"127.0.0.{last}", 0))
        listening.listen(0)
        made.append(listening)
        for _ in range(3):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(listening.getsockname())
            made.append(one)
        places.append(listening.getsockname())
    yield places
    for one in made:
        one.close()


def test_many_addresses_of_a_name_have_the_time_of_one(
    make_engine: MakeEngine, black_holes: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "CONNECT_TIMEOUT", 0.5)
    real, port = socket.getaddrinfo, black_holes[0][1]
    ports = dict(black_holes)

    def getaddrinfo(host: str, *rest: Any, **more: Any) -> list[Any]:
        if host == "idp.example.test":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in black_holes]
        if host in ports:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, ports[host]))]
        return list(real(host, *rest, **more))

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    started = time.monotonic()
    with pytest.raises(TransportError) as caught:
        make_engine(issuer=f"https://idp.example.test:{port}").discover()
    assert caught.value.reason in ("timeout", "unreachable")
    assert time.monotonic() - started < 3.5

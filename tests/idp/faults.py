"""Answers that a provider should not give, each a responder for ``MisbehavingProvider.answers``."""

import functools
import gzip
import json as jsonlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlencode

Answer = tuple[int, Mapping[str, str], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a responder is given; to answer by hand it writes with ``handler`` and returns None."""

    endpoint: str
    method: str
    path: str
    form: Mapping[str, str]
    headers: Mapping[str, str]
    handler: BaseHTTPRequestHandler
    stopping: threading.Event  # set when the provider stops: wait on it instead of sleeping


Responder = Callable[[Request], Answer | None]


def fixed(status: int, content_type: str, body: bytes, headers: Mapping[str, str] | None = None) -> Responder:
    """Answer always the same."""
    answer = (status, {"Content-Type": content_type, **(headers or {})}, body)
    return lambda _request: answer


def json(status: int, value: object, headers: Mapping[str, str] | None = None) -> Responder:
    """Answer with any JSON, right or wrong in shape."""
    return fixed(status, "application/json", jsonlib.dumps(value).encode(), headers)


def html(status: int, text: str = "<!doctype html><title>Bad gateway</title><h1>It broke</h1>") -> Responder:
    """Answer with the page of a proxy or of a captive portal."""
    return fixed(status, "text/html; charset=utf-8", text.encode())


def empty(status: int) -> Responder:
    """Answer with no body."""
    return lambda _request: (status, {}, b"")


def form(status: int, values: Mapping[str, str]) -> Responder:
    """Answer form-encoded, as some providers do in spite of RFC 6749 §5.1."""
    return fixed(status, "application/x-www-form-urlencoded", urlencode(values).encode())


def redirect(url: str, status: int = 302) -> Responder:
    """Send the client, and with it the secrets it posted, elsewhere."""
    return lambda _request: (status, {"Location": url}, b"")


def huge(size: int) -> Responder:
    """Answer well-formed JSON of at least this many bytes."""
    return json(200, {"padding": "x" * size})


def gzip_bomb(size: int = 64 << 20) -> Responder:
    """Answer JSON that is small on the wire and unpacks to ``size`` bytes."""
    return fixed(200, "application/json", _packed(size), {"Content-Encoding": "gzip"})


@functools.cache
def _packed(size: int) -> bytes:
    """Once for each process, since modules have their bombs when they are collected."""
    return gzip.compress(b'{"padding": "' + b"x" * size + b'"}', compresslevel=9)


def drip(seconds: float, body: bytes = b'{"access_token": "slow", "token_type": "Bearer"}') -> Responder:
    """Answer one byte each ``seconds``, so that no timeout of a single read ever strikes."""

    def respond(request: Request) -> None:
        handler = request.handler
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        for at in range(len(body)):
            handler.wfile.write(body[at : at + 1])
            handler.wfile.flush()
            if request.stopping.wait(seconds):
                return

    return respond


def hang(seconds: float = 3600.0) -> Responder:
    """Take the request and say nothing for that long, then hang up."""

    def respond(request: Request) -> None:
        request.stopping.wait(seconds)

    return respond


def in_turn(*responders: Responder) -> Responder:
    """Answer with each responder once, and with the last one from then on."""
    left = list(responders)
    lock = threading.Lock()

    def respond(request: Request) -> Answer | None:
        with lock:
            responder = left.pop(0) if len(left) > 1 else left[0]
        return responder(request)

    return respond

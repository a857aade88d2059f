"""What an HTTP server may answer: any status, headers and body, cut, packed, too large, slow, or no HTTP."""

import gzip
import json
import urllib.parse
import zlib
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from tests.fuzz import values
from tests.idp import Answer, Request

#: Stands in a document where the provider repeats a secret that it was sent.
ECHO = "%ECHO%"
_SENT = (
    "refresh_token", "device_code", "code", "code_verifier", "subject_token", "assertion", "token",
    "client_secret", "client_assertion",
)  # fmt: skip
DRIP = 0.4  # seconds between two bytes of a slow answer

_STATUSES = (100, 201, 204, 206, 301, 302, 304, 307, 403, 404, 408, 418, 425, 429, 500, 503, 599, 999)
_TYPES = (
    "application/json", "application/json; charset=utf-16", "text/html", "text/plain; charset=nonsense", "",
    "application/x-www-form-urlencoded", "application/json\t", "application/jwt", "multipart/form-data",
)  # fmt: skip
_HEADERS = {
    "Retry-After": (
        "0",
        "-1",
        "1e9",
        "9" * 400,
        "Wed, 21 Oct 2015 07:28:00 GMT",
        "Wed, 32 Foo 99999",
        "\xd9\xa3",
        "",
    ),
    "Location": ("http://127.0.0.1:1/", "//evil.example/", "javascript:alert(1)", "\\\\evil", "/"),
    "WWW-Authenticate": ("Bearer", 'Bearer realm="a', "Basic realm=/etc/passwd", "Basic realm=", "=" * 200),
    "Set-Cookie": ("a=b; Domain=.com", "=" * 5000),
    "Transfer-Encoding": ("chunked", "gzip, chunked", "identity"),
    "Content-Encoding": ("gzip", "br", "deflate", "zstd", "gzip, gzip", "nonsense"),
    "Link": ("<" * 300,),
    "x-ms-request-id": ("\x1b[31m", "a" * 5000, "\u00ff"),
    "Connection": ("keep-alive", "upgrade"),
}
_PACKED = ("gzip", "deflate", "raw deflate", "gzip twice", "gzip cut", "bomb")
_HEAD = b"HTTP/1.1 200 OK\r\n"
_RAW = (
    b"", b"\r\n", b"HTTP/1.1\r\n\r\n", _HEAD, b"HTTP/9.9 200 OK\r\n\r\n{}", b"\0" * 100,
    b"HTTP/1.1 2000 OK\r\n\r\n", b"HTTP/1.1 -1 OK\r\n\r\n", _HEAD + b"Content-Length: -1\r\n\r\n{}",
    _HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}", b"HTTP/1.1 100 Continue\r\n\r\n" * 200,
    _HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffff\r\n{}",
    _HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}", _HEAD + b"A: b\r\n" * 500,
    _HEAD + b"Content-Length: 999999\r\n\r\n{}", _HEAD + b"A\r\n: b\r\n\r\n{}",
    _HEAD + b"A" * 70000 + b": b\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\n{", b"SSH-2.0-x\r\n",
    _HEAD + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b", b"HTTP/1.1 101 Switching\r\n\r\n",
)  # fmt: skip


@st.composite
def answers(draw: st.DrawFn, documents: st.SearchStrategy[Any], seeds: list[bytes]) -> dict[str, Any]:
    """An answer, most often JSON of ``documents``; ``seeds`` are texts to change byte by byte, and hold
    no secret."""
    chance = draw(values.dice)
    status = chance.choices([200, 400, 401, chance.choice(_STATUSES)], [60, 15, 5, 20])[0]
    made: dict[str, Any] = {"status": status, "headers": [], "type": "application/json"}
    match chance.randrange(25):
        case 0:
            return {"raw": draw(st.sampled_from(_RAW) | st.binary(max_size=80))}
        case 1 | 2:
            made["body"] = draw(values.encoded(values.hostile) | st.binary(max_size=60))
        case 3 | 4:
            made["body"] = draw(values.mutated(seeds))
        case 5:
            made["body"] = urllib.parse.urlencode(_flat(draw(documents))).encode()
        case 6:
            made["body"] = json.dumps({"keys": [], "a": [0] * chance.choice([10, 30_000])}).encode()
        case 7:
            made |= {"body": b'{"a": "', "pad": chance.choice([2**20 - 7, 2**20, 3 * 2**20])}
        case _:
            made["body"] = draw(values.encoded(documents))
    if chance.random() < 0.1:
        made["type"] = chance.choice(_TYPES)
    if chance.random() < 0.15:
        names = chance.sample(sorted(_HEADERS), chance.choice([1, 2]))
        made["headers"] = [(name, chance.choice(_HEADERS[name])) for name in names]
    if chance.random() < 0.06:
        made["packed"] = chance.choice(_PACKED)
    if chance.random() < 0.01:
        made["slow"] = True
    return made


def _flat(document: Any) -> dict[str, str]:
    if not isinstance(document, Mapping):
        return {}
    pairs = {name: value if isinstance(value, str) else json.dumps(value) for name, value in document.items()}
    return {_without_surrogates(name): _without_surrogates(value) for name, value in pairs.items()}


def _without_surrogates(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def respond(answer: Mapping[str, Any], request: Request) -> Answer | None:
    """Give ``answer``; what is no HTTP is written as it is."""
    handler = request.handler
    if "raw" in answer:
        handler.wfile.write(answer["raw"])
        handler.close_connection = True
        return None
    body = answer["body"] + b"x" * answer.get("pad", 0) + (b'"}' if "pad" in answer else b"")
    body = body.replace(ECHO.encode(), json.dumps(_sent(request))[1:-1].encode())
    headers = {"Content-Type": answer["type"], **dict(answer["headers"])}
    if "packed" in answer:
        body = _packed(body, answer["packed"])
        headers["Content-Encoding"] = "deflate" if "deflate" in answer["packed"] else "gzip"
    if "slow" in answer:
        _drip(request, answer["status"], headers, body)
        return None
    return answer["status"], headers, body


def _sent(request: Request) -> str:
    return next((request.form[name] for name in _SENT if name in request.form), "nothing")


def _packed(body: bytes, way: str) -> bytes:
    match way:
        case "deflate":
            return zlib.compress(body)
        case "raw deflate":
            return zlib.compress(body)[2:-4]
        case "gzip twice":
            return gzip.compress(gzip.compress(body))
        case "gzip cut":
            return gzip.compress(body)[:-9]
        case "bomb":
            return _BOMB
        case _:
            return gzip.compress(body)


_BOMB = gzip.compress(b'{"padding": "' + b"x" * (32 << 20) + b'"}')


def _drip(request: Request, status: int, headers: Mapping[str, str], body: bytes) -> None:
    handler = request.handler
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    for at in range(len(body)):
        handler.wfile.write(body[at : at + 1])
        handler.wfile.flush()
        if request.stopping.wait(DRIP):
            return

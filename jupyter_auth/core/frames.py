"""The kernel protocol's frames and proof: 4-byte big-endian length, then one JSON object.

docs/protocol.md specifies it with test vectors; other languages implement it from there.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_auth.core.errors import TransportError
from jupyter_auth.core.secret import utf8

PROTOCOL_VERSION = 1
MAX_FRAME = 64 * 1024  # bytes of JSON
MAX_DEPTH = 64  # objects and lists inside each other
HEADER = 4  # bytes of length

_CONTEXT = b"jupyter_auth/v1\0"


class FrameError(TransportError):
    """The other side sent something that is no frame."""

    default_reason = "bad_frame"


if TYPE_CHECKING:

    class Readable(Protocol):
        """What ``read_frame`` needs of a socket."""

        def recv(self, size: int, /) -> bytes: ...


def encode(message: dict[str, Any]) -> bytes:
    """The frame of ``message``."""
    __tracebackhide__ = True  # a request may hold an assertion
    try:
        body = json.dumps(message, separators=(",", ":"), allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise FrameError("A frame cannot hold NaN, infinity or itself.", retryable=False) from None
    if len(body) > MAX_FRAME:
        raise FrameError(f"A frame of {len(body)} bytes is larger than {MAX_FRAME}.", retryable=False)
    return len(body).to_bytes(HEADER, "big") + body


def body_length(header: bytes) -> int:
    """The length a frame's header announces; raises ``FrameError`` beyond the limit."""
    length = int.from_bytes(header, "big")
    if not 2 <= length <= MAX_FRAME:
        raise FrameError(f"A frame announces {length} bytes; 2 to {MAX_FRAME} are allowed.", retryable=False)
    return length


def decode(body: bytes) -> dict[str, Any]:
    """The JSON object of a frame's body, in UTF-8.

    Duplicate keys, NaN, numbers beyond every float, deep nesting and anything but an object are refused.
    """
    message: Any = None
    with suppress(ValueError, RecursionError):
        message = json.loads(
            body.decode(), object_pairs_hook=_unique, parse_constant=_refused, parse_float=_finite
        )
    # Raised out here, the error has no parser's error behind it, which would hold the whole text.
    if not isinstance(message, dict) or not _is_flat_enough(message):
        raise FrameError("A frame holds no valid JSON object.", retryable=False)
    return message


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("duplicate key")
    return result


def _is_flat_enough(message: dict[str, Any]) -> bool:
    # The parser's own limit differs by version of Python, and lets through what later code trips over.
    level: list[Any] = [message]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return True
    return False


def _refused(constant: str) -> Any:
    raise ValueError(constant)


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError("beyond every float")
    return value


def read_frame(sock: Readable) -> dict[str, Any]:
    """Read one frame from a blocking socket; raises ``ConnectionError`` when the other side has gone."""
    __tracebackhide__ = True  # as in wire.result_from_wire
    return decode(_read_exactly(sock, body_length(_read_exactly(sock, HEADER))))


def _read_exactly(sock: Readable, size: int) -> bytes:
    __tracebackhide__ = True  # here a wait is interrupted
    data = b""
    while len(data) < size:
        chunk = sock.recv(size - len(data))
        if not chunk:
            raise ConnectionError("the broker closed the connection")
        data += chunk
    return data


def proof(key: bytes, broker_id: str, nonce: str) -> str:
    """What a kernel answers to a nonce: hex HMAC-SHA256 over context, broker and nonce."""
    message = _CONTEXT + utf8(broker_id) + b"\0" + utf8(nonce)
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def proof_matches(key: bytes, broker_id: str, nonce: str, mac: str) -> bool:
    """Constant-time check of a proof; an empty key proves nothing."""
    return bool(key) and hmac.compare_digest(utf8(proof(key, broker_id, nonce)), utf8(mac))

"""Frames and proofs: what is taken, what is refused, and that a refusal repeats nothing."""

import math
import re
import socket
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.core import frames
from jupyter_auth.core.frames import MAX_FRAME, FrameError, body_length, decode, encode, proof, proof_matches
from jupyter_auth.core.secret import Secret
from tests.unit.core.samples import CANARY, assert_hidden, result

SPECIFICATION = Path(__file__).parents[3] / "docs" / "protocol.md"


class Chunks:
    """The other end of a socket that hands out its bytes in pieces, then ends."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data, self._size = data, size

    def recv(self, size: int, /) -> bytes:
        taken = min(size, self._size)
        piece, self._data = self._data[:taken], self._data[taken:]
        return piece


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"op": "hello", "v": 1},
        {"text": "é • \U0001f600 \ud800", "list": [1, 2.5, None, True, {"deep": []}]},
        {"a": {"b": {"a": 1}}},
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1 << 20])
def test_a_frame_comes_back_as_it_was_sent(message: dict[str, Any], size: int) -> None:
    assert frames.read_frame(Chunks(encode(message), size)) == message


def test_frames_follow_each_other_on_a_real_socket() -> None:
    mine, theirs = socket.socketpair()
    with mine, theirs:
        theirs.sendall(encode({"n": 1}) + encode({"n": 2}) + encode({"n": 3})[:-1])
        theirs.shutdown(socket.SHUT_WR)
        assert [frames.read_frame(mine)["n"] for _ in range(2)] == [1, 2]
        with pytest.raises(ConnectionError):
            frames.read_frame(mine)


@pytest.mark.parametrize("kept", range(len(encode({"op": "x"}))))
def test_a_truncated_frame_is_a_lost_connection(kept: int) -> None:
    with pytest.raises(ConnectionError):
        frames.read_frame(Chunks(encode({"op": "x"})[:kept], 64))


def test_the_limit_is_64_kib_of_json_both_ways() -> None:
    room = MAX_FRAME - len('{"x":""}')
    assert len(encode({"x": "y" * room})) == frames.HEADER + 64 * 1024
    with pytest.raises(FrameError) as caught:
        encode({"x": CANARY + "y" * room})
    assert caught.value.retryable is False
    assert_hidden(str(caught.value))


@pytest.mark.parametrize("length", [0, 1, MAX_FRAME + 1, 2**31, 2**32 - 1])
def test_a_length_out_of_bounds_is_refused_before_anything_is_read(length: int) -> None:
    with pytest.raises(FrameError):
        body_length(length.to_bytes(4, "big"))
    with pytest.raises(FrameError):
        frames.read_frame(Chunks(length.to_bytes(4, "big"), 64))


@pytest.mark.parametrize("length", [2, 3, MAX_FRAME])
def test_a_length_within_bounds_is_taken(length: int) -> None:
    assert body_length(length.to_bytes(4, "big")) == length


REFUSED = {
    "a key twice": b'{"op":"hello","op":"prove"}',
    "a key twice, deep": b'{"a":[{"b":{"c":1,"c":1}}]}',
    "a key twice, escaped": b'{"op":1,"\\u006fp":2}',
    "NaN": b'{"v":NaN}',
    "Infinity": b'{"v":Infinity}',
    "-Infinity": b'{"v":[-Infinity]}',
    "a number beyond every float": b'{"v":1e999}',
    "a negative one": b'{"v":-1e999}',
    "a list": b"[]",
    "a string": b'"hello"',
    "null": b"null",
    "a number": b"17",
    "nothing": b"",
    "blanks": b"   ",
    "not JSON": b"{op:1}",
    "cut off": b'{"op":"hel',
    "two objects": b"{}{}",
    "a nesting bomb of lists": b'{"a":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "a nesting bomb of objects": b'{"a":' * 9_000 + b"1" + b"}" * 9_000,
    "open brackets": b"[" * MAX_FRAME,
    "a number of many digits": b'{"v":' + b"9" * 60_000 + b"}",
    "not UTF-8": b'{"v":"\xff\xfe"}',
    "UTF-16": '{"op":"hello"}'.encode("utf-16"),
    "UTF-32": '{"op":"hello"}'.encode("utf-32-le"),
    "a byte order mark": b'\xef\xbb\xbf{"op":"hello"}',
    "a control character": b'{"v":"a\nb"}',
    "a NUL": b'{"v":1}\x00',
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_what_is_no_frame_is_refused(body: bytes) -> None:
    with pytest.raises(FrameError) as caught:
        decode(body)
    assert caught.value.reason == "bad_frame" and caught.value.retryable is False


@pytest.mark.parametrize("body", [b'{"t":"%s"', b'{"t":"%s","t":1}', b'["%s"]', b'{"t":"%s","v":NaN}'])
def test_a_refusal_holds_nothing_of_the_text_not_even_in_its_causes(body: bytes) -> None:
    with pytest.raises(FrameError) as caught:
        decode(body % CANARY.encode())
    error: BaseException | None = caught.value
    while error is not None:
        assert_hidden(f"{error!r} {error} {vars(error)} {getattr(error, 'doc', '')}")
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_cannot_say_is_not_sent(value: float) -> None:
    with pytest.raises(FrameError):
        encode({"v": [value]})


@pytest.mark.parametrize("value", [Secret(CANARY), result(), b"bytes", {1, 2}, object()])
def test_what_json_cannot_say_is_not_sent(value: object) -> None:
    with pytest.raises(TypeError) as caught:
        encode({"v": value})
    assert_hidden(str(caught.value))


class TestProof:
    KEY, BROKER, NONCE = b"a0436f6c-1916498a-8eb9-99a0436f6c55", "0f" * 16, "11" * 32

    def test_it_is_the_one_of_the_specification(self) -> None:
        text = SPECIFICATION.read_text(encoding="utf-8")
        vector = dict(re.findall(r"^(key|broker_id|nonce|mac) +(\S+)$", text, re.MULTILINE))
        assert proof(vector["key"].encode(), vector["broker_id"], vector["nonce"]) == vector["mac"]
        assert proof_matches(vector["key"].encode(), vector["broker_id"], vector["nonce"], vector["mac"])
        hello, prove = re.findall(r"^(000000[0-9a-f]+)$", text, re.MULTILINE)
        assert encode({"op": "hello", "v": 1}).hex() == hello
        assert encode({"op": "prove", "mac": vector["mac"]}).hex() == prove

    def test_it_holds_for_its_own_key_broker_and_nonce_only(self) -> None:
        mac = proof(self.KEY, self.BROKER, self.NONCE)
        assert proof_matches(self.KEY, self.BROKER, self.NONCE, mac)
        assert not proof_matches(self.KEY + b"x", self.BROKER, self.NONCE, mac)
        assert not proof_matches(self.KEY, self.BROKER + "0", self.NONCE, mac)
        assert not proof_matches(self.KEY, self.BROKER, self.NONCE[:-1] + "2", mac)
        assert proof(self.KEY, "ab", "c") != proof(self.KEY, "a", "bc")

    @pytest.mark.parametrize("mac", ["", "00" * 32, "é" * 64, "\ud800", "x" * 10_000])
    def test_anything_else_is_no_proof(self, mac: str) -> None:
        assert not proof_matches(self.KEY, self.BROKER, self.NONCE, mac)
        right = proof(self.KEY, self.BROKER, self.NONCE)
        for wrong in (right.upper(), right[:-1], right + " ", right + "\n", right + mac[:1] + "0"):
            assert not proof_matches(self.KEY, self.BROKER, self.NONCE, wrong)

    def test_an_empty_key_proves_nothing(self) -> None:
        assert not proof_matches(b"", self.BROKER, self.NONCE, proof(b"", self.BROKER, self.NONCE))

    def test_half_a_surrogate_pair_from_a_broker_ends_nothing(self) -> None:
        assert len(proof(self.KEY, "\ud800", "\udfff")) == 64


@pytest.mark.parametrize("opening", ['{"a":', "["])
def test_nesting_has_a_limit(opening: str) -> None:
    def nested(levels: int) -> bytes:
        inner = opening * (levels - 1)
        return ('{"x":' + inner + "1" + inner.replace('{"a":', "}").replace("[", "]") + "}").encode()

    assert "x" in decode(nested(frames.MAX_DEPTH - 1))
    for levels in (frames.MAX_DEPTH + 1, 500, 5_000):
        with pytest.raises(FrameError):
            decode(nested(levels))


def test_what_nests_without_end_is_not_sent() -> None:
    endless: dict[str, Any] = {}
    endless["again"] = endless
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"a": deep}
    for message in (endless, deep):
        with pytest.raises(FrameError):
            encode(message)

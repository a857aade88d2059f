"""The kernel socket: raw bytes and structured requests, from peers that have proven themselves and others.

The connection, the sessions and the broker are the product's, on an event loop and a unix socket of their
own; a provider answers over HTTP. Every whole frame that is sent has to be answered, with a result or with
one of the product's errors, until one ends the connection.
"""

import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from jupyter_auth.broker.arguments import _ARGUMENTS
from jupyter_auth.core import frames, sockets
from tests.fuzz import values
from tests.fuzz.hearing import Hearing
from tests.fuzz.kernel_side import KEY, KernelSide, kernel_side
from tests.fuzz.playing import Attempt, Target
from tests.fuzz.tally import CrashError, HangError, LeakError

LIMIT = 60.0  # seconds: what needs more hangs, also on a machine that has other work
ANSWER = 30.0  # seconds for one answer; what waits for a person was told to wait for 0.2 s at most
SMALL = {"op": "count_hits", "count": 0}
#: What ends a connection by itself.
FINAL = frozenset({"bad_frame", "not_proven", "proof_failed", "no_server"})
CORPUS = [path.read_bytes() for path in sorted((Path(__file__).parent / "corpus" / "frames").iterdir())]

_NAMES = sorted({name for names in _ARGUMENTS.values() for name in names})
#: What has a meaning, so that a request gets beyond the first check.
_GOOD: dict[str, Any] = {
    "profile": st.sampled_from(["lake", "batch", "nope"]),
    "scopes": st.sampled_from(
        ["lake.read", ["openid", "lake.read"], "lake.read lake.write", "LAKE.READ", []]
    ),
    "account": st.sampled_from(["ada", "ADA", "bob"]),
    "resource": st.sampled_from(["accounts", "cache", "interactions", "kernels", "profiles"]),
    "flow": st.sampled_from(["device_code", "authorization_code"]),
    "interactive": st.booleans(),
    "force_refresh": st.booleans(),
    "revoke": st.booleans(),
    "timeout": st.sampled_from([0, 0.05, 1e308, -1]),
    "claims_challenge": st.sampled_from(['{"access_token": {}}', "[]", "{"]),
    "user_assertion": st.sampled_from(["an.assertion.here", "a b"]),
    "session_key": st.sampled_from(["session", "s" * 300]),
    "count": st.integers(-1, 2**41),
    "start": st.integers(-2, 5),
    "max_age": st.integers(-1, 10**20),
    "url": st.sampled_from(["http://127.0.0.1:1/?code=a&state=b", "?state=%ff", "x" * 33000]),
}


@st.composite
def _request(draw: st.DrawFn) -> dict[str, Any]:
    """A verb with arguments, most of them as they may be."""
    chance = draw(values.dice)
    op = chance.choice(sorted(_ARGUMENTS))
    names = sorted(_ARGUMENTS[op]) or _NAMES
    made: dict[str, Any] = {"op": op}
    if "profile" in _ARGUMENTS[op]:
        made["profile"] = chance.choice(["lake", "lake", "batch"])
    for name in chance.sample(names, min(len(names), chance.choice([0, 1, 1, 2, 3, 4]))):
        is_right = chance.random() < 0.8
        made[name] = draw(_GOOD.get(name, values.any_text) if is_right else values.hostile)
    match chance.randrange(20):
        case 0:
            made |= draw(
                st.dictionaries(st.sampled_from(_NAMES) | values.any_text, values.hostile, max_size=2)
            )
        case 1:
            made["op"] = draw(values.any_json)
        case _:
            pass
    return made


def framed(body: bytes, length: int | None = None) -> bytes:
    return struct.pack(">I", len(body) if length is None else length) + body


_LENGTHS = (0, 1, 2, 3, 65535, 65536, 65537, 2**24, 2**31, 2**32 - 1)
_right = st.builds(framed, st.builds(values.json_bytes, _request()))
_bodies = st.one_of(
    values.encoded(_request()),
    values.mutated(CORPUS),
    values.encoded(values.hostile),
)
_wrong = st.one_of(
    st.builds(framed, _bodies),
    st.builds(framed, _bodies, st.sampled_from(_LENGTHS) | st.integers(0, 200)),
    st.binary(max_size=200),
)
words_of_kernels = st.sampled_from(["hello", "prove"])
_which = st.integers(0, 1)


def talks(words: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """What two peers say: requests that could be meant, mostly, and ``words``; or anything."""
    talk = st.lists(st.tuples(_which, st.one_of(_right, _right, _right, words)), min_size=1, max_size=8)
    noise = st.lists(st.tuples(_which, st.one_of(_right, _wrong, words)), min_size=1, max_size=6)
    return st.fixed_dictionaries(
        {
            "proven": st.booleans(),
            "pieces": st.one_of(talk, talk, noise),
            "cut": st.integers(0, 30),  # where a piece is sent in two
        }
    )


class Peer:
    """One connection: what it sent, and what it has to be answered."""

    def __init__(self, side: KernelSide, hearing: Hearing) -> None:
        self._hearing = hearing
        self._socket = sockets.connect(side.path, ANSWER)
        self._socket.settimeout(ANSWER)
        self._sent = b""
        self._answered = 0
        self._hello: dict[str, Any] = {}
        self.is_proven = False
        self.is_open = True

    def send(self, data: bytes, cut: int = 0) -> None:
        """Send what may be anything."""
        self._sent += data
        with suppress(BrokenPipeError, ConnectionResetError):
            for part in (data[:cut], data[cut:]):
                self._socket.sendall(part)

    def say(self, word: str) -> None:
        """``hello`` or ``prove``, as they should be."""
        if not self._aligned():
            return  # its frame would be swallowed by one that was announced longer
        self.settle()
        if word == "hello":
            self.send(framed(b'{"op":"hello","v":1}'))
            self.settle()
        elif self.is_open:
            nonce, broker = (str(self._hello.get(name, "")) for name in ("nonce", "broker_id"))
            mac = frames.proof(KEY, broker, nonce)
            self.send(framed(json.dumps({"op": "prove", "mac": mac}).encode()))
            self.settle()

    def settle(self) -> None:
        """Take the answers to all that was sent."""
        expected = self._whole_frames()
        while self.is_open and self._answered < expected:
            answer = self._read()
            if answer is None:
                self.is_open = False
                raise CrashError(f"closed after {self._answered} answers of {expected}")
            self._answered += 1
            if "nonce" in answer:
                self._hello = answer
            self.is_proven = self.is_proven or (
                answer.get("kernel_id") is not None and answer.get("ok") is True
            )
            if answer.get("reason") in FINAL and (not self.is_proven or answer["reason"] == "bad_frame"):
                self.is_open = False

    def close(self) -> None:
        self._socket.close()

    def _read(self) -> dict[str, Any] | None:
        try:
            header = self._exactly(frames.HEADER)
            body = self._exactly(int.from_bytes(header, "big"))
        except TimeoutError:
            raise HangError(f"no answer in {ANSWER} s") from None
        except ConnectionError:
            return None
        return judged(body, self._hearing, is_proven=self.is_proven)

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            chunk = self._socket.recv(size - len(data))
            if not chunk:
                raise ConnectionError
            data += chunk
        return data

    def _lengths(self) -> Iterator[int | None]:
        """The frames that were sent, whole: their lengths; at the end None where a part of one is left."""
        at = 0
        while at < len(self._sent):
            length = int.from_bytes(self._sent[at : at + 4], "big")
            if len(self._sent) < at + 4:
                yield None
                return
            if not 2 <= length <= frames.MAX_FRAME:
                yield length
                return
            if len(self._sent) < at + 4 + length:
                yield None
                return
            yield length
            at += 4 + length

    def _aligned(self) -> bool:
        lengths = [*self._lengths()]
        return not lengths or lengths[-1] is not None

    def _whole_frames(self) -> int:
        return sum(length is not None for length in self._lengths())


def judged(body: bytes, hearing: Hearing, *, is_proven: bool) -> dict[str, Any]:
    """An answer, held against what any answer has to be."""
    try:
        answer = frames.decode(body)
    except frames.FrameError as problem:
        raise CrashError(f"the answer is no frame: {problem} {body[:200]!r}") from None
    if "error" in answer:
        if answer["error"] == "auth_error":
            raise CrashError(f"the broker failed: {answer}")
        if not answer.get("message") and answer["error"] != "unknown_version":
            raise CrashError(f"an error without words: {answer}")
    elif "nonce" not in answer and answer.get("ok") is not True:
        raise CrashError(f"neither an error nor ok: {answer}")
    if isinstance(answer.get("result"), dict):
        if not is_proven:
            raise LeakError(f"a result for a peer that has not proven itself: {answer}")
        answer["result"].pop("access_token")  # the one place where it may stand
    hearing.search("an answer", json.dumps(answer))
    return answer


@contextmanager
def opened(folder: Path, hearing: Hearing, kind: type[KernelSide] = KernelSide) -> Iterator[Attempt]:
    """A caller's side of a broker to which ada is signed in."""
    with kernel_side(folder, hearing, kind) as side:
        witness = _proven(side, hearing)

        def attempt(value: Any) -> None:
            peers = [
                _proven(side, hearing) if value["proven"] == (n == 0) else Peer(side, hearing) for n in (0, 1)
            ]
            try:
                for which, piece in value["pieces"]:
                    if not peers[which].is_open:
                        continue
                    if isinstance(piece, str):
                        peers[which].say(piece)
                    else:
                        peers[which].send(piece, value["cut"])
                for peer in peers:
                    peer.settle()
            finally:
                for peer in peers:
                    peer.close()
            witness.send(framed(json.dumps(SMALL).encode()))
            witness.settle()  # the server goes on for others
            if not witness.is_open:
                raise CrashError("another kernel's connection was closed")
            side.sign_in_again()

        try:
            yield attempt
        finally:
            witness.close()


def _proven(side: KernelSide, hearing: Hearing) -> Peer:
    peer = Peer(side, hearing)
    peer.say("hello")
    peer.say("prove")
    if not peer.is_proven:
        raise CrashError("the right proof was refused")
    return peer


TARGET = Target(
    name="frames",
    what="frames of kernels: raw bytes, broken lengths, every verb with any argument",
    limit=LIMIT,
    inputs=talks(words_of_kernels),
    opened=opened,
)

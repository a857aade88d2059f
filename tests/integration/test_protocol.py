"""docs/protocol.md, taken at its word: by a client of our own, in plain sockets, and by liars."""

import hashlib
import hmac
import json
import os
import re
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from jupyter_auth.core import frames
from tests.support import Kernel, Place

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")


class Client:
    """The protocol as the page describes it, with nothing of the product's."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(str(path))

    def raw(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read(self) -> dict[str, Any]:
        length = struct.unpack(">I", self._exactly(4))[0]
        return dict(json.loads(self._exactly(length)))

    def call(self, **message: Any) -> dict[str, Any]:
        self.send(message)
        return self.read()

    def send(self, *messages: dict[str, Any]) -> None:
        """All of them in one write."""
        bodies = [json.dumps(message).encode() for message in messages]
        self.raw(b"".join(struct.pack(">I", len(body)) + body for body in bodies))

    def prove(self, key: str) -> dict[str, Any]:
        hello = self.call(op="hello", v=1)
        text = b"jupyter_auth/v1\0" + hello["broker_id"].encode() + b"\0" + hello["nonce"].encode()
        return self.call(op="prove", mac=hmac.new(key.encode(), text, hashlib.sha256).hexdigest())

    def is_closed(self) -> bool:
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            chunk = self.socket.recv(size - len(data))
            if not chunk:
                raise ConnectionError("closed")
            data += chunk
        return data


@pytest.fixture
def connect(home: Place) -> Iterator[Callable[[], Client]]:
    """Connections to the one server's socket, closed after the test."""
    opened: list[Client] = []

    def make() -> Client:
        opened.append(Client(home.socket))
        return opened[-1]

    yield make
    for client in opened:
        client.socket.close()


def key_of(home: Place, kernel: Kernel) -> str:
    file = home.runtime / f"kernel-{kernel.kernel_id}.json"
    return str(json.loads(file.read_text())["key"])


def test_a_client_written_from_the_page(
    home: Place, kernel: Kernel, sign_in: Callable[..., str], connect: Callable[[], Client]
) -> None:
    sign_in(kernel)
    client = connect()
    assert client.prove(key_of(home, kernel)) == {"ok": True, "kernel_id": kernel.kernel_id}
    result = client.call(op="get_token", profile="lake")["result"]
    assert result["access_token"] == kernel.value("tok.reveal()")
    assert client.call(op="get_accounts")["accounts"][0]["username"] == "ada"
    assert client.call(op="fly")["reason"] == "unknown_verb"
    assert client.call(op="get_token", profile="nope")["error"] == "profile_error"
    assert client.call(op="wait", id="nope")["reason"] == "unknown_interaction"
    assert client.call(op="count_hits", count=7) == {"ok": True}
    for wrong in (-1, 2**63, True, "7", None):
        assert client.call(op="count_hits", count=wrong)["reason"] == "bad_argument"
    assert client.call(op="get_token", profile="lake", scopes='a"b')["reason"] == "bad_scopes"
    # two requests at once are answered in order
    body = json.dumps({"op": "get_token", "profile": "nope"}).encode()
    other = json.dumps({"op": "get_accounts"}).encode()
    client.raw(struct.pack(">I", len(body)) + body + struct.pack(">I", len(other)) + other)
    assert client.read()["error"] == "profile_error"
    assert "accounts" in client.read()


def test_the_page_s_vectors() -> None:
    vectors = dict(re.findall(r"^(key|broker_id|nonce|mac) +(\S+)$", PAGE, re.M))
    mac = frames.proof(vectors["key"].encode(), vectors["broker_id"], vectors["nonce"])
    assert mac == vectors["mac"]
    blocks = re.findall(r"^([0-9a-f]{40,})$", PAGE, re.M)
    assert [
        frames.encode({"op": "hello", "v": 1}).hex(),
        frames.encode({"op": "prove", "mac": mac}).hex(),
    ] == blocks


def test_an_unknown_version_is_told_the_highest(
    server: JupyterProcess, home: Place, connect: Callable[[], Client]
) -> None:
    client = connect()
    assert client.call(op="hello", v=99)["v"] == 1
    assert client.call(op="hello", v=1)["nonce"]


@pytest.mark.parametrize("key", ["", "0" * 36, "a0436f6c-1916498a-8eb9-99a0436f6c55"])
def test_a_liar_gets_nothing(
    server: JupyterProcess, home: Place, kernel: Kernel, key: str, connect: Callable[[], Client]
) -> None:
    client = connect()
    refused = client.prove(key)
    assert (refused["error"], refused["reason"]) == ("kernel_grant_required", "proof_failed")
    assert client.is_closed()


def test_a_proof_is_not_replayed(home: Place, kernel: Kernel, connect: Callable[[], Client]) -> None:
    key = key_of(home, kernel)
    first, second = connect(), connect()
    nonces = [client.call(op="hello", v=1)["nonce"] for client in (first, second)]
    assert nonces[0] != nonces[1]
    broker = first.call(op="hello", v=1)["broker_id"]
    mac = frames.proof(key.encode(), broker, nonces[0])
    assert second.call(op="prove", mac=mac)["error"] == "kernel_grant_required"
    # nor on its own connection, once another nonce was given or the first was used
    assert first.call(op="prove", mac=mac)["error"] == "kernel_grant_required"


def test_a_kernel_s_right_ends_with_the_kernel(
    home: Place, kernel: Kernel, sign_in: Callable[..., str], connect: Callable[[], Client]
) -> None:
    sign_in(kernel)
    key = key_of(home, kernel)
    open_already = connect()
    assert open_already.prove(key)["ok"]
    kernel.shut_down()
    assert open_already.call(op="get_token", profile="lake")["reason"] == "kernel_gone"
    assert connect().prove(key)["error"] == "kernel_grant_required"


def test_requests_before_the_proof_are_refused(
    server: JupyterProcess, home: Place, connect: Callable[[], Client]
) -> None:
    client = connect()
    assert client.call(op="get_token", profile="lake")["reason"] == "not_proven"
    assert client.is_closed()


def test_a_request_may_follow_the_proof_at_once_but_no_refusal(
    server: JupyterProcess,
    home: Place,
    kernel: Kernel,
    sign_in: Callable[..., str],
    connect: Callable[[], Client],
) -> None:
    sign_in(kernel)
    key, asked = key_of(home, kernel).encode(), {"op": "get_token", "profile": "lake"}

    def proven(client: Client) -> dict[str, Any]:
        hello = client.call(op="hello", v=1)
        return {"op": "prove", "mac": frames.proof(key, hello["broker_id"], hello["nonce"])}

    def handed_out() -> list[int]:
        rows = server.get("jupyter_auth/v1/kernels").json()
        return [profile["count"] for row in rows for profile in row["profiles"]]

    refused = connect()
    proof, before = proven(refused), handed_out()
    refused.send(asked, proof, asked)
    assert refused.read()["reason"] == "not_proven"
    assert refused.is_closed()
    assert handed_out() == before
    client = connect()
    client.send(proven(client), asked)
    assert client.read()["kernel_id"]
    assert client.read()["result"]["access_token"]
    assert handed_out() == [before[0] + 1]


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01\x00\x01",
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack(">I", 27) + b'{"op":"hello","op":"prove"}',
        struct.pack(">I", 9) + b'{"v":NaN}',
        struct.pack(">I", 2) + b"[]",
        struct.pack(">I", 7) + b'"hello"',
        struct.pack(">I", 0),
        struct.pack(">I", 40000) + b"[" * 40000,
        struct.pack(">I", 4) + b"\xff\xfe{}",
    ],
)
def test_what_is_no_frame_ends_the_connection(
    server: JupyterProcess, home: Place, data: bytes, connect: Callable[[], Client]
) -> None:
    client = connect()
    client.raw(data)
    assert client.read()["reason"] == "bad_frame"
    assert client.is_closed()


def test_who_does_not_prove_is_dropped_and_others_go_on(
    server: JupyterProcess, home: Place, kernel: Kernel, connect: Callable[[], Client]
) -> None:
    silent = [connect() for _ in range(100)]
    started = time.monotonic()
    assert kernel.run("accounts = ja.get_accounts()", "accounts") == []
    assert all(client.is_closed() for client in silent)
    assert time.monotonic() - started < 15


def test_who_does_not_read_is_not_answered_for_ever(
    home: Place, kernel: Kernel, sign_in: Callable[..., str], connect: Callable[[], Client]
) -> None:
    sign_in(kernel)
    deaf = connect()
    assert deaf.prove(key_of(home, kernel))["ok"]
    body = json.dumps({"op": "get_token", "profile": "lake"}).encode()
    deaf.socket.settimeout(1)
    sent = 0
    try:
        for _ in range(200_000):
            sent += deaf.socket.send(struct.pack(">I", len(body)) + body)
    except TimeoutError:
        pass
    assert sent < 2_000_000  # then the server stops reading: what it holds for a deaf peer is bounded
    assert kernel.run("accounts = ja.get_accounts()", "len(accounts)") == 1


def test_another_user_is_refused_whatever_the_mode(server: JupyterProcess, home: Place) -> None:
    if os.geteuid() != 0:
        pytest.fail("this test changes its user id and needs root, as CI has it")
    home.root.chmod(0o755)
    home.runtime.chmod(0o755)
    home.socket.chmod(0o777)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setuid(65534)
            code = 0 if Client(home.socket).is_closed() else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

"""docs/protocol.md, taken at its word, by a client of our own in plain sockets."""

import json
import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from jupyter_auth.core import frames
from tests.support import Kernel, Place
from tests.support.socket_client import Client, connections, key_of

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")


@pytest.fixture
def connect(home: Place) -> Iterator[Callable[[], Client]]:
    """Connections to the one server's socket, closed after the test."""
    with connections(home) as made:
        yield made


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

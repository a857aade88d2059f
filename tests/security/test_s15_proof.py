"""S15: a kernel proves itself by its connection key, with a nonce that serves once, as long as it lives."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import Provider
from tests.security.undefended import undefended
from tests.support import Kernel, Place, place, until
from tests.support.socket_client import Client, connections, key_of, mac

Connect = Callable[[], Client]
KEY = "a0436f6c-1916498a-8eb9-99a0436f6c55"  # of no kernel


@pytest.fixture
def connect(home: Place) -> Iterator[Connect]:
    with connections(home) as made:
        yield made


def get_token(client: Client) -> str | None:
    """The token that this connection is given."""
    try:
        result = client.call(op="get_token", profile="lake").get("result", {})
    except ConnectionError:
        return None
    token = result.get("access_token")
    return str(token) if token else None


def with_mac(client: Client, proof: object) -> str | None:
    """The token for whoever sends this as a proof, and goes on as if it were one."""
    client.send({"op": "prove", "mac": proof}, {"op": "get_token", "profile": "lake"})
    try:
        client.read()
        return dict(client.read().get("result", {})).get("access_token")
    except ConnectionError:
        return None


def wrong_keys(connect: Connect) -> list[str | None]:
    got = []
    for key in ("", KEY, "0" * 36):
        client = connect()
        hello = client.call(op="hello", v=1)
        got.append(with_mac(client, mac(key, hello["broker_id"], hello["nonce"])))
    return got


def no_proofs(connect: Connect) -> list[str | None]:
    got = []
    proofs: list[object] = [None, "", [], {}, True, 0, "0" * 64, "\x00", "\ud800", "ä" * 32]
    for proof in proofs:
        client = connect()
        client.call(op="hello", v=1)
        got.append(with_mac(client, proof))
    return [*got, with_mac(connect(), "0" * 64)]  # who was given no nonce


def replays(connect: Connect, key: str) -> list[str | None]:
    """A proof that was seen: on another connection, and on its own once it has another nonce."""
    first, second, third = connect(), connect(), connect()
    hello = first.call(op="hello", v=1)
    seen = mac(key, hello["broker_id"], hello["nonce"])
    second.call(op="hello", v=1)
    third.call(op="hello", v=1)
    third.call(op="hello", v=1)
    return [with_mac(second, seen), with_mac(third, seen)]


def stale(connect: Connect, key: str) -> list[str | None]:
    """A proof for the nonce before the last one."""
    client = connect()
    hello = client.call(op="hello", v=1)
    client.call(op="hello", v=1)
    return [with_mac(client, mac(key, hello["broker_id"], hello["nonce"]))]


def relayed(connect: Connect, key: str, elsewhere: str) -> list[str | None]:
    """What a kernel of this server said to another broker, which had passed on this broker's nonce."""
    client = connect()
    nonce = client.call(op="hello", v=1)["nonce"]
    return [with_mac(client, mac(key, elsewhere, nonce)), with_mac(connect(), mac(key, elsewhere, nonce))]


def all_attacks(connect: Connect, key: str) -> list[str | None]:
    return [
        *wrong_keys(connect),
        *no_proofs(connect),
        *replays(connect, key),
        *stale(connect, key),
        *relayed(connect, key, "0" * 32),
    ]


def test_a_liar_gets_nothing(
    home: Place, kernel: Kernel, sign_in: Callable[..., str], connect: Connect
) -> None:
    sign_in(kernel)
    key = key_of(home, kernel)
    got = all_attacks(connect, key)
    assert len(got) == 19 and set(got) == {None}
    honest = connect()
    assert honest.prove(key)["ok"] and get_token(honest)


def test_without_the_defence_a_liar_gets_the_token(
    fresh: Place, provider: Provider, sign_in: Callable[..., str]
) -> None:
    with undefended(fresh, "s15") as server:
        kernel = Kernel(server)
        kernel.run("import jupyter_auth as ja")
        sign_in(kernel)
        with connections(fresh) as connect:
            got = all_attacks(connect, key_of(fresh, kernel))
        held = kernel.value("tok.reveal()")
        kernel.close()
    # all but those that are no text, and those whose nonce is spent or was never given
    assert got.count(held) >= 10


def test_a_refusal_says_so_and_hears_no_more(home: Place, kernel: Kernel, connect: Connect) -> None:
    client = connect()
    refused = client.prove(KEY)
    assert (refused["error"], refused["reason"]) == ("kernel_grant_required", "proof_failed")
    assert client.is_closed()
    unproven = connect()
    assert unproven.call(op="get_token", profile="lake")["reason"] == "not_proven"
    assert unproven.is_closed()


def test_a_kernel_of_another_server_is_none_here(
    home: Place, server: JupyterProcess, provider: Provider, connect: Connect
) -> None:
    with place(provider.issuer) as away, away.server() as foreign:
        kernel = Kernel(foreign)
        assert connect().prove(key_of(away, kernel))["reason"] == "proof_failed"
        kernel.close()


def test_another_kernels_id_is_of_no_use(
    home: Place, pair: list[Kernel], sign_in: Callable[..., str], connect: Connect
) -> None:
    mine, victim = pair
    client = connect()
    hello = client.call(op="hello", v=1)
    proof = mac(key_of(home, mine), hello["broker_id"], hello["nonce"])
    proven = client.call(op="prove", mac=proof, kernel_id=victim.kernel_id)
    assert proven["kernel_id"] == mine.kernel_id
    for name in ("kernel_id", "kernel", "id", "requester"):
        answer = client.call(op="get_token", profile="lake", **{name: victim.kernel_id})
        assert answer["reason"] == "unknown_argument", answer
    assert client.call(op="list", resource="kernels")["rows"][0]["kernel_id"] == mine.kernel_id


def test_what_was_granted_ends_with_the_kernel(
    home: Place, kernel: Kernel, sign_in: Callable[..., str], connect: Connect
) -> None:
    sign_in(kernel)
    key = key_of(home, kernel)
    open_already = connect()
    assert open_already.prove(key)["ok"] and get_token(open_already)
    kernel.shut_down()
    assert open_already.call(op="get_token", profile="lake")["reason"] == "kernel_gone"
    assert connect().prove(key)["reason"] == "proof_failed"


def test_a_request_under_way_ends_with_the_kernel_too(
    home: Place, kernel: Kernel, short: Provider, connect: Connect
) -> None:
    """A worker that outlives its kernel must not have what was asked for before."""
    client = connect()
    assert client.prove(key_of(home, kernel))["ok"]
    held = client.call(op="get_token", profile="lake")["result"]["version"]
    short.reset_log()
    short.set(hold_ms=4000)
    client.send({"op": "get_token", "profile": "lake", "force_refresh": True, "have": held})
    until(lambda: short.token_responses("refresh_token") == 1)  # it is logged before it is held back
    short.pause()  # for as long as a kernel takes to end
    try:
        kernel.shut_down()
    finally:
        short.go_on()
    answer = client.read()
    assert short.token_responses("refresh_token") == 1  # and did answer
    assert answer.get("reason") == "kernel_gone", sorted(answer)


def test_after_a_restart_the_kernel_proves_itself_anew(home: Place, kernel: Kernel, connect: Connect) -> None:
    key, before = key_of(home, kernel), connect()
    hello = before.call(op="hello", v=1)
    kernel.restart()
    assert with_mac(connect(), mac(key, hello["broker_id"], hello["nonce"])) is None
    proven = connect().prove(key_of(home, kernel))
    assert proven["kernel_id"] == kernel.kernel_id


def test_an_empty_key_proves_nothing(fresh: Place) -> None:
    fresh.server_code("c.Session.key = b''")
    with fresh.server() as server, connections(fresh) as connect:
        kernel = Kernel(server)
        assert key_of(fresh, kernel) == ""
        assert connect().prove("")["reason"] == "proof_failed"
        kernel.close()


def test_no_two_nonces_are_the_same(home: Place, server: JupyterProcess, connect: Connect) -> None:
    client = connect()
    nonces: set[Any] = {client.call(op="hello", v=1)["nonce"] for _ in range(200)}
    assert len(nonces) == 200 and {len(nonce) for nonce in nonces} == {64}

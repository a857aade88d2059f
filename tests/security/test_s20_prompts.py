"""S20: a kernel has one pending prompt for each profile and account, and leaves room for the others'."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import Any

import pytest

from jupyter_auth.broker.signing_in.limits import MAX_OF_A_KERNEL, MAX_PENDING
from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import MisbehavingProvider
from tests.support import Kernel, Place, place, until
from tests.support.socket_client import Client, connections, key_of

ASK = {"op": "get_token", "profile": "lake", "interactive": True}
#: Other questions about the same account: each would be another prompt.
OTHERWISE: list[dict[str, Any]] = [
    {"scopes": ["lake.write"]},
    {"prompt": "consent"},
    {"login_hint": "grace"},
    {"acr_values": "mfa"},
    {"max_age": 0},
    {"claims_challenge": '{"access_token": {"nbf": {"essential": true}}}'},
    {"op": "acquire_token_by_device_flow", "scopes": ["lake.admin"]},
    {"op": "acquire_token_interactive", "flow": "device_code", "scopes": ["lake.all"]},
]


FIFTY_THREADS = """
import threading
import jupyter_auth as ja
def ask():
    try:
        ja.get_token("lake", interactive=True)
    except ja.AuthError:
        pass
for _ in range(50):
    threading.Thread(target=ask, daemon=True).start()
"""


@pytest.fixture(scope="module")
def idp() -> Iterator[MisbehavingProvider]:
    with MisbehavingProvider() as running:
        yield running


@pytest.fixture(scope="module")
def home(idp: MisbehavingProvider) -> Iterator[Place]:
    with place(idp.issuer) as made:
        yield made


@pytest.fixture(scope="module")
def running(home: Place) -> Iterator[JupyterProcess]:
    with home.server() as server:
        yield server


@pytest.fixture
def server(running: JupyterProcess, idp: MisbehavingProvider) -> Iterator[JupyterProcess]:
    idp.requests.clear()
    yield running
    for row in pending(running):
        running.delete(f"jupyter_auth/v1/interactions/{row['id']}")


@pytest.fixture
def kernels(server: JupyterProcess) -> Iterator[list[Kernel]]:
    with ExitStack() as ends, ThreadPoolExecutor(2) as side_by_side:
        made = list(side_by_side.map(lambda _: ends.enter_context(closing(Kernel(server))), range(2)))
        yield made
        for kernel in made:
            kernel.shut_down()


@pytest.fixture
def connect(home: Place) -> Iterator[Callable[[Kernel], Client]]:
    """Proven connections of kernels."""
    with connections(home) as made:

        def proven(kernel: Kernel) -> Client:
            client = made()
            assert client.prove(key_of(home, kernel))["ok"]
            return client

        yield proven


def pending(server: JupyterProcess) -> list[dict[str, Any]]:
    rows = server.get("jupyter_auth/v1/interactions").json()
    return [row for row in rows if row["state"] == "pending"]


def test_a_thousand_requests_are_one_prompt(
    server: JupyterProcess,
    kernels: list[Kernel],
    connect: Callable[[Kernel], Client],
    idp: MisbehavingProvider,
) -> None:
    """By two kernels over many connections and in threads, and over REST."""
    lines = [connect(kernel) for kernel in kernels for _ in range(40)]
    for kernel in kernels:
        kernel.run(FIFTY_THREADS)
    with ThreadPoolExecutor(8) as crowd:
        by_kernels = crowd.map(lambda line: [line.call(**ASK)["interaction"]["id"] for _ in range(8)], lines)
        by_rest = crowd.map(
            lambda _: server.post("jupyter_auth/v1/interactions", {}).json()["id"], range(260)
        )
        found = {*by_rest, *(one for ids in by_kernels for one in ids)}
    assert len(found) == 1
    (row,) = pending(server)
    until(lambda: pending(server)[0]["requested_by"]["waiting"] == len(lines) + 100)
    assert row["id"] in found and idp.count("device_authorization") == 1


def test_one_kernel_has_one_for_each_account(
    server: JupyterProcess,
    kernels: list[Kernel],
    connect: Callable[[Kernel], Client],
    idp: MisbehavingProvider,
) -> None:
    kernel, other = kernels
    first = connect(kernel).call(**ASK)["interaction"]["id"]
    line = connect(kernel)
    for _ in range(125):
        for otherwise in OTHERWISE:
            refused = line.call(**{**ASK, **otherwise})
            assert (refused["error"], refused["reason"]) == ("policy", "sign_in_waits"), otherwise
            assert refused["hint"]
    assert [row["id"] for row in pending(server)] == [first]
    assert idp.count("device_authorization") == 1
    assert line.call(**ASK)["interaction"]["id"] == first  # the same question joins, as ever
    assert (
        connect(other).call(**{**ASK, **OTHERWISE[0]})["interaction"]["id"] != first
    )  # another asks for itself


def test_it_may_ask_anew_once_that_has_ended(
    server: JupyterProcess, kernels: list[Kernel], connect: Callable[[Kernel], Client]
) -> None:
    line = connect(kernels[0])
    first = line.call(**ASK)["interaction"]["id"]
    assert line.call(**{**ASK, **OTHERWISE[0]})["reason"] == "sign_in_waits"
    assert line.call(op="cancel", id=first)["interaction"]["state"] == "cancelled"
    assert line.call(**{**ASK, **OTHERWISE[0]})["interaction"]["id"] != first


def test_one_kernel_does_not_keep_the_others_from_asking(
    server: JupyterProcess, kernels: list[Kernel], connect: Callable[[Kernel], Client], home: Place
) -> None:
    """It makes accounts up, over many connections at once, and over and over."""
    greedy, other = kernels
    lines = [connect(greedy) for _ in range(20)]
    asked = [{**ASK, "account": f"nobody-{n}"} for n in range(100)]
    with ThreadPoolExecutor(20) as crowd:  # twenty at once, each for five people one after the other

        def ask(n: int) -> list[dict[str, Any]]:
            return [lines[n].call(**one) for one in asked[n::20]]

        answers = [answer for given in crowd.map(ask, range(20)) for answer in given]
    given = {answer["interaction"]["id"] for answer in answers if "interaction" in answer}
    refused = [answer for answer in answers if "error" in answer]
    assert len(given) == len(pending(server)) == MAX_OF_A_KERNEL < MAX_PENDING
    assert {answer["reason"] for answer in refused} == {"too_many_sign_ins"}
    assert connect(other).call(**ASK)["interaction"]["requested_by"]["kernel_id"] == other.kernel_id
    asked_by_a_person = server.post("jupyter_auth/v1/interactions", {"profile": "lake", "account": "ada"})
    assert asked_by_a_person.status_code == 201


def test_a_kernel_s_prompts_end_with_it(
    server: JupyterProcess, kernels: list[Kernel], connect: Callable[[Kernel], Client]
) -> None:
    line = connect(kernels[0])
    assert line.call(**ASK)["ok"] and len(pending(server)) == 1
    line.close()
    until(lambda: pending(server) == [])

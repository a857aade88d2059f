"""Handles for workers: a protected API is called from processes that a kernel starts, within limits."""

import base64
import json
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.core import sockets
from jupyter_auth.core.errors import AuthError, ProfileError
from jupyter_auth.kernel.connection import Connection
from jupyter_auth.kernel.own import key_in
from jupyter_auth.kernel.worker_handle import WorkerHandle
from tests.idp import OidcProvider
from tests.support import Kernel

MAKE = "import base64, pickle; tok = ja.get_token('lake'); handle = ja.worker_handle('lake')"
PICKLED = "base64.b64encode(pickle.dumps(handle)).decode()"
#: A worker that the kernel knows nothing of: its environment says nothing either.
WORKER = """
import base64, json, pickle, sys
import jupyter_auth as ja
handle = pickle.loads(base64.b64decode(sys.stdin.readline()))
for line in sys.stdin:
    try:
        tok = handle.get_token(**json.loads(line))
        print(json.dumps([tok.metadata.token_source, tok.account.username, tok.reveal()]), flush=True)
    except ja.AuthError as problem:
        print(json.dumps([type(problem).__name__, problem.reason]), flush=True)
"""


class Worker:
    """A process with a handle."""

    def __init__(self, pickled: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._say(pickled)

    def _say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def asks(self, **more: object) -> list[str]:
        self._say(json.dumps(more))
        assert self.process.stdout is not None
        return list(json.loads(self.process.stdout.readline()))

    def end(self) -> None:
        self.process.communicate(timeout=60)


@pytest.fixture
def start_worker() -> Iterator[Callable[[Kernel], Worker]]:
    started: list[Worker] = []

    def start(kernel: Kernel) -> Worker:
        started.append(Worker(kernel.value(PICKLED)))
        return started[-1]

    yield start
    for worker in started:
        worker.end()


@pytest.fixture
def signed_in(kernel: Kernel, sign_in: Callable[..., str]) -> Kernel:
    sign_in(kernel)
    kernel.run(MAKE)
    return kernel


def handle_of(kernel: Kernel) -> WorkerHandle:
    handle = pickle.loads(base64.b64decode(kernel.value(PICKLED)))  # noqa: S301 -- made by this very test
    assert isinstance(handle, WorkerHandle)
    return handle


def test_the_pickle_holds_no_secret(signed_in: Kernel) -> None:
    raw = base64.b64decode(signed_in.value(PICKLED))
    handle = handle_of(signed_in)
    key = key_in(Path(handle.connection_file))
    token = signed_in.value("tok.reveal()").encode()
    assert key and token
    for secret in (key, token, token.split(b".")[-1]):
        assert secret not in raw and secret.decode() not in repr(handle)
    assert handle.account == signed_in.value("tok.account.home_account_id")


def test_a_worker_process_gets_tokens_until_its_kernel_ends(
    signed_in: Kernel, provider: OidcProvider, start_worker: Callable[[Kernel], Worker]
) -> None:
    worker, later = start_worker(signed_in), start_worker(signed_in)
    source, who, token = worker.asks()
    assert (source, who, token) == ("cache", "ada", signed_in.value("tok.reveal()"))
    assert provider.userinfo(token)["sub"]
    assert worker.asks(force_refresh=True)[:2] == ["identity_provider", "ada"]
    assert worker.asks(scopes="lake.read")[0] == "cache"
    signed_in.shut_down()
    assert worker.asks() == ["KernelGrantRequiredError", "kernel_gone"], "over a connection that it has"
    assert later.asks() == ["KernelGrantRequiredError", "kernel_gone"], "nor over a new one"


def test_a_worker_asks_nobody_and_gets_nothing_else(
    signed_in: Kernel, start_worker: Callable[[Kernel], Worker]
) -> None:
    worker = start_worker(signed_in)
    assert worker.asks(scopes="lake.read lake.write") == ["PolicyError", "worker_limits"]
    assert worker.asks(max_age=0)[0] == "InteractionRequiredError"
    signed_in.run("ja.sign_out('lake')")
    assert worker.asks() == ["InteractionRequiredError", "no_account"]
    rows = signed_in.server.get("jupyter_auth/v1/interactions").json()
    assert {row["state"] for row in rows} == {"succeeded"}


def test_another_s_sign_in_is_not_the_handle_s(
    signed_in: Kernel, sign_in: Callable[..., str], start_worker: Callable[[Kernel], Worker]
) -> None:
    sign_in(signed_in, "tok = ja.acquire_token_by_device_flow('lake')", username="grace")
    worker = start_worker(signed_in)
    assert worker.asks()[1] == "ada"


#: What a worker could say beside its handle's own words, over the connection that it has.
BEYOND: list[dict[str, Any]] = [
    {"op": "get_token"},
    {"op": "get_token", "interactive": True},
    {"op": "acquire_token_silent", "profile": "other"},
    {"op": "acquire_token_silent", "account": "grace"},
    {"op": "acquire_token_silent", "account": None},
    {"op": "acquire_token_silent", "scopes": ["lake.read", "lake.write"]},
    {"op": "acquire_token_silent", "scopes": ["LAKE.READ"]},
    {"op": "acquire_token_silent", "scopes": ["lake.re\u0430d"]},
    {"op": "acquire_token_silent", "tenant": "elsewhere"},
    {"op": "acquire_token_for_client"},
    {"op": "acquire_token_interactive"},
    {"op": "acquire_token_by_device_flow"},
    {"op": "get_accounts"},
    {"op": "list", "resource": "accounts"},
    {"op": "clear_cache"},
    {"op": "sign_out"},
    {"op": "switch_account", "account": "grace"},
    {"op": "status"},
    {"op": "watch"},
    {"op": "cancel", "id": "x"},
    {"op": "prove", "mac": ""},
    {"op": "hello", "v": 1},
]


def test_the_broker_keeps_a_worker_to_its_handle(signed_in: Kernel) -> None:
    handle = handle_of(signed_in)
    ask = {"op": "get_token", "profile": "lake"}
    with connected(handle, None) as kernel_s, connected(handle, handle.limits()) as worker_s:
        keeps_within(kernel_s, worker_s, ask)


def keeps_within(kernel_s: Connection, worker_s: Connection, ask: dict[str, Any]) -> None:
    for _ in range(2):  # the second time the kernel's answer is a ready one, and not the worker's
        assert reason(kernel_s, ask) is None
        assert reason(worker_s, ask) == "worker_limits"
    for message in BEYOND:
        assert reason(worker_s, message) in {"worker_limits", "bad_scopes"}, message
    assert reason(worker_s, {"op": "acquire_token_silent"}) is None
    assert reason(worker_s, {"op": "acquire_token_silent", "scopes": ["lake.read"]}) is None


@pytest.mark.parametrize("limits", [[], "lake", {}, {"profile": "lake"}, {"scopes": ["a"]}, {"op": "status"}])
def test_a_handle_that_limits_nothing_is_refused(signed_in: Kernel, limits: Any) -> None:
    handle = handle_of(signed_in)
    with pytest.raises(ProfileError), connected(handle, limits):
        pass


@contextmanager
def connected(handle: WorkerHandle, limits: Any) -> Iterator[Connection]:
    path = Path(handle.socket)
    connection = Connection(sockets.connect(path, 5), path)
    try:
        connection.prove(key_in(Path(handle.connection_file)), limits)
        yield connection
    finally:
        connection.close()


def reason(connection: Connection, message: dict[str, Any]) -> str | None:
    try:
        connection.call(message)
    except AuthError as problem:
        return problem.reason
    return None


def test_dask_workers_call_the_api(signed_in: Kernel, provider: OidcProvider) -> None:
    signed_in.run(
        "from dask.distributed import Client, LocalCluster\n"
        "def call(handle, url, n):\n"
        "    import os, jupyter_auth as ja\n"
        "    answer = ja.session(handle).get(url, timeout=30)\n"
        "    return [answer.status_code, answer.json()['sub'], os.getpid()]\n"
        "cluster = LocalCluster(n_workers=2, threads_per_worker=2, processes=True, dashboard_address=None)\n"
        "client = Client(cluster)\n"
        f"urls = [{provider.url('userinfo')!r}] * 8\n"
        "got = client.gather(client.map(call, [handle] * 8, urls, range(8)))",
        timeout=200,
    )
    got = signed_in.value("got")
    assert {(code, who) for code, who, _ in got} == {(200, signed_in.value("tok.id_token_claims['sub']"))}
    assert signed_in.value("__import__('os').getpid()") not in {pid for _, _, pid in got}
    signed_in.run("client.close(); cluster.close()", timeout=120)


def test_joblib_workers_use_a_handle(signed_in: Kernel) -> None:
    signed_in.run(
        "from joblib import Parallel, delayed\n"
        "def call(handle): return handle.get_token().metadata.token_source.value\n"
        "got = Parallel(n_jobs=2)(delayed(call)(handle) for _ in range(4))",
        timeout=200,
    )
    assert signed_in.value("got") == ["cache"] * 4

"""Threads, forks, many coroutines, subshells and interrupts: right answers, one connection, one card."""

import json
import time
from collections.abc import Callable

import pytest

from tests.idp import OidcProvider
from tests.integration.conftest import pending
from tests.support import Kernel, until

SILENT = """
try:
    ja.acquire_token_silent('lake')
except ja.AuthError as error:
    print(type(error).__name__)
"""
RUN_IN_FORK = """
import multiprocessing, os
def in_fork(work, queue):
    try:
        queue.put(work())
    except Exception as problem:
        queue.put([type(problem).__name__, getattr(problem, "reason", "")])
def forked(work):
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=in_fork, args=(work, queue))
    child.start()
    got = queue.get(timeout=30)
    child.join()
    return got
def ask(**more):
    tok = ja.get_token("lake", **more)
    return [tok.metadata.token_source, tok.reveal()]
"""


def test_fifty_threads_at_once_share_one_connection(
    kernel: Kernel, provider: OidcProvider, sign_in: Callable[..., str]
) -> None:
    sign_in(kernel)
    kernel.run(
        "from concurrent.futures import ThreadPoolExecutor\n"
        "ready = __import__('threading').Barrier(50)\n"
        "def ask(n):\n"
        "    ready.wait()\n"
        "    return [ja.get_token('lake', force_refresh=n % 2 == 0).reveal() for _ in range(20)][-1]\n"
        "ja.get_token('lake')\n"
        "with ThreadPoolExecutor(50) as pool:\n"
        "    tokens = set(pool.map(ask, range(50)))"
    )
    assert kernel.value("all(len(t) > 20 for t in tokens)")
    state = kernel.server.get("jupyter_auth/v1/status").json()
    assert state["broker"]["kernels_connected"] == 1
    refused = [e["error"] for e in provider.log() if e["endpoint"] == "token" and not e["ok"]]
    assert set(refused) <= {"authorization_pending"}
    assert kernel.run("tok = ja.get_token('lake', force_refresh=True)", "tok.account.username") == "ada"


def test_threads_read_while_a_clear_moves_the_generation(kernel: Kernel, sign_in: Callable[..., str]) -> None:
    sign_in(kernel)
    kernel.run(
        "import threading\n"
        "from jupyter_auth.kernel import memory\n"
        "problems, end = [], time.time() + 2\n"
        "def ask(n):\n"
        "    while time.time() < end:\n"
        "        try:\n"
        "            memory.keep([('p', n, i) for i in range(50)], tok, memory.generation())\n"
        "        except Exception as problem:\n"
        "            problems.append(repr(problem))\n"
        "threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]\n"
        "[t.start() for t in threads]\n"
        "while time.time() < end:\n"
        "    memory._mapped.bump(); time.sleep(0.01)\n"
        "[t.join() for t in threads]"
    )
    assert kernel.value("problems") == []


# -- forks --------------------------------------------------------------------------------------


def test_forked_children_get_tokens_of_their_own_connection(
    kernel: Kernel, sign_in: Callable[..., str]
) -> None:
    sign_in(kernel)
    kernel.run(RUN_IN_FORK + "tok = ja.get_token('lake')")
    source, token = kernel.value("forked(ask)")
    assert source == "cache" and token == kernel.value("tok.reveal()")
    source, token = kernel.value("forked(lambda: ask(force_refresh=True))")
    assert source in {"cache", "identity_provider"}
    assert kernel.run("tok = ja.get_token('lake')", "tok.reveal()") == token  # the store's newest


def test_children_forked_while_threads_ask_do_not_hang(kernel: Kernel, sign_in: Callable[..., str]) -> None:
    sign_in(kernel)
    kernel.run(
        RUN_IN_FORK + "import threading\n"
        "end = time.time() + 4\n"
        "def busy():\n"
        "    while time.time() < end: ja.get_token('lake', force_refresh=True)\n"
        "threads = [threading.Thread(target=busy) for _ in range(4)]\n"
        "[t.start() for t in threads]\n"
        "got = [forked(ask)[0] for _ in range(8)]\n"
        "[t.join() for t in threads]",
        timeout=200,
    )
    assert set(kernel.value("got")) == {"cache"}


def test_joblib_workers_get_tokens(kernel: Kernel, sign_in: Callable[..., str]) -> None:
    sign_in(kernel)
    kernel.run(
        "from joblib import Parallel, delayed\n"
        "def ask(n):\n"
        "    import jupyter_auth\n"
        "    return jupyter_auth.get_token('lake').metadata.token_source.value\n"
        "got = Parallel(n_jobs=2)(delayed(ask)(n) for n in range(6))",
        timeout=200,
    )
    assert kernel.value("got") == ["cache"] * 6


def test_a_forked_child_cannot_ask(kernel: Kernel) -> None:
    kernel.run(RUN_IN_FORK)
    started = time.monotonic()
    assert kernel.value("forked(ask)") == ["InteractionRequiredError", "no_account"]
    assert time.monotonic() - started < 25


# -- cells whose output nobody sees, and many that ask at once ----------------------------------


CAPTURED = """
from IPython.utils.io import capture_output
with capture_output():
    ja.get_token('lake')
"""


def test_what_a_cell_captures_is_no_place_to_ask(kernel: Kernel) -> None:
    started = time.monotonic()
    assert "InteractionRequiredError" in kernel.fails(CAPTURED)
    kernel.run("%%capture\nja.get_token('lake')")  # the magic catches the error with the rest
    assert time.monotonic() - started < 50
    assert kernel.displays() == []


def test_twelve_coroutines_of_a_cell_show_one_card(kernel: Kernel, provider: OidcProvider) -> None:
    kernel.run("import asyncio")
    cell = kernel.start(
        "got = await asyncio.gather(*(ja.aget_token('lake') for _ in range(12)))",
        "sorted(tok.metadata.token_source for tok in got)",
    )
    request = pending(kernel.server)
    until(lambda: pending(kernel.server)["requested_by"]["waiting"] == 12)
    provider.approve(request["user_code"])
    assert kernel.result_of(cell) == ["cache"] * 11 + ["identity_provider"]
    first = [m for m in kernel.messages if m["msg_type"] == "display_data"]
    assert len(first) == 1
    assert "Signed in as ada" in kernel.displays(cell)[-1]["text/plain"]


def test_the_stop_button_ends_an_await(kernel: Kernel) -> None:
    cell = kernel.start("await ja.aget_token('lake')", "None")
    request = pending(kernel.server)
    kernel.interrupt()
    with pytest.raises(Exception, match=r"KeyboardInterrupt|CancelledError"):
        kernel.result_of(cell)
    until(lambda: state(kernel, request["id"]) == "cancelled")
    assert "Sign-in cancelled" in kernel.displays(cell)[-1]["text/plain"]


def state(kernel: Kernel, interaction: str) -> str:
    return str(kernel.server.get(f"jupyter_auth/v1/interactions/{interaction}").json()["state"])


def test_a_cancelled_call_holds_nobody_up(
    kernel: Kernel, provider: OidcProvider, sign_in: Callable[..., str]
) -> None:
    sign_in(kernel)
    kernel.run("import asyncio; tok = ja.get_token('lake')")
    provider.set(hold_ms=8000)
    took = kernel.run(
        "task = asyncio.ensure_future(ja.aget_token('lake', force_refresh=True))\n"
        "await asyncio.sleep(0.5); task.cancel(); await asyncio.sleep(0.1)\n"
        "began = time.time(); ja.get_accounts(); took = time.time() - began",
        "took",
    )
    assert took < 5
    provider.set(hold_ms=0)


def test_a_subshell_gets_tokens_while_the_main_shell_asks(kernel: Kernel, provider: OidcProvider) -> None:
    """JupyterLab's subshells (ipykernel 7): a second thread of the same kernel that runs cells."""
    cell = kernel.start("tok = ja.get_token('lake')", "tok.account.username")
    request = pending(kernel.server)
    subshell = kernel.open_subshell()
    said = kernel.in_subshell(subshell, SILENT)
    assert "InteractionRequiredError" in said
    provider.approve(request["user_code"])
    assert kernel.result_of(cell) == "ada"
    said = kernel.in_subshell(subshell, "print(ja.get_token('lake').metadata.token_source.value)")
    assert "cache" in said


# -- what L0 must not answer --------------------------------------------------------------------


def test_an_answer_of_a_person_is_not_kept_for_everybody(kernel: Kernel, sign_in: Callable[..., str]) -> None:
    for name in ("ada", "grace", "ada"):
        sign_in(kernel, "tok = ja.acquire_token_by_device_flow('lake')", username=name)
    said = kernel.fails("ja.get_token('lake', interactive=False)")
    assert "InteractionRequiredError" in said and "2 accounts" in said


def test_scopes_from_a_generator_are_kept_under_their_own_name(
    kernel: Kernel, sign_in: Callable[..., str]
) -> None:
    sign_in(kernel, "tok = ja.get_token('lake', scopes='lake.read lake.write')")
    kernel.run("ja.get_token('lake', scopes=(s for s in ['lake.write']), force_refresh=True)")
    kernel.run("tok = ja.get_token('lake')")
    assert "lake.read" in json.loads(kernel.value("__import__('json').dumps(tok.scopes)"))

"""The prompt in the cell: shown, updated in place, cancelled from everywhere, gone when it is over."""

import json
from collections.abc import Callable

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import Provider
from tests.integration.conftest import on_each_provider, pending
from tests.support import CellError, Kernel, Place, until

ASK = "tok = ja.get_token('lake')"


def last_display(kernel: Kernel, cell: str) -> dict[str, str]:
    shown = kernel.displays(cell)
    assert shown, "nothing was displayed"
    return shown[-1]


def state_after(server: JupyterProcess, interaction: str) -> str:
    """The state in which a request ends."""
    path = f"jupyter_auth/v1/interactions/{interaction}"
    until(lambda: server.get(path).json()["state"] != "pending")
    return str(server.get(path).json()["state"])


@on_each_provider
def test_the_prompt_says_who_asks_for_what_and_ends_as_one_line(kernel: Kernel, provider: Provider) -> None:
    cell = kernel.start(ASK, "tok.account.username")
    waiting = pending(kernel.server)
    provider.approve(waiting["user_code"])
    assert kernel.result_of(cell) == "ada"
    first, last = kernel.displays(cell)[0], last_display(kernel, cell)
    for form in ("text/html", "text/plain"):
        for word in (waiting["user_code"], waiting["verification_uri"], "Test lake", "127.0.0.1"):
            assert word in first[form], (form, word)
    assert (
        "lake.read" in first["text/plain"]
        and "Only continue if you started this just now." in first["text/plain"]
    )
    assert last["text/plain"] == "✓ Signed in as ada · lake"
    for secret in (waiting["user_code"], waiting["verification_uri"], "user_code="):
        assert secret not in json.dumps(last)


@pytest.mark.parametrize("ask", [ASK, "%load_ext jupyter_auth\ntok = %get_token lake"])
def test_the_stop_button_cancels(kernel: Kernel, provider: Provider, ask: str) -> None:
    cell = kernel.start(ask, "None")
    waiting = pending(kernel.server)
    kernel.shows(cell)
    kernel.interrupt()
    with pytest.raises(CellError, match="KeyboardInterrupt") as stopped:
        kernel.result_of(cell)
    assert "get_token" in str(stopped.value), "the person's own line is shown"
    assert "File " not in str(stopped.value), "and none of ours"
    assert "cancelled" in last_display(kernel, cell)["text/plain"]
    assert state_after(kernel.server, waiting["id"]) == "cancelled"
    assert kernel.value("1 + 1") == 2


@on_each_provider
def test_rest_cancels(kernel: Kernel, provider: Provider) -> None:
    cell = kernel.start(
        "try:\n    ja.get_token('lake')\nexcept ja.InteractionCancelledError as e:\n    r = e.reason", "r"
    )
    waiting = pending(kernel.server)
    answer = kernel.server.delete(f"jupyter_auth/v1/interactions/{waiting['id']}")
    assert (
        answer.status_code == 200
        and answer.json()["state"] == "cancelled"
        and answer.json()["user_code"] is None
    )
    assert kernel.result_of(cell) == "cancelled"


@on_each_provider
def test_a_denied_and_an_expired_code(kernel: Kernel, provider: Provider) -> None:
    cell = kernel.start(ASK, "None")
    provider.deny(pending(kernel.server)["user_code"])
    with pytest.raises(CellError, match="InteractionDeclinedError"):
        kernel.result_of(cell)
    assert last_display(kernel, cell)["text/plain"].startswith("✗ Sign-in declined.")
    provider.set(dc_ttl=3)
    cell = kernel.start(ASK, "None")
    with pytest.raises(CellError, match="InteractionExpiredError"):
        kernel.result_of(cell)
    assert "expired" in last_display(kernel, cell)["text/plain"]


def test_timeout_ends_a_prompt(kernel: Kernel, provider: Provider) -> None:
    said = kernel.fails("ja.get_token('lake', timeout=1)")
    assert "InteractionExpiredError" in said


def test_several_kernels_wait_for_one_sign_in(pair: list[Kernel], provider: Provider) -> None:
    cells = [kernel.start(ASK, "tok.metadata.token_source") for kernel in pair]
    until(lambda: pending(pair[0].server)["requested_by"]["waiting"] == 2)
    waiting = pending(pair[0].server)
    assert waiting["requested_by"]["kernel_name"] == "Python 3 (ipykernel)"
    provider.approve(waiting["user_code"])
    sources = [kernel.result_of(cell) for kernel, cell in zip(pair, cells, strict=True)]
    assert sorted(sources) == ["cache", "identity_provider"]
    assert provider.token_responses() == 1


def test_nobody_to_ask(kernel: Kernel, provider: Provider) -> None:
    kernel.allow_stdin = False
    said = kernel.fails("ja.get_token('lake')")
    assert "InteractionRequiredError" in said and "cannot ask a person" in said and "%get_token lake" in said
    assert "InteractionRequiredError" in kernel.fails("ja.get_token('lake', interactive=False)")
    known = kernel.server.get("jupyter_auth/v1/interactions").json()
    assert [i for i in known if i["state"] == "pending"] == []


def test_await_and_its_cancellation(kernel: Kernel, home: Place, provider: Provider) -> None:
    cell = kernel.start("tok = await ja.aget_token('lake')", "tok.account.username")
    provider.approve(pending(kernel.server)["user_code"])
    assert kernel.result_of(cell) == "ada"
    levels = [kernel.run("tok = await ja.aget_token('lake')", "tok.metadata.cache_level") for _ in range(2)]
    assert levels == ["memory", "kernel"]
    kernel.run("ja.clear_cache()")
    cell = kernel.start(
        "import asyncio, pathlib\n"
        "task = asyncio.create_task(ja.aget_token('lake', interactive=True))\n"
        "while not pathlib.Path('asked').exists(): await asyncio.sleep(0.01)\n"
        "task.cancel()\n"
        "try:\n    await task\nexcept asyncio.CancelledError:\n    ended = 'cancelled'",
        "ended",
    )
    asked = pending(kernel.server)
    (home.notebooks / "asked").touch()
    assert kernel.result_of(cell) == "cancelled"
    assert state_after(kernel.server, asked["id"]) == "cancelled"
    (home.notebooks / "asked").unlink()


def test_a_kernel_that_dies_while_it_asks_leaves_no_request(
    kernel: Kernel, home: Place, provider: Provider
) -> None:
    kernel.start(ASK, "None")
    waiting = pending(kernel.server)
    kernel.shut_down()
    assert state_after(kernel.server, waiting["id"]) == "cancelled"


def test_a_request_over_rest(kernel: Kernel, provider: Provider, sign_in: Callable[..., str]) -> None:
    first = kernel.server.post("jupyter_auth/v1/interactions", {"profile": "lake"})
    again = kernel.server.post("jupyter_auth/v1/interactions", {"profile": "lake"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    provider.approve(first.json()["user_code"])
    assert state_after(kernel.server, first.json()["id"]) == "succeeded"
    assert kernel.run(ASK, "tok.metadata.token_source") == "cache"
    wrong = kernel.server.post("jupyter_auth/v1/interactions", {"profile": "laek"})
    assert wrong.status_code == 400 and 'did you mean "lake"' in wrong.json()["message"]

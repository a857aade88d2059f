"""Where no server has a broker: the same one in the process itself, over the same store; and where that
must never happen."""

import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pexpect
import pytest
from jupyter_client.blocking.client import BlockingKernelClient

from tests.idp import OidcProvider
from tests.integration.lone import ask, first_card, lone, shown_code, sign_in_by_device
from tests.support import Kernel, Place, Script, until

Terminal: TypeAlias = "pexpect.spawn[str]"

SOURCE = "[tok.metadata.token_source, tok.metadata.cache_level]"
STATUS = "from jupyter_auth.kernel.api import status"
FORK = """
child = os.fork()
if child == 0:
    {work}sys.exit()
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print("child has ended", flush=True)
"""
FAILED = """
try:
    ja.get_token("lake", interactive=False); outcome = ["token", True, ""]
except ja.AuthError as error:
    outcome = [type(error).__name__ + " " + error.reason, getattr(error, "retryable", None), str(error)]
"""


def test_a_script_uses_the_sign_in_of_a_server(
    home: Place, kernel: Kernel, provider: OidcProvider, sign_in: Callable[..., str]
) -> None:
    with Script(home) as script:
        assert script.run(FAILED, "outcome")[0] == "InteractionRequiredError no_account"
        sign_in(kernel)
        assert script.run("tok = ja.get_token('lake')", SOURCE) == ["cache", "store"]
        assert script.run("tok = ja.get_token('lake')", SOURCE) == ["cache", "kernel"]
        assert provider.token_responses() == 1
        said = script.run(STATUS, "status()")
    assert said["broker"]["where"] == said["found"]["where"] == "process"
    assert said["found"]["why"] == "This process is no kernel of a Jupyter server."


def test_where_nobody_can_be_asked_nothing_is_handed_out(
    home: Place, kernel: Kernel, sign_in: Callable[..., str]
) -> None:
    sign_in(kernel)
    text = home.toml.read_text()
    for access, reason in (("ask", "grant_required"), ("deny", "kernel_access_denied")):
        home.toml.write_text(f'{text.rstrip()}\nkernel_access = "{access}"\n')
        with Script(home) as script:
            kind, _, said = script.run(FAILED, "outcome")
        assert kind == f"KernelGrantRequiredError {reason}" and "ada" not in said


def test_a_script_s_sign_in_outlives_it(
    fresh: Place, provider: OidcProvider, start_kernels: Callable[..., list[Kernel]]
) -> None:
    with Script(fresh) as script:
        assert "No Jupyter server here: the sign-in is kept in this Python" in sign_in_by_device(
            script, provider
        )
    with fresh.server() as server:
        kernel = start_kernels(server)[0]
        assert kernel.run("tok = ja.get_token('lake')", SOURCE) == ["cache", "store"]


def test_the_broker_of_a_script_ends_in_order(
    home: Place, kernel: Kernel, provider: OidcProvider, sign_in: Callable[..., str]
) -> None:
    """A refresh behind a stale token that is still under way is saved before the process ends."""
    provider.set(at_ttl=20)
    sign_in(kernel)
    provider.set(hold_ms=1500, at_ttl=3600)
    time.sleep(10)  # past half of its life: stale
    with Script(home) as script:
        assert script.run("tok = ja.get_token('lake')", SOURCE)[0] == "cache"
        until(lambda: provider.token_responses("refresh_token") == 1)
    provider.set(hold_ms=0)
    assert kernel.run("tok = ja.get_token('lake', force_refresh=True)", SOURCE)[0] in (
        "cache",  # the script's own, adopted
        "identity_provider",
    )
    assert [e for e in provider.log() if e["endpoint"] == "token" and e["error"] == "invalid_grant"] == []


def test_a_child_of_a_script_ends_at_once_and_has_a_broker_of_its_own(
    home: Place, kernel: Kernel, sign_in: Callable[..., str]
) -> None:
    sign_in(kernel)
    with Script(home) as script:
        script.run("tok = ja.get_token('lake'); import os, sys")
        for work in ("", "assert ja.acquire_token_silent('lake', force_refresh=True); "):
            started = time.monotonic()
            script.start(FORK.format(work=work), "status")
            script.said_until("child has ended")
            assert script.result() == 0
            assert time.monotonic() - started < 50
        assert (
            script.run("tok = ja.acquire_token_silent('lake', force_refresh=True)", "tok.profile") == "lake"
        )


# -- VS Code's way, and that of others who start kernels themselves -----------------------------


@pytest.fixture
def lone_kernel(home: Place) -> Iterator[BlockingKernelClient]:
    with lone(home) as client:
        yield client


def test_a_kernel_of_nobody_asks_in_its_cell_and_says_where_the_sign_in_is_kept(
    home: Place, lone_kernel: BlockingKernelClient, provider: OidcProvider
) -> None:
    ask(lone_kernel, "__vsc_ipynb_file__ = '/home/ada/sales.ipynb'\n%load_ext jupyter_auth")
    waiting = lone_kernel.execute("tok = %get_token lake")
    card = first_card(lone_kernel)
    assert "sales.ipynb asks you to sign in to lake" in card["text/plain"]
    assert "No Jupyter server here" in card["text/plain"] and "No Jupyter server here" in card["text/html"]
    provider.approve(shown_code(card["text/plain"]))
    assert lone_kernel._recv_reply(waiting, timeout=60)["content"]["status"] == "ok"
    assert "ada" in str(ask(lone_kernel, "tok"))
    status = str(ask(lone_kernel, "%auth status"))
    assert "in this Python process" in status and "So the refresh token is in this process, too." in status


def test_a_kernel_of_nobody_is_interrupted_while_it_asks(
    home: Place, lone_kernel: BlockingKernelClient, provider: OidcProvider
) -> None:
    ask(lone_kernel, "import jupyter_auth as ja, os")
    pid = int(str(ask(lone_kernel, "print(os.getpid())")[0]["text/plain"]))
    waiting = lone_kernel.execute("ja.get_token('lake')", stop_on_error=False)
    first_card(lone_kernel)
    os.kill(pid, signal.SIGINT)
    reply = lone_kernel._recv_reply(waiting, timeout=60)["content"]
    assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
    assert "File" not in "".join(reply["traceback"]), "the cell's own line is shown, and none of ours"
    assert "no_account" in str(ask(lone_kernel, FAILED + "print(outcome)"))  # it works on


# -- where the store must not be opened ---------------------------------------------------------

OPENED = "[outcome, 'jupyter_auth.broker.broker' in __import__('sys').modules]"


def test_a_kernel_of_a_live_server_never_opens_the_store(fresh: Place) -> None:
    with fresh.server() as server:
        kernel = Kernel(server)
        fresh.socket.unlink()
        [kind, retryable, text], opened = kernel.run("import jupyter_auth as ja" + FAILED, OPENED)
        assert (kind, retryable, opened) == ("TransportError no_broker", True, False)
        assert f"process {server.pid}" in text and "doctor" in text
        kernel.close()


def test_a_script_of_a_live_server_does_not_either(fresh: Place) -> None:
    with fresh.server() as own:
        pid = own.pid
        with Script(fresh, JPY_PARENT_PID=str(pid)) as script:
            [kind, retryable, _], opened = script.run(FAILED, OPENED)
    assert (kind, retryable, opened) == ("TransportError no_broker", True, False)


ORPHAN = """
import os, signal
{import_and_get}
leave, os._exit = os._exit, lambda code: None  # with its server the kernel would end, within a second
os.kill({pid}, signal.SIGKILL)
for _ in range(50):
    time.sleep(0.01)
    {fail}
    open({path!r}, "a").write(str({opened}) + "\\n")
leave(0)
"""


def test_a_kernel_that_was_proven_once_never_falls_back(
    fresh: Place, sign_in: Callable[..., str], start_kernels: Callable[..., list[Kernel]]
) -> None:
    told = fresh.notebooks / "told.txt"
    with fresh.server() as server:
        kernel = start_kernels(server)[0]
        sign_in(kernel)
        code = ORPHAN.format(
            import_and_get="ja.get_token('lake')",
            pid=server.pid,
            fail=FAILED.replace("interactive", "force_refresh=True, interactive").replace("\n", "\n    "),
            opened=OPENED,
            path=str(told),
        )
        kernel.start(code, "None")
        until(lambda: told.exists() and "\n" in told.read_text())
    first = told.read_text().splitlines()[0]
    assert "TransportError" in first and first.endswith("False]")


def test_what_a_crashed_server_left_is_no_live_server(home: Place) -> None:
    gone = 4_000_000  # beyond every process id
    (home.runtime / f"jpserver-{gone}.json").write_text("{}")
    with Script(home, JPY_PARENT_PID=str(gone)) as script:
        assert script.run(FAILED, "outcome")[0] == "InteractionRequiredError no_account"
    (home.runtime / f"jpserver-{gone}.json").unlink()


# -- a terminal ---------------------------------------------------------------------------------


@pytest.fixture(params=["python", "ipython"])
def terminal(request: pytest.FixtureRequest, home: Place) -> Iterator[Terminal]:
    """An interactive Python in a terminal of its own."""
    options = ["-q"] if request.param == "python" else ["-m", "IPython", "--simple-prompt", "--no-banner"]
    child = pexpect.spawn(
        sys.executable,
        options,
        env=dict(home.environment),
        encoding="utf-8",
        timeout=200,
        dimensions=(50, 200),
    )
    child.expect([">>> ", r"In \[1\]: "])
    yield child
    child.close(force=True)


def test_a_terminal_is_asked_in_text(terminal: Terminal, provider: OidcProvider) -> None:
    terminal.sendline("import jupyter_auth as ja; tok = ja.get_token('lake')")
    terminal.expect("No Jupyter server here")
    terminal.expect(r"2\. Enter\s+(\S+)")
    assert isinstance(terminal.match, re.Match)
    code = str(terminal.match.group(1))
    terminal.expect("To stop, press Ctrl")
    provider.approve(code)
    terminal.expect("Signed in as ada")
    terminal.sendline("tok")
    terminal.expect(r"<AuthenticationResult lake ada · lake\.read · \d+ min>")


def test_ctrl_c_ends_the_question_in_a_terminal(terminal: Terminal) -> None:
    terminal.sendline("import jupyter_auth as ja; tok = ja.get_token('lake')")
    terminal.expect("To stop, press Ctrl")
    terminal.sendintr()
    terminal.expect("Sign-in cancelled")
    terminal.expect("KeyboardInterrupt")
    terminal.sendline("print(len(ja.get_accounts()) + 40)")
    terminal.expect("40")

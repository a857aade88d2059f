"""Every host of ``docs/reference/hosts.md``: what people see signed out and signed in is what the page says.

Where nobody can answer there is never a hang, and a token comes silently where somebody signed in before.
"""

import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pytest
import requests

from tests.browser.lab import write_notebook
from tests.idp import OidcProvider
from tests.integration.hosts import code, differences, hosts
from tests.integration.lone import ask, first_card, lone, shown_code, sign_in_by_device
from tests.support import Place, Script, place, until
from tests.support.agent import agent_command
from tests.support.ports import free_ports

HOSTS = hosts()
#: Those where nobody can answer.
RUNNERS = ("A script in a pipe", "nbconvert", "jupyter execute", "papermill", "nbval")
TERMINALS = ("A script in a terminal", "IPython in a terminal")

#: What a kernel does besides: how a cell ended, and how long it took.
STARTUP = """
import json, time
began = 0.0
def begins(info): global began; began = time.monotonic()
def ends(result):
    if "get_token" in (result.info.raw_cell or ""):
        error = result.error_in_exec
        told = [type(error).__name__, error.reason] if error else ["token", tok.metadata.token_source]
        open("told.json", "w").write(json.dumps([*told, time.monotonic() - began]))
get_ipython().events.register("pre_run_cell", begins)
get_ipython().events.register("post_run_cell", ends)
"""


@pytest.fixture(scope="module")
def whole() -> Iterator[Place]:
    """A place without a server, with the page's script and notebook."""
    with place() as made:
        (made.notebooks / "report.py").write_text(code(), encoding="utf-8")
        write_notebook(made.notebooks, "report.ipynb", code().rstrip("\n"))
        startup = made.root / "ipython" / "profile_default" / "startup"
        startup.mkdir(parents=True)
        (startup / "told.py").write_text(STARTUP, encoding="utf-8")
        commands = f"{Path(sys.executable).parent}{os.pathsep}{made.environment['PATH']}"
        made.variables(PATH=commands, TERM="dumb")
        yield made


@pytest.fixture
def signed_out(whole: Place, provider: OidcProvider) -> Iterator[Place]:
    """The place, with a profile and nobody signed in."""
    whole.toml.write_text("", encoding="utf-8")
    whole.profile(provider.issuer)
    (whole.notebooks / "told.json").unlink(missing_ok=True)
    yield whole
    with Script(whole, JUPYTER_AUTH_AGENT="never") as script:
        script.run("ja.clear_cache()")


@pytest.fixture
def signed_in(signed_out: Place, provider: OidcProvider) -> Place:
    with Script(signed_out) as script:
        sign_in_by_device(script, provider)
    return signed_out


def run(home: Place, command: str) -> tuple[int, str]:
    """Run a command of the page; its exit code, and what it shows."""
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=home.notebooks,
        env=dict(home.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=200,
        check=False,
    )
    return done.returncode, done.stdout


def check(host: str, words: str, seen: str, exit_code: int = 0) -> None:
    """It is as the page says."""
    text, expected = HOSTS[host].expects(words)
    assert differences(text, seen) == ""
    assert exit_code == expected


# -- nobody can answer -----------------------------------------------------------------------------


@pytest.mark.parametrize("host", RUNNERS)
def test_a_run_that_needs_a_person_fails_at_once(signed_out: Place, host: str) -> None:
    exit_code, seen = run(signed_out, HOSTS[host].command)
    check(host, "Signed out", seen, exit_code)
    if (told := signed_out.notebooks / "told.json").exists() or "ipynb" in HOSTS[host].command:
        kind, reason, seconds = json.loads(told.read_text())
        assert (kind, reason) == ("InteractionRequiredError", "no_account")
        assert seconds < 90, "the prompt would wait for minutes"


@pytest.mark.parametrize("host", RUNNERS)
def test_signed_in_before_it_runs_silently(signed_in: Place, host: str) -> None:
    exit_code, seen = run(signed_in, HOSTS[host].command)
    check(host, "Signed in", seen, exit_code)
    if (told := signed_in.notebooks / "told.json").exists() or "ipynb" in HOSTS[host].command:
        assert json.loads(told.read_text())[:2] == ["token", "cache"]


# -- a terminal ------------------------------------------------------------------------------------


def in_terminal(home: Place, provider: OidcProvider, command: str) -> tuple[int, str]:
    """Run a command in a terminal, and sign in where it asks; its exit code, and what it shows."""
    child = pexpect.spawn(
        "bash",
        ["-c", command],
        cwd=str(home.notebooks),
        env=dict(home.environment),
        encoding="utf-8",
        timeout=120,
        dimensions=(60, 200),
    )
    seen = ""
    if child.expect(["To stop, press Ctrl", pexpect.EOF]) == 0:
        seen = f"{child.before}{child.after}"
        provider.approve(shown_code(seen))
        child.expect(pexpect.EOF)
    seen += child.before or ""
    child.close()
    return -1 if child.exitstatus is None else child.exitstatus, seen


@pytest.mark.parametrize("host", TERMINALS)
def test_a_terminal_asks_and_goes_on(signed_out: Place, provider: OidcProvider, host: str) -> None:
    command = HOSTS[host].command
    exit_code, seen = in_terminal(signed_out, provider, command)
    check(host, "Signed out", seen, exit_code)
    exit_code, seen = in_terminal(signed_out, provider, command)
    check(host, "Signed in", seen, exit_code)
    assert "Sign in to" not in seen


# -- VS Code's way ---------------------------------------------------------------------------------


def test_vs_code_s_kernel_asks_below_the_cell(signed_out: Place, provider: OidcProvider) -> None:
    with lone(signed_out) as client:
        ask(client, "__vsc_ipynb_file__ = '/home/ada/report.ipynb'")
        waiting = client.execute(code())
        card = first_card(client)
        check("VS Code", "Signed out", card["text/plain"])
        assert shown_code(card["text/plain"]) in card["text/html"]
        provider.approve(shown_code(card["text/plain"]))
        assert client._recv_reply(waiting, timeout=60)["content"]["status"] == "ok"
        shown = ask(client, code())
        check("VS Code", "Signed in", str(shown[-1]["text/plain"]))


# -- Voilà -----------------------------------------------------------------------------------------


RUNNING = re.compile(r"Voilà is running at:?\s+http://[^/\s]*:(\d+)/")


@contextmanager
def voila(home: Place) -> Iterator[tuple[str, Path]]:
    """The page's command, as a server; its address and its log."""
    (port,) = free_ports(1)
    log = home.root / "voila.log"
    command = [*HOSTS["Voilà"].command.split(), f"--port={port}"]
    with log.open("w") as said:
        serving = subprocess.Popen(
            command, cwd=home.notebooks, env=dict(home.environment), stdout=said, stderr=subprocess.STDOUT
        )
    try:
        until(lambda: RUNNING.search(log.read_text(encoding="utf-8")) is not None, 120)
        found = RUNNING.search(log.read_text(encoding="utf-8"))
        assert found is not None  # it is another port where somebody was quicker to take that one
        yield f"http://127.0.0.1:{found[1]}/", log
    finally:
        serving.terminate()
        serving.wait()


def opened(url: str, token: str = "") -> str:
    """The words on a page, outputs that its script puts there included."""
    with requests.Session() as session:
        session.trust_env = False
        headers = {"Authorization": f"token {token}"} if token else {}
        page = session.get(url, headers=headers, timeout=100)
    assert page.status_code == 200
    page.encoding = "utf-8"
    return re.sub(r"<(?!Auth)[^>]+>", "\n", html.unescape(page.text))


def test_voila_shows_that_a_sign_in_is_missing_and_never_hangs(
    signed_out: Place, provider: OidcProvider
) -> None:
    with voila(signed_out) as (url, log):
        check("Voilà", "Signed out; the page", opened(url))
        check("Voilà", "Signed out; the log", log.read_text(encoding="utf-8"))
        with Script(signed_out) as script:
            sign_in_by_device(script, provider)
        check("Voilà", "Signed in; the page", opened(url))


def test_under_a_jupyter_server_voila_s_kernels_have_its_broker(signed_in: Place) -> None:
    write_notebook(
        signed_in.notebooks, "where.ipynb", "%load_ext jupyter_auth", "%auth status", code().rstrip()
    )
    with signed_in.server(module="jupyterlab") as server:
        shown = opened(f"{server.url}voila/render/where.ipynb", server.token)
    assert f"in the Jupyter server (process {server.pid})" in shown
    check("Voilà", "Signed in; the page", shown)


# -- the agent -------------------------------------------------------------------------------------


def test_with_the_agent(signed_out: Place, provider: OidcProvider) -> None:
    host = "With the agent"
    with agent_command(signed_out) as agent:
        started = agent("start")
        check(host, "```bash", started.stdout, started.returncode)
        exit_code, seen = in_terminal(signed_out, provider, HOSTS["A script in a terminal"].command)
        check(host, "Signed out; `python report.py`", seen, exit_code)
        assert "No Jupyter server here" not in seen
        check(host, "Signed in; `jupyter auth agent status`", agent("status").stdout)
        for runner in ("A script in a pipe", "nbconvert"):
            exit_code, seen = run(signed_out, HOSTS[runner].command)
            check(runner, "Signed in", seen, exit_code)
        with lone(signed_out) as client:
            said = str(ask(client, "%load_ext jupyter_auth\n%auth status")[-1]["text/plain"])
        check(host, "`%auth status`", said)

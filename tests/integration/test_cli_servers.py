"""``jupyter auth`` beside running servers: what they have in memory ends too, and its people are told of."""

import json
from collections.abc import Callable, Iterator

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import OidcProvider
from tests.integration.cells import SILENT
from tests.support import Kernel, Place, place
from tests.support.command import auth, log_in, told

ALONE = "--JupyterAuth.store=memory"


@pytest.fixture(scope="module")
def alone() -> Iterator[tuple[Place, JupyterProcess]]:
    """A server whose store nobody else can open, and one without our extension."""
    without = "--ServerApp.jpserver_extensions=jupyter_auth=False"
    with place() as made, made.server(ALONE) as running, made.server(without):
        yield made, running


@pytest.fixture
def apart(
    alone: tuple[Place, JupyterProcess],
    provider: OidcProvider,
    start_kernels: Callable[..., list[Kernel]],
    sign_in: Callable[..., str],
) -> tuple[Place, Kernel]:
    """A kernel there, with ada signed in."""
    home, server = alone
    home.toml.write_text("", encoding="utf-8")
    home.profile(provider.issuer)
    kernel = start_kernels(server)[0]
    sign_in(kernel)
    return home, kernel


def test_accounts_of_servers_are_told_from_those_that_a_script_finds(
    apart: tuple[Place, Kernel], provider: OidcProvider
) -> None:
    home, kernel = apart
    (row,) = told(home, "accounts")
    assert (row["username"], row["here"], row["state"]) == ("ada", False, "signed_in")
    assert [url.rstrip("/") for url in row["servers"]] == [kernel.server.url.rstrip("/")]
    assert f"ada · lake · only in {row['servers'][0]}" in auth(home, "accounts").stdout
    assert auth(home, "token", "lake").returncode == 3, "the Jupyter token alone yields no access token"
    log_in(home, provider, username="grace")
    assert {(r["username"], r["here"]) for r in told(home, "accounts")} == {("ada", False), ("grace", True)}
    told(home, "clear")


def test_a_clear_reaches_the_memory_of_servers(apart: tuple[Place, Kernel], provider: OidcProvider) -> None:
    home, kernel = apart
    log_in(home, provider, username="grace")
    report = told(home, "clear", "--revoke")
    assert {(a["username"], a["outcome"]) for a in report["accounts"]} == {
        ("ada", "revoked"),
        ("grace", "revoked"),
    }
    assert (report["access_tokens"], report["refresh_tokens"], report["problems"]) == (2, 2, [])
    assert kernel.run(SILENT, "outcome") == "no_account"


def test_a_sign_out_reaches_them_by_name(apart: tuple[Place, Kernel], provider: OidcProvider) -> None:
    home, kernel = apart
    assert auth(home, "logout", "lake", "--account", "grace").returncode == 1
    assert kernel.run(SILENT, "outcome") == "token"
    report = told(home, "logout", "--account", "ADA")
    assert [(a["username"], a["outcome"]) for a in report["accounts"]] == [("ada", "revoked")]
    assert kernel.run(SILENT, "outcome") == "no_account"


def test_a_server_that_cannot_be_asked_is_named_and_keeps_no_other_from_it(
    apart: tuple[Place, Kernel], provider: OidcProvider
) -> None:
    home, kernel = apart
    lost = home.runtime / "jpserver-1.json"
    lost.write_text(json.dumps({"url": "http://127.0.0.1:1/", "token": "x", "pid": 1}), encoding="utf-8")
    try:
        ended = auth(home, "clear", "--json")
    finally:
        lost.unlink()
    report = json.loads(ended.stdout)
    assert ended.returncode == 5 and "not done at http://127.0.0.1:1/" in ended.stderr
    assert [(p["where"], p["error"]) for p in report["problems"]] == [
        ("http://127.0.0.1:1/", "transport_error")
    ]
    assert [a["username"] for a in report["accounts"]] == ["ada"]
    assert kernel.run(SILENT, "outcome") == "no_account"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"pid": 1}', '{"url": 1, "pid": 1}', '{"url": "x", "pid": "1"}']
)
def test_what_is_no_server_is_none(alone: tuple[Place, JupyterProcess], text: str) -> None:
    home, _ = alone
    odd = home.runtime / "jpserver-1.json"
    odd.write_text(text, encoding="utf-8")
    try:
        assert auth(home, "accounts").returncode == 0
    finally:
        odd.unlink()


def test_in_a_notebook_it_is_the_notebook_s_broker(
    home: Place, kernel: Kernel, sign_in: Callable[..., str]
) -> None:
    """What a cell starts proves itself as its kernel, opens no store of its own, and leaves no code there."""
    kernel.run("%load_ext jupyter_auth\nimport sys")
    for verb in ("login", "token"):
        said = kernel.run(
            f"said = !{{sys.executable}} -m jupyter_auth.cli.main {verb} lake", "' '.join(said)"
        )
        assert "Sign in in the notebook, with: %auth login lake" in said
    sign_in(kernel)
    code = (
        "import subprocess, sys, hashlib\n"
        "def auth(*words):\n"
        "    command = [sys.executable, '-m', 'jupyter_auth.cli.main', *words]\n"
        "    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)\n"
        "ended = auth('token', 'lake')\n"
        "same = hashlib.sha256(ended.stdout.strip().encode()).hexdigest()\n"
        "mine = hashlib.sha256(tok.reveal().encode()).hexdigest()"
    )
    assert kernel.run(code, "[ended.returncode, ended.stderr, same == mine]") == [0, "", True]
    assert kernel.run("ended = auth('clear')", "[ended.returncode, ended.stderr]") == [0, ""]
    assert kernel.run(SILENT, "outcome") == "no_account"

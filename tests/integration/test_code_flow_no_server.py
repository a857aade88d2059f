"""The redirect sign-in where there is no server: a listener on loopback, else the address that is typed."""

import re
import sys
from collections.abc import Iterator

import pexpect
import pytest
import requests

from tests.idp import OidcProvider
from tests.integration.code_flow import FLOWS, parameters
from tests.support import Place, Script, until

ASK = "tok = ja.acquire_token_interactive('web', timeout=60)"
NO_DISPLAY = dict.fromkeys(("SSH_CONNECTION", "SSH_TTY", "DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"), "")
DISPLAY = NO_DISPLAY | {"DISPLAY": ":0"}
SSH = DISPLAY | {"SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}
ADDRESS = r"http://127\.0\.0\.1:\d+/auth\?\S+"


@pytest.fixture(autouse=True)
def web(home: Place, provider: OidcProvider) -> None:
    home.profile(provider.issuer, "web", more=FLOWS)


def visit(url: str, method: str = "GET") -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, url, timeout=20, allow_redirects=False)


def test_a_listener_takes_the_answer_and_ends(home: Place, provider: OidcProvider) -> None:
    with Script(home, **DISPLAY) as script:
        script.start(ASK, "tok.account.username")
        shown = re.search(ADDRESS, script.said_until("Request ends"))
        assert shown is not None
        back = provider.sign_in(shown[0])
        base, _, query = back.partition("?")
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/jupyter_auth/v1/callback", base)
        wrong = (base, f"{base}x?{query}", f"{base}?{query}&state=x", base + "?state=x&code=y")
        assert [visit(url).status_code for url in wrong] == [404] * 4
        assert visit(back, "HEAD").status_code == visit(back, "POST").status_code == 405
        page = visit(back)
        assert page.status_code == 200 and "Signed in" in page.text
        assert page.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert page.headers["Cache-Control"] == "no-store" and "Python" not in page.headers["Server"]
        for secret in parameters(back).values():
            assert secret not in page.text
        assert script.result() == "ada"

        def has_ended() -> bool:
            try:
                visit(base)
            except requests.ConnectionError:
                return True
            return False

        until(has_ended)
        assert script.run("tok = ja.get_token('web')", "tok.metadata.token_source") == "cache"


def test_over_ssh_nothing_listens(home: Place) -> None:
    with Script(home, **SSH) as script:
        script.start("import sys; sys.stdin.close()\n" + ASK)
        shown = re.search(ADDRESS, script.said_until("Request ends"))
        assert shown is not None
        assert parameters(shown[0])["redirect_uri"] == "http://127.0.0.1/jupyter_auth/v1/callback"
        script.kill()


@pytest.fixture
def terminal(home: Place) -> Iterator["pexpect.spawn[str]"]:
    """A Python in a terminal of its own, without a display."""
    child = pexpect.spawn(
        sys.executable,
        ["-q"],
        env={**home.environment, **NO_DISPLAY, "TERM": "dumb", "PYTHON_BASIC_REPL": "1"},
        cwd=str(home.notebooks),
        encoding="utf-8",
        timeout=30,
        dimensions=(50, 500),
    )
    yield child
    child.close(force=True)


def test_the_address_is_typed_in_a_terminal(terminal: "pexpect.spawn[str]", provider: OidcProvider) -> None:
    terminal.sendline("import jupyter_auth as ja")
    terminal.sendline(ASK)
    terminal.expect(ADDRESS)
    assert isinstance(terminal.match, re.Match)
    shown = str(terminal.match.group(0))
    terminal.expect("Copy the address you end up on")
    terminal.expect("Address from the sign-in page: ")
    terminal.sendline("https://elsewhere.example/")
    terminal.expect("does not belong to this request")
    terminal.expect("Address from the sign-in page: ")
    terminal.sendline(provider.sign_in(shown))
    terminal.expect("Signed in as ada")
    terminal.sendline("print(tok.account.username, 6 * 7)")
    terminal.expect("ada 42")

"""S26: every answer of ours is stored by nobody, taken for nothing else, and can run and load nothing."""

from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest
import requests

from jupyter_auth.broker.signing_in.loopback import Loopback
from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from jupyter_auth.core.profile import Profile
from tests.idp import OidcProvider
from tests.integration.code_flow import FLOWS, browser, parameters, visit
from tests.security.enumerating import METHODS, OPTION, routes
from tests.security.signed_in import asking
from tests.security.test_s22_routes import HANDSHAKE
from tests.security.undefended import ROOT
from tests.support import Place, place

HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
#: An administrator's own headers, for the pages of Jupyter; and a route of ours that fails.
LOOSE = """
c.ServerApp.tornado_settings = {"headers": {
    "Cache-Control": "public, max-age=86400",
    "X-Content-Type-Options": "none",
    "Referrer-Policy": "unsafe-url",
    "Content-Security-Policy": "frame-ancestors *; default-src *",
}}
"""
FAILS = """
from jupyter_auth.server import handlers
async def fail(self):
    raise ZeroDivisionError("CANARY")
handlers.ProfilesHandler.get = handlers.guarded(fail)
"""


@pytest.fixture(scope="module")
def idp() -> Iterator[OidcProvider]:
    with OidcProvider() as running:
        yield running


@pytest.fixture(scope="module", params=["as it comes", "loose"])
def served(request: pytest.FixtureRequest, idp: OidcProvider) -> Iterator[tuple[Place, JupyterProcess]]:
    with place() as home:
        home.profile(idp.issuer, "lake", more=FLOWS)
        home.server_code(FAILS + (LOOSE if request.param == "loose" else ""))
        home.variables(PYTHONPATH=str(ROOT))
        with home.server(OPTION) as server:
            yield home, server


def is_closed(answer: requests.Response) -> bool:
    return all(answer.headers.get(name) == value for name, value in HEADERS.items())


def everything(home: Place, server: JupyterProcess) -> Iterator[requests.Response]:
    """Every route by every method, asked by who may and by who may not, well and badly."""
    ways: list[dict[str, Any]] = [
        {},
        {"json": {"profile": "nope"}},
        {"data": "x", "headers": {"Content-Type": "text/plain"}},
        {"data": b"{", "headers": {"Content-Type": "application/json"}},
        {"json": {"profile": "l" * 70_000}},
        {"params": {"profile": b"\xff"}},
        {"headers": HANDSHAKE | {"Origin": "https://evil.example"}},
    ]
    with browser(server) as page, asking(server) as program, asking(server, token=False) as stranger:
        for session in (page, program, stranger):
            for route in routes(home):
                for method in METHODS:
                    for way in ways:
                        answer = session.request(
                            method, server.url + route.path(), timeout=20, allow_redirects=False, **way
                        )
                        yield answer
                        if "headers" in way:
                            session.close()  # after a handshake a connection is not used again


def test_every_answer_is_closed(served: tuple[Place, JupyterProcess]) -> None:
    seen = set()
    for answer in everything(*served):
        seen.add(answer.status_code)
        assert is_closed(answer), (answer.request.method, answer.url, answer.status_code, answer.headers)
        assert "CANARY" not in answer.text
    assert {200, 302, 400, 403, 404, 405, 413, 415, 500} <= seen, seen


def test_an_answer_that_is_as_before_is_closed_too(served: tuple[Place, JupyterProcess]) -> None:
    _, server = served
    with asking(server) as program:
        url = f"{server.url}jupyter_auth/v1/accounts"
        first = program.get(url, timeout=20)
        again = program.get(url, headers={"If-None-Match": first.headers["Etag"]}, timeout=20)
        assert again.status_code == 304 and is_closed(again)


def test_the_pages_of_the_callback_are_closed(
    served: tuple[Place, JupyterProcess], idp: OidcProvider
) -> None:
    _, server = served
    asked = server.post("jupyter_auth/v1/interactions", {"profile": "lake"}).json()
    back = idp.sign_in(asked["authorization_uri"])
    more = {"profile": "lake", "scopes": "lake.write"}
    waiting = server.post("jupyter_auth/v1/interactions", more).json()["authorization_uri"]
    state = parameters(waiting)["state"]
    with browser(server) as person, browser(server, is_logged_in=False) as stranger:
        url = back.partition("?")[0]
        pages = [visit(stranger, back), visit(person, back), visit(person, back)]
        pages += [visit(person, f"{url}?error=access_denied&state={state}"), visit(person, url, "POST")]
    assert [page.status_code for page in pages] == [302, 200, 404, 403, 405]
    assert all(is_closed(page) for page in pages)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "NONSENSE"])
@pytest.mark.parametrize("path", ["", "?state=x&code=y", "/../other", "?" + "x=1&" * 100, "#"])
def test_the_callback_without_a_server_is_closed_too(
    monkeypatch: pytest.MonkeyPatch, method: str, path: str
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    for name in ("SSH_CONNECTION", "SSH_TTY"):
        monkeypatch.delenv(name, raising=False)

    def take(answer: dict[str, str]) -> "Future[Any]":
        taken: Future[Any] = Future()
        taken.set_result(None)
        return taken

    redirect = Loopback(take).open(Profile(name="lake"))
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, redirect.uri + path, timeout=20)
        assert is_closed(answer), (answer.status_code, answer.headers)
        assert answer.status_code in ({404, 403} if method == "GET" else {405})
        assert "NONSENSE" not in answer.text
    finally:
        redirect.close()

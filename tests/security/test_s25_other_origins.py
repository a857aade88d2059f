"""S25: no answer of ours is given to a page of another origin; a program says who it is by a header.

Jupyter gives its answers to whatever origin asks, where the token comes with the request, and to all that
``allow_origin``, ``allow_origin_pat`` or a header of ``tornado_settings`` names. Those are set for front ends
that have nothing to do with sign-ins, or since a proxy rewrites ``Host``; they open nothing here. A page of
this server's own needs none of it.
"""

from collections.abc import Iterator

import pytest
import requests

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.integration.code_flow import browser
from tests.security.enumerating import METHODS, OPTION, routes
from tests.security.signed_in import asking
from tests.security.test_s22_routes import HANDSHAKE
from tests.security.undefended import ROOT
from tests.support import Place, place

EVIL = "https://evil.example"
HEADERS = """
c.ServerApp.tornado_settings = {"headers": {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Expose-Headers": "*",
}}
"""
#: Options and configuration of the server, by what an administrator has in mind.
SETTINGS: dict[str, tuple[tuple[str, ...], str]] = {
    "nothing set": ((), ""),
    "any": (("--ServerApp.allow_origin=*", "--ServerApp.allow_credentials=True"), ""),
    "a pattern": (("--ServerApp.allow_origin_pat=.*", "--ServerApp.allow_credentials=True"), ""),
    "this one": ((f"--ServerApp.allow_origin={EVIL}", "--ServerApp.allow_credentials=True"), ""),
    "headers": ((), HEADERS),
}


@pytest.fixture(scope="module", params=SETTINGS)
def served(request: pytest.FixtureRequest) -> Iterator[tuple[Place, JupyterProcess]]:
    options, code = SETTINGS[request.param]
    with place("http://127.0.0.1:9") as home:
        home.server_code(code)
        home.variables(PYTHONPATH=str(ROOT))
        with home.server(OPTION, *options) as server:
            yield home, server


def answers(home: Place, server: JupyterProcess) -> Iterator[requests.Response]:
    """Of every route to a page of another origin, which holds a cookie, the token, or nothing."""
    asked = {"Origin": EVIL, "Access-Control-Request-Method": "DELETE"}
    asked["Access-Control-Request-Headers"] = "authorization, content-type, x-xsrftoken"
    with browser(server) as page, asking(server) as program, asking(server, token=False) as stranger:
        for session in (page, program, stranger):
            for route in routes(home):
                for method in METHODS:
                    for query in ({}, {"token": server.token}):
                        yield session.request(
                            method,
                            server.url + route.path(),
                            headers=asked,
                            params=query,
                            timeout=20,
                            allow_redirects=False,
                        )


def test_no_answer_is_for_another_origin(served: tuple[Place, JupyterProcess]) -> None:
    given = 0
    for answer in answers(*served):
        given += answer.status_code == 200
        open_to = [name for name in answer.headers if name.lower().startswith("access-control-")]
        assert open_to == [], (answer.request.method, answer.url, open_to)
        if answer.request.method == "OPTIONS":  # so nothing that needs a preflight is ever sent
            assert answer.status_code == 405, answer.url
    assert given  # to a program with the token, whatever Origin it sends


def test_by_default_its_websocket_is_refused(
    served: tuple[Place, JupyterProcess], request: pytest.FixtureRequest
) -> None:
    _, server = served
    is_allowed = (
        "any" in request.node.name or "a pattern" in request.node.name or "this one" in request.node.name
    )
    with browser(server) as page:
        answer = page.get(
            f"{server.url}jupyter_auth/v1/frontend",
            headers={**HANDSHAKE, "Origin": EVIL},
            timeout=20,
            stream=True,
        )
        assert answer.status_code == (101 if is_allowed else 403)
        answer.close()


def test_a_program_says_who_it_is_by_a_header(served: tuple[Place, JupyterProcess]) -> None:
    _, server = served
    for scheme in ("token", "Token", "Bearer"):
        with asking(server, token=False) as program:
            header = {"Authorization": f"{scheme} {server.token}"}
            assert program.get(f"{server.url}jupyter_auth/v1/status", headers=header, timeout=20).ok

"""S22: every route and websocket of ours asks who somebody is, and whether they may.

The routes are those of the running server's application, found in its own tables. Not among them are the
bundles of the JupyterLab extension: static files of JupyterLab's handler, the same for everybody, that
anybody can download from the package index as well.
"""

from typing import Any

import pytest
import requests

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from jupyter_auth.server.handlers import routes as of_the_source
from tests.security.enumerating import METHODS, NOBODYS, OPTION, Route, enumerated, routes
from tests.security.signed_in import asking
from tests.security.undefended import undefended
from tests.support import Place, place

DENY = """
from jupyter_server.auth import Authorizer
class Deny(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        return resource != "jupyter_auth" or action in {allowed!r}
c.ServerApp.authorizer_class = Deny
"""
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
#: Somebody who is not logged in, in all the ways there are.
STRANGERS: list[dict[str, Any]] = [
    {},
    {"headers": {"Authorization": "token wrong"}},
    {"headers": {"Authorization": "token "}},
    {"headers": {"Authorization": "Bearer null"}},
    {"headers": {"Authorization": "Basic dG9rZW46dG9rZW4="}},
    {"params": {"token": ""}},
    {"params": {"token": "wrong"}},
    {"headers": {"Cookie": "username-127-0-0-1=2|1:0|10:1|4:name|4:YQ==|" + "0" * 64}},
    {"headers": {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1", "X-Remote-User": "root"}},
]


def ask(
    server: JupyterProcess, route: Route, method: str, who: dict[str, Any], *, token: bool = False
) -> requests.Response:
    """One request; a websocket is asked for as a browser does."""
    more = HANDSHAKE if route.is_websocket and method == "GET" else {}
    headers = {"X-XSRFToken": "x", **more, **who.get("headers", {})}
    body: dict[str, str] | None = {} if method in {"POST", "PUT"} else None
    with asking(server, token=token) as session:
        return session.request(
            method,
            server.url + route.path(),
            headers=headers,
            params=who.get("params"),
            json=body,
            timeout=20,
            allow_redirects=False,
            stream=True,
        )


def answered(server: JupyterProcess, known: list[Route]) -> list[tuple[str, str, int]]:
    """What strangers got that is no refusal: a route, a method, and the status."""
    got = []
    for route in known:
        for method in METHODS:
            for who in STRANGERS:
                answer = ask(server, route, method, who)
                is_refused = answer.status_code in {403, 405}
                is_sent_to_login = answer.status_code == 302 and answer.headers["Location"].startswith(
                    "/login?"
                )
                if not is_refused and not (is_sent_to_login and "/callback" in route.path()):
                    got.append((route.path(), method, answer.status_code))
                answer.close()
    return got


def test_strangers_are_refused_everywhere(nobodys: Place, listing: JupyterProcess) -> None:
    assert answered(listing, routes(nobodys)) == []


def test_without_the_defence_strangers_are_answered() -> None:
    with place(NOBODYS) as open_house, undefended(open_house, "s22", options=(OPTION,)) as server:
        got = answered(server, routes(open_house))
    reached = {(path.removeprefix("jupyter_auth/v1/"), status) for path, _, status in got}
    assert {("status", 200), ("accounts", 200), ("cache", 200), ("frontend", 101)} <= reached


def test_the_list_is_whole(nobodys: Place, listing: JupyterProcess) -> None:
    """What is in the source is in the running server, and a websocket and methods are seen as such."""
    found = {route.pattern: route for route in routes(nobodys)}
    assert {pattern for pattern, _ in of_the_source()} <= set(found)
    assert (
        len(found) == len(of_the_source()) + 4
    )  # the websocket, the callback, a profile's own, and all that is nothing
    assert found["/jupyter_auth/v1/frontend"].is_websocket
    assert found["/jupyter_auth/v1/cache"].methods == ("GET", "DELETE")
    assert all(route.handler.startswith("jupyter_auth.server.") for route in found.values())


@pytest.mark.parametrize("allowed", [(), ("read",)])
def test_whom_the_administrator_refuses_is_refused_everywhere(allowed: tuple[str, ...]) -> None:
    """With the right token; where reading alone is allowed, nothing can be changed."""
    with place(NOBODYS) as made:
        made.server_code(DENY.format(allowed=allowed))
        with enumerated(made) as server:
            for route in routes(made):
                for method in METHODS:
                    answer = ask(server, route, method, {}, token=True)
                    may = method == "GET" and bool(allowed)
                    refused = {200, 101, 404} if may else {403} if method in route.methods else {405}
                    assert answer.status_code in refused, (route, method, answer.status_code)
                    answer.close()

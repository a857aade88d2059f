"""The Jupyter token alone gets no access token; no answer to a browser, and no result, shows one."""

import json
from collections.abc import Callable
from urllib.parse import urlsplit

import requests

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.support import Kernel

#: every route, and every method a route could answer
ROUTES = (
    "status",
    "profiles",
    "accounts",
    "accounts/{id}",
    "cache",
    "interactions",
    "interactions/{interaction}",
    "kernel",
    "callback",
)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD")


def answers(
    server: JupyterProcess, known: dict[str, str], methods: tuple[str, ...]
) -> list[requests.Response]:
    found = []
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"token {server.token}"
        for route in ROUTES:
            for method in methods:
                url = f"{server.url}jupyter_auth/v1/{route.format(**known)}"
                for body in (None, {"profile": "lake"}, {"op": "get_token", "profile": "lake"}):
                    found.append(session.request(method, url, json=body, timeout=20))
    return found


def test_no_route_answers_with_a_token(
    server: JupyterProcess, kernel: Kernel, sign_in: Callable[..., str]
) -> None:
    sign_in(kernel)
    token = kernel.value("tok.reveal()")
    account = server.get("jupyter_auth/v1/accounts").json()[0]
    known = {
        "id": account["home_account_id"],
        "interaction": server.get("jupyter_auth/v1/interactions").json()[-1]["id"],
    }
    reading = answers(server, known, ("GET", "OPTIONS", "HEAD", "PUT", "PATCH", "POST"))
    assert {a.status_code for a in reading} >= {200, 404, 405}
    everything = reading + answers(server, known, ("DELETE",))
    for answer in everything:
        shown = answer.text + json.dumps(dict(answer.headers))
        assert token not in shown and token[:8] not in shown
        assert "refresh_token" not in answer.text.replace('"refresh_tokens"', "")
        assert "device_code" not in answer.text.replace('"device_code"', "")  # the flow's name only
        if answer.request.path_url.startswith("/jupyter_auth/") and answer.status_code != 404:
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_every_route_wants_authentication(server: JupyterProcess) -> None:
    with requests.Session() as session:
        session.trust_env = False
        for route in ROUTES:
            url = f"{server.url}jupyter_auth/v1/{route.format(id='x', interaction='y')}"
            for method in METHODS:
                answer = session.request(method, url, timeout=20, allow_redirects=False)
                if (method, route) == ("GET", "callback"):  # a person's browser: by way of the login
                    assert answer.status_code == 302
                    assert answer.headers["Location"].startswith(f"{urlsplit(server.url).path}login?")
                else:
                    assert answer.status_code in {401, 403, 404, 405}, (method, route)


FAILING = """
try:
    ja.acquire_token_silent("lake", account="nobody")
except ja.AuthError as problem:
    error = problem
"""

SHOWN = """
import json, pickle, copy
def outcome(work):
    try:
        return str(work())
    except TypeError as error:
        return "TypeError " + str(error)
shown = {
    "repr": repr(tok), "str": str(tok),
    "f": outcome(lambda: f"{tok}"), "format": outcome(lambda: "{}".format(tok)),
    "percent": "%s %r" % (tok, tok),
    "pickle": outcome(lambda: pickle.dumps(tok)), "json": outcome(lambda: json.dumps(tok)),
    "json str": outcome(lambda: json.dumps(tok, default=str)),
    "copy": outcome(lambda: copy.copy(tok)), "deepcopy": outcome(lambda: copy.deepcopy([tok])),
    "secret": repr(tok.access_token) + str(tok.access_token),
    "metadata": repr(tok.metadata), "account": repr(tok.account),
    "vars": outcome(lambda: vars(tok)),
    "error": repr(error),
}
"""


def test_a_result_never_shows_its_token(kernel: Kernel, sign_in: Callable[..., str]) -> None:
    sign_in(kernel)
    kernel.run(FAILING)
    shown = kernel.run(SHOWN, "shown")
    token = kernel.value("tok.reveal()")
    before = len(kernel.messages)
    for cell in ("tok", "display(tok)", "%whos", "print(tok, [tok], {'t': tok})", "tok.access_token"):
        kernel.run(cell)
    kernel.fails("%store tok")
    kernel.run("%xmode Verbose")
    kernel.fails("def call(a, b):\n    raise ValueError(1)\ncall(tok, tok.access_token)")
    everything = json.dumps(shown) + json.dumps(kernel.messages[before:])
    assert token not in everything and token[:10] not in everything
    for name in ("f", "format", "pickle", "json", "copy", "deepcopy"):
        assert shown[name].startswith("TypeError"), name
    assert ".headers()" in shown["f"] and ".reveal()" in shown["f"]
    assert "•" in shown["str"]
    assert shown["repr"].startswith("<AuthenticationResult lake ada · ")
    assert kernel.value("tok.headers()") == {"Authorization": f"Bearer {token}"}

"""S24: what changes something needs the XSRF header where a cookie says who it is, and application/json.

The value of Jupyter's XSRF cookie is no secret to every attacker: whoever can set a cookie for this host (a
sibling domain, plain HTTP) chooses it. A header they cannot set, and JSON they cannot send.
"""

import json
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
import requests

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.integration.code_flow import browser
from tests.security.enumerating import NOBODYS, OPTION, enumerated, routes
from tests.security.signed_in import asking
from tests.security.undefended import undefended
from tests.support import Place, place

CHANGING = ("POST", "PUT", "DELETE")

WHO = ("cookie", "token header", "token query")
XSRF = ("header", "none", "wrong header", "query", "json")
FORM = "application/x-www-form-urlencoded"
KINDS = (
    "application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "text/plain", FORM,
    "multipart/form-data; boundary=x", "text/plain; a=application/json", "application/json-seq", None,
)  # fmt: skip
JSON_KINDS = {kind for kind in KINDS if kind and kind.partition(";")[0].lower() == "application/json"}


@dataclass(frozen=True, slots=True)
class Sent:
    """One request of the matrix."""

    method: str
    path: str
    who: str
    xsrf: str
    kind: str | None
    has_body: bool

    @property
    def is_right(self) -> bool:
        """Whether it is to be let in."""
        may_be_empty = self.method == "DELETE" or self.who != "cookie"
        is_empty = may_be_empty and not self.has_body and "multipart" not in str(self.kind)
        is_json = self.kind in JSON_KINDS or is_empty
        return is_json and self.xsrf != "query" and (self.who != "cookie" or self.xsrf == "header")


def matrix(home: Place) -> list[Sent]:
    """Every changing route of the running server, in every way."""
    changing = [(m, route.path()) for route in routes(home) for m in CHANGING if m in route.methods]
    assert len(changing) >= 9
    return [
        Sent(method, path, who, xsrf, kind, has_body)
        for method, path in changing
        for who, xsrf, kind, has_body in product(WHO, XSRF, KINDS, (True, False))
    ]


def let_in(server: JupyterProcess, asked: list[Sent]) -> list[Sent]:
    """Those that are not refused."""
    with browser(server) as page, asking(server) as program:
        page.get(f"{server.url}login", timeout=20)
        xsrf = page.cookies["_xsrf"]
        with asking(server, token=False) as stranger:
            by = {"cookie": page, "token header": program, "token query": stranger}
            return [one for one in asked if _status(server, by[one.who], one, xsrf) not in {403, 415}]


def _status(server: JupyterProcess, session: requests.Session, sent: Sent, xsrf: str) -> int:
    headers: dict[str, str | None] = {"Content-Type": sent.kind}
    params, body = {}, {"profile": "lake"}
    if sent.who == "token query":
        params["token"] = server.token
    if sent.xsrf in {"header", "wrong header"}:
        headers["X-XSRFToken"] = xsrf if sent.xsrf == "header" else "2|00000000|" + "0" * 32 + "|1"
    elif sent.xsrf == "query":
        params["_xsrf"] = xsrf
    elif sent.xsrf == "json":
        body["_xsrf"] = xsrf
    data = json.dumps(body).encode() if sent.has_body else b""
    status = ask(server, session, sent.method, sent.path, headers=headers, params=params, data=data)
    is_unread = status == 400 and str(sent.kind).startswith(
        "multipart"
    )  # Tornado's own refusal of such a body
    return 415 if is_unread else status


def ask(server: JupyterProcess, session: requests.Session, method: str, path: str, **more: Any) -> int:
    answer = session.request(method, server.url + path, timeout=20, allow_redirects=False, **more)
    return answer.status_code


def test_the_whole_matrix(nobodys: Place, listing: JupyterProcess) -> None:
    asked = matrix(nobodys)
    assert let_in(listing, asked) == [sent for sent in asked if sent.is_right]


def test_without_the_defence_a_form_changes_something() -> None:
    with place(NOBODYS) as made, undefended(made, "s24", options=(OPTION,)) as server:
        forged = [
            sent
            for sent in matrix(made)
            if sent.who == "cookie" and sent.xsrf == "query" and sent.kind in {FORM, "text/plain"}
        ]
        assert let_in(server, forged) == forged


@pytest.mark.parametrize("kind", [FORM, "multipart/form-data; boundary=x"])
def test_nor_does_the_token_in_a_form_count(listing: JupyterProcess, kind: str) -> None:
    with browser(listing) as page:
        page.get(f"{listing.url}login", timeout=20)
        xsrf = page.cookies["_xsrf"]
        part = f'--x\r\nContent-Disposition: form-data; name="_xsrf"\r\n\r\n{xsrf}\r\n--x--\r\n'
        data = f"_xsrf={xsrf}" if kind == FORM else part
        headers = {"Content-Type": kind}
        assert ask(listing, page, "POST", "jupyter_auth/v1/interactions", headers=headers, data=data) == 403


@pytest.mark.parametrize("method", CHANGING)
def test_all_is_right_but_the_origin(listing: JupyterProcess, method: str) -> None:
    path = {"POST": "interactions", "PUT": "accounts/nobody", "DELETE": "cache"}[method]
    with browser(listing) as page:
        page.get(f"{listing.url}login", timeout=20)
        right = {"X-XSRFToken": page.cookies["_xsrf"]}
        for wrong in (
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
        ):
            headers = {**right, **wrong}
            assert ask(listing, page, method, f"jupyter_auth/v1/{path}", headers=headers, json={}) in {
                403,
                404,
            }
        assert ask(listing, page, method, f"jupyter_auth/v1/{path}", headers=right, json={}) in {
            200,
            404,
            502,
        }


def test_where_jupyter_s_check_is_off_a_form_still_changes_nothing() -> None:
    """``disable_check_xsrf`` is often set; what a page of another origin can send is refused all the same."""
    with place(NOBODYS) as made, enumerated(made, "--ServerApp.disable_check_xsrf=True") as server:
        sent = [one for one in matrix(made) if one.who == "cookie" and one.xsrf in {"none", "query"}]
        passed = let_in(server, sent)
    assert passed and {one.kind for one in passed if one.method != "DELETE"} == JSON_KINDS
    assert all(one.xsrf == "none" for one in passed)

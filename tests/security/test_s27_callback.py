"""S27: the callback takes an answer once, for the request whose ``state`` it has, for ten minutes, from the
very provider that was asked; and it leads nowhere. Attacked at a real server with two real providers, which
all of it shares: so it is one file, and a little longer than others.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

import pytest
import requests

from jupyter_auth.broker.signing_in import code_sign_in
from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import OidcProvider
from tests.integration.code_flow import CALLBACK, FLOWS, browser, parameters, state_of, visit
from tests.security.undefended import undefended
from tests.support import Place, place, until

HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


@pytest.fixture(scope="module")
def idp() -> Iterator[OidcProvider]:
    with OidcProvider() as running:
        yield running


@pytest.fixture(scope="module")
def other() -> Iterator[OidcProvider]:
    with OidcProvider() as running:
        yield running


@pytest.fixture(scope="module")
def home(idp: OidcProvider, other: OidcProvider) -> Iterator[Place]:
    with place() as made:
        made.profile(idp.issuer, "lake", more=FLOWS)
        made.profile(other.issuer, "other", more=FLOWS)
        yield made


@pytest.fixture(scope="module")
def running(home: Place) -> Iterator[JupyterProcess]:
    with home.server() as server:
        yield server


@pytest.fixture
def server(running: JupyterProcess) -> Iterator[JupyterProcess]:
    yield running
    for waiting in running.get("jupyter_auth/v1/interactions").json():
        running.delete(f"jupyter_auth/v1/interactions/{waiting['id']}")
    running.delete("jupyter_auth/v1/cache")


@pytest.fixture
def person(server: JupyterProcess) -> Iterator[requests.Session]:
    with browser(server) as session:
        yield session


def start(server: JupyterProcess, profile: str = "lake") -> dict[str, Any]:
    answer = server.post("jupyter_auth/v1/interactions", {"profile": profile})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def assert_closed(page: requests.Response, *never: str) -> None:
    """Static, closed, and without a word of what was sent."""
    assert {name: page.headers.get(name) for name in HEADERS} == HEADERS
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Access-Control-Allow-Origin" not in page.headers and "Location" not in page.headers
    for word in ("<script", "<a ", "href", "http-equiv", *never):
        assert word not in page.text


def accounts(server: JupyterProcess) -> list[str]:
    return [row["profile"] for row in server.get("jupyter_auth/v1/accounts").json()]


def forged(server: JupyterProcess, idp: OidcProvider) -> tuple[str, list[str]]:
    """What comes of a good code with a made-up ``state``, brought by the person (RFC 6749 §10.12)."""
    waiting = start(server)
    answer = parameters(idp.sign_in(waiting["authorization_uri"])) | {"state": "x" * 43}
    with browser(server) as person:
        visit(person, f"{server.url}{CALLBACK}?{urlencode(answer)}")
    return state_of(server, waiting), accounts(server)


def test_a_made_up_state_signs_nobody_in(server: JupyterProcess, idp: OidcProvider) -> None:
    assert forged(server, idp) == ("pending", [])


def test_without_the_defence_a_made_up_state_signs_somebody_in(idp: OidcProvider) -> None:
    with place() as made:
        made.profile(idp.issuer, "lake", more=FLOWS)
        with undefended(made, "s27") as server:
            assert forged(server, idp) == ("succeeded", ["lake"])


def test_a_state_serves_once(server: JupyterProcess, person: requests.Session, idp: OidcProvider) -> None:
    waiting = start(server)
    back = idp.sign_in(waiting["authorization_uri"])
    first, second = visit(person, back), visit(person, back)
    assert (first.status_code, second.status_code) == (200, 404)
    sent = parameters(back)
    for page in (first, second):
        assert_closed(page, sent["code"], sent["state"])
    assert idp.token_responses("authorization_code") >= 1
    assert state_of(server, waiting) == "succeeded"


def test_a_state_is_spent_by_a_refusal_too(
    server: JupyterProcess, person: requests.Session, idp: OidcProvider
) -> None:
    waiting = start(server)
    good = idp.sign_in(waiting["authorization_uri"])
    state = parameters(good)["state"]
    refused = visit(person, f"{server.url}{CALLBACK}?{urlencode({'error': 'access_denied', 'state': state})}")
    assert refused.status_code == 403
    assert visit(person, good).status_code == 404
    assert (state_of(server, waiting), accounts(server)) == ("declined", [])


@pytest.mark.parametrize("iss", ["the other's", "a slash more", "none", "twice"])
def test_mix_up(
    server: JupyterProcess, person: requests.Session, idp: OidcProvider, other: OidcProvider, iss: str
) -> None:
    """RFC 9207 §1: the code of one provider must not be sent to another."""
    ours, theirs = start(server), start(server, "other")
    state = parameters(idp.sign_in(ours["authorization_uri"]))["state"]
    code = parameters(other.sign_in(theirs["authorization_uri"]))["code"]
    idp.reset_log()
    named = {
        "the other's": [("iss", other.issuer)],
        "a slash more": [("iss", f"{idp.issuer}/")],
        "none": [],
        "twice": [("iss", idp.issuer), ("iss", other.issuer)],
    }[iss]
    page = visit(person, f"{server.url}{CALLBACK}?{urlencode([('code', code), ('state', state), *named])}")
    assert page.status_code == (404 if iss == "twice" else 403)
    assert [entry for entry in idp.log() if entry["endpoint"] == "token"] == []
    assert accounts(server) == []
    assert state_of(server, ours) == ("pending" if iss == "twice" else "failed")
    assert state_of(server, theirs) == "pending"


@pytest.mark.parametrize(
    "value", ["", "x" * 43, "///evil.example", "\\\\evil", "javascript:alert(1)", "a\r\nX: y"]
)
@pytest.mark.parametrize("name", ["state", "back", "next", "redirect_uri"])
def test_nothing_in_the_address_leads_anywhere(
    server: JupyterProcess, person: requests.Session, name: str, value: str
) -> None:
    waiting = start(server)
    page = visit(person, f"{server.url}{CALLBACK}?{urlencode({'code': 'CODE', name: value})}")
    assert page.status_code == 404
    assert_closed(page, "evil", "alert", "CODE")
    assert "X" not in page.headers and state_of(server, waiting) == "pending"


@pytest.mark.parametrize("value", ["///evil.example", "javascript:alert(1)", "a\r\nX: y", "state"])
def test_the_way_over_the_login_holds_an_opaque_id_only(
    server: JupyterProcess, idp: OidcProvider, value: str
) -> None:
    waiting = start(server)
    state = parameters(waiting["authorization_uri"])["state"] if value == "state" else value
    with browser(server, is_logged_in=False) as visitor:
        query = urlencode({"code": "CODE", "state": state, "iss": idp.issuer, "next": "//evil.example"})
        away = visit(visitor, f"{server.url}{CALLBACK}?{query}")
        assert away.status_code == 302
        there = away.headers["Location"]
        assert there.startswith("/login?next=%2Fjupyter_auth%2Fv1%2Fcallback")
        for word in ("CODE", "evil", "alert", state):
            assert word not in there
        assert ("back%3D" in there) is (value == "state")
        assert "X" not in away.headers
        again = visit(visitor, f"{server.url}{CALLBACK}?back=guessed")
        assert again.status_code == 302
    assert (state_of(server, waiting), accounts(server)) == ("pending", [])


def test_the_answer_is_not_taken_for_a_visitor(server: JupyterProcess, idp: OidcProvider) -> None:
    waiting = start(server)
    back = idp.sign_in(waiting["authorization_uri"])
    with browser(server, is_logged_in=False) as visitor:
        for _ in range(3):
            assert visit(visitor, back).status_code == 302
        wrong = visitor.get(back, headers={"Authorization": "token wrong"}, allow_redirects=False, timeout=20)
        assert wrong.status_code in (302, 403)
    assert state_of(server, waiting) == "pending"


def test_the_opaque_id_serves_once_and_only_who_is_logged_in(
    server: JupyterProcess, person: requests.Session, idp: OidcProvider
) -> None:
    waiting = start(server)
    back = idp.sign_in(waiting["authorization_uri"])
    with browser(server, is_logged_in=False) as visitor:
        away = visit(visitor, back).headers["Location"]
        (address,) = parse_qs(away.partition("?")[2])["next"]
        own = server.url + unquote(address).lstrip("/")
        assert visit(visitor, own).status_code == 302
    assert state_of(server, waiting) == "pending"
    assert [visit(person, own).status_code for _ in range(2)] == [200, 404]
    assert state_of(server, waiting) == "succeeded"


@pytest.mark.parametrize(
    "odd", ["state twice", "code twice", "state of two", "many", "long", "no code", "error"]
)
def test_an_odd_answer_is_nobodys(
    server: JupyterProcess, person: requests.Session, idp: OidcProvider, odd: str
) -> None:
    waiting = start(server)
    answer = list(parameters(idp.sign_in(waiting["authorization_uri"])).items())
    state, code = dict(answer)["state"], dict(answer)["code"]
    more = {
        "state twice": [("state", state)],
        "code twice": [("code", code)],
        "state of two": [("state", "x" * 43)],
        "many": [(f"x{n}", "") for n in range(40)],
        "long": [("x", "x" * 40_000)],
    }
    if odd in {"no code", "error"}:
        bad = [("state", state)] if odd == "no code" else [("error", "<b>"), ("state", f"{state} ")]
    else:
        bad = [*answer, *more[odd]]
    page = visit(person, f"{server.url}{CALLBACK}?{urlencode(bad)}")
    assert page.status_code in {400, 403, 404, 414}
    assert accounts(server) == [] and state_of(server, waiting) in {"pending", "failed"}
    if page.status_code in {403, 404}:
        assert_closed(page, code, state, "<b>")


def test_after_ten_minutes_it_is_nobodys(idp: OidcProvider) -> None:
    assert code_sign_in.LIFE == 600
    with place() as made:
        made.profile(idp.issuer, "lake", more=FLOWS)
        made.server_code("from jupyter_auth.broker.signing_in import code_sign_in; code_sign_in.LIFE = 2")
        with made.server() as server, browser(server) as person:
            waiting = start(server)
            back = idp.sign_in(waiting["authorization_uri"])
            until(lambda: state_of(server, waiting) == "expired")
            assert visit(person, back).status_code == 404
            assert (state_of(server, waiting), accounts(server)) == ("expired", [])


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "PATCH"])
def test_only_get_is_served(
    server: JupyterProcess, person: requests.Session, idp: OidcProvider, method: str
) -> None:
    waiting = start(server)
    back = idp.sign_in(waiting["authorization_uri"])
    assert visit(person, back, method).status_code in (403, 405)
    assert state_of(server, waiting) == "pending"


def test_another_servers_state_is_unknown_here(
    server: JupyterProcess, person: requests.Session, idp: OidcProvider
) -> None:
    with place() as away:
        away.profile(idp.issuer, "lake", more=FLOWS)
        with away.server() as foreign:
            back = idp.sign_in(start(foreign)["authorization_uri"])
            page = visit(person, server.url + CALLBACK + "?" + back.partition("?")[2])
            assert page.status_code == 404
    assert accounts(server) == []


def test_neither_log_nor_answer_holds_code_or_state(
    server: JupyterProcess, person: requests.Session, idp: OidcProvider, home: Place
) -> None:
    waiting = start(server)
    back = idp.sign_in(waiting["authorization_uri"])
    page = visit(person, back)
    assert page.status_code == 200
    said = home.log.read_text(encoding="utf-8") + page.text + str(page.headers)
    said += server.get(f"jupyter_auth/v1/interactions/{waiting['id']}").text
    for name in ("code", "state"):
        assert parameters(back)[name] not in said


def test_an_answer_needs_the_xsrf_header(
    server: JupyterProcess, person: requests.Session, idp: OidcProvider
) -> None:
    waiting = start(server)
    back = idp.sign_in(waiting["authorization_uri"])
    url = f"{server.url}jupyter_auth/v1/interactions/{waiting['id']}"
    assert person.post(url, json={"url": back}, timeout=20).status_code == 403
    assert state_of(server, waiting) == "pending"
    person.get(f"{server.url}login", timeout=20)
    token = {"X-XSRFToken": person.cookies["_xsrf"]}
    plain = person.post(url, data={"url": back}, headers=token, timeout=20)
    assert (plain.status_code, state_of(server, waiting)) == (415, "pending")
    good = person.post(url, json={"url": back}, headers=token, timeout=20)
    assert good.json()["state"] == "succeeded"

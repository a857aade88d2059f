"""The redirect sign-in, from the cell over the person's browser to the token, over a real server."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import Provider
from tests.integration.code_flow import CALLBACK, FLOWS, browser, parameters, state_of, visit
from tests.integration.conftest import on_each_provider, pending
from tests.support import Kernel, Place

ASK = "tok = ja.get_token('web')"
START = {"profile": "web"}


@pytest.fixture(autouse=True)
def web(home: Place, provider: Provider) -> None:
    """A profile that signs in by authorization code."""
    home.profile(provider.issuer, "web", more=FLOWS)


def start(server: JupyterProcess, **more: Any) -> dict[str, Any]:
    answer = server.post("jupyter_auth/v1/interactions", START | more)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@on_each_provider
def test_from_the_cell_to_the_token(server: JupyterProcess, kernel: Kernel, provider: Provider) -> None:
    cell = kernel.start(ASK, "[tok.metadata.token_source, tok.account.username]")
    waiting = pending(server)
    assert (waiting["flow"], waiting["paste"], waiting["user_code"]) == ("authorization_code", False, None)
    sent = parameters(waiting["authorization_uri"])
    assert sent["redirect_uri"] == server.url + CALLBACK
    assert (sent["code_challenge_method"], sent["response_type"]) == ("S256", "code")
    back = provider.sign_in(waiting["authorization_uri"], "ada")
    with browser(server) as person:
        page = visit(person, back)
    assert page.status_code == 200 and "Signed in" in page.text
    assert kernel.result_of(cell) == ["identity_provider", "ada"]
    assert state_of(server, waiting) == "succeeded"
    ended = server.get(f"jupyter_auth/v1/interactions/{waiting['id']}").json()
    assert ended["authorization_uri"] is None
    assert kernel.run(ASK, "tok.metadata.token_source") == "cache"
    code = parameters(back)["code"]
    assert code not in kernel.text() + page.text + json.dumps(ended)
    assert sent["state"] not in page.text + json.dumps([ended, kernel.displays(cell)[-1]])


@on_each_provider
def test_what_the_person_refuses_ends_the_cell(
    server: JupyterProcess, kernel: Kernel, provider: Provider
) -> None:
    cell = kernel.start(ASK, "None")
    back = provider.refuse(pending(server)["authorization_uri"])
    with browser(server) as person:
        page = visit(person, back)
    assert page.status_code == 403 and "Not signed in" in page.text
    with pytest.raises(Exception, match="InteractionDeclinedError"):
        kernel.result_of(cell)


def test_who_is_not_logged_in_is_sent_to_the_login_and_back(
    server: JupyterProcess, provider: Provider, home: Place
) -> None:
    waiting = start(server)
    back = provider.sign_in(waiting["authorization_uri"])
    sent = parameters(back)
    with browser(server, is_logged_in=False) as person:
        away = visit(person, back)
        assert away.status_code == 302
        there = away.headers["Location"]
        assert there.startswith("/login?next=")
        for secret in (sent["code"], sent["state"]):
            assert secret not in there and secret not in away.text
        assert state_of(server, waiting) == "pending"
        login = person.get(server.url.rstrip("/") + there, timeout=20)
        form = {"password": server.token, "_xsrf": person.cookies["_xsrf"]}
        page = person.post(login.url, data=form, timeout=30)
        assert page.status_code == 200 and "Signed in" in page.text
    assert state_of(server, waiting) == "succeeded"
    log = home.log.read_text(encoding="utf-8")
    assert "jupyter_auth/v1/callback" in log
    assert sent["code"] not in log and sent["state"] not in log


def test_an_address_that_is_pasted_does_as_well(server: JupyterProcess, provider: Provider) -> None:
    waiting = start(server)
    back = provider.sign_in(waiting["authorization_uri"])
    path = f"jupyter_auth/v1/interactions/{waiting['id']}"
    for wrong in ("", "https://evil.example/?" + back.partition("?")[2], back.replace("state=", "state=x")):
        answer = server.post(path, {"url": wrong})
        assert (answer.status_code, answer.json()["reason"]) == (400, "wrong_address")
    assert state_of(server, waiting) == "pending"
    answer = server.post(path, {"url": f" {back}\n"})
    assert (answer.status_code, answer.json()["state"], answer.json()["username"]) == (
        200,
        "succeeded",
        "ada",
    )
    again = server.post(path, {"url": back})
    assert again.status_code == 400


def test_more_scopes_are_asked_for_with_those_there_are(server: JupyterProcess, provider: Provider) -> None:
    first = start(server)
    with browser(server) as person:
        visit(person, provider.sign_in(first["authorization_uri"]))
        more = start(server, scopes=["lake.write"])
        assert {"lake.read", "lake.write", "openid"} <= set(
            parameters(more["authorization_uri"])["scope"].split()
        )
        visit(person, provider.sign_in(more["authorization_uri"]))
    assert state_of(server, more) == "succeeded"


def test_what_the_call_demands_is_sent(server: JupyterProcess, kernel: Kernel) -> None:
    demands = "login_hint='ada', prompt='login', acr_values='mfa', max_age=60"
    cell = kernel.start(f"ja.acquire_token_interactive('lake', {demands})", "None")
    waiting = pending(server)
    sent = parameters(waiting["authorization_uri"])
    assert waiting["flow"] == "authorization_code"
    assert sent["prompt"] == "login consent"  # else there is no refresh token (OpenID Connect Core §11)
    assert [sent[name] for name in ("login_hint", "acr_values", "max_age")] == ["ada", "mfa", "60"]
    server.delete(f"jupyter_auth/v1/interactions/{waiting['id']}")
    with pytest.raises(Exception, match="InteractionCancelledError"):
        kernel.result_of(cell)


@pytest.mark.parametrize("flow", ["device_code", "authorization_code"])
def test_the_call_chooses_the_flow(
    server: JupyterProcess, kernel: Kernel, provider: Provider, flow: str, sign_in: Callable[..., str]
) -> None:
    kernel.run("get_ipython().run_line_magic('load_ext', 'jupyter_auth')")
    cell = kernel.start(f"tok = get_ipython().run_line_magic('get_token', 'lake --flow {flow}')", "None")
    waiting = pending(server)
    assert waiting["flow"] == flow
    server.delete(f"jupyter_auth/v1/interactions/{waiting['id']}")
    with pytest.raises(Exception, match="InteractionCancelledError"):
        kernel.result_of(cell)

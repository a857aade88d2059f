"""A redirect URI below a base URL, behind a proxy, and where nobody but the person can bring the answer."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import OidcProvider
from tests.integration.code_flow import CALLBACK, FLOWS, browser, parameters, state_of, visit
from tests.support import Kernel, Place, place
from tests.support.proxy import proxy

BASE = "/hub/user/ada/"
CLEAR = "--ServerApp.custom_display_url=http://hub.example.org/"  # where no answer must travel


@pytest.fixture(scope="module")
def idp() -> Iterator[OidcProvider]:
    """A provider where the address below a base URL is registered."""
    addresses = [f"http://127.0.0.1{BASE}{CALLBACK}", f"http://127.0.0.1/{CALLBACK}"]
    with OidcProvider(redirect_uris=addresses) as running:
        yield running


@pytest.fixture
def own(idp: OidcProvider) -> Iterator[Place]:
    with place() as made:
        made.profile(idp.issuer, "web", more=FLOWS)
        yield made


def start(server: JupyterProcess) -> dict[str, Any]:
    answer = server.post("jupyter_auth/v1/interactions", {"profile": "web"})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_below_a_base_url_and_behind_a_proxy(own: Place, idp: OidcProvider) -> None:
    with proxy() as front:
        public = f"http://127.0.0.1:{front.port}{BASE}"
        options = (f"--ServerApp.base_url={BASE}", f"--JupyterAuth.callback_url={public}{CALLBACK}")
        with own.server(*options) as server:
            front.to = int(urlsplit(server.url).port or 0)
            waiting = start(server)
            assert parameters(waiting["authorization_uri"])["redirect_uri"] == public + CALLBACK
            back = idp.sign_in(waiting["authorization_uri"])
            server.url, direct = public, server.url
            with browser(server) as person:
                page = visit(person, back)
            server.url = direct
            assert (page.status_code, state_of(server, waiting)) == (200, "succeeded")


def test_an_address_that_is_typed_is_not_put_into_the_notebook(own: Place, idp: OidcProvider) -> None:
    """Pages keep what answers ``input()`` in the cell's output, and hide what is asked for as a password."""
    with own.server(CLEAR) as server, closing(Kernel(server)) as kernel:
        cell = kernel.start("import jupyter_auth as ja; tok = ja.get_token('web')", "tok.account.username")
        kernel.listen_until(lambda: bool(questions(kernel)))
        (waiting,) = server.get("jupyter_auth/v1/interactions").json()
        assert waiting["paste"] is True
        assert [asked["password"] for asked in questions(kernel)] == [True]
        back = idp.sign_in(waiting["authorization_uri"])
        kernel.send("stdin", "input_reply", {"value": back, "status": "ok"})
        kernel.listen_until(lambda: kernel.is_idle(cell))
        assert kernel.value("tok.account.username") == "ada"
        assert parameters(back)["code"] not in kernel.text()


def questions(kernel: Kernel) -> list[dict[str, Any]]:
    return [said["content"] for said in kernel.messages if said["msg_type"] == "input_request"]

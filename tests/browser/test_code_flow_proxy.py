"""The redirect sign-in where a person reaches JupyterLab below a base URL, through a reverse proxy only."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.browser.at_provider import opened, sign_in
from tests.browser.desk import Desk
from tests.browser.lab import LAB, run_cell
from tests.idp import OidcProvider
from tests.integration.code_flow import CALLBACK, FLOWS, parameters
from tests.support import Place, place
from tests.support.proxy import proxy

BASE = "/hub/user/ada/"
SOON = 60_000  # ms


@pytest.fixture
def idp() -> Iterator[OidcProvider]:
    """A provider where the address below the base URL is registered, and no other."""
    with OidcProvider(redirect_uris=[f"http://127.0.0.1{BASE}{CALLBACK}"]) as running:
        yield running


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """A server that people reach at ``public``; ``port`` is its own, which they do not know."""

    server: JupyterProcess
    home: Place
    public: str
    port: int


@pytest.fixture
def behind(idp: OidcProvider) -> Iterator[Behind]:
    with place() as home, proxy() as front:
        home.profile(idp.issuer, "web", more=FLOWS)
        public = f"http://127.0.0.1:{front.port}{BASE}"
        options = (f"--ServerApp.base_url={BASE}", f"--JupyterAuth.callback_url={public}{CALLBACK}")
        with home.server(LAB.option, *options, module=LAB.module) as server:
            front.to = int(urlsplit(server.url).port or 0)
            server.url = public
            yield Behind(server=server, home=home, public=public, port=front.to)


def test_from_the_card_to_the_token_through_a_proxy(page: Page, behind: Behind, idp: OidcProvider) -> None:
    desk = Desk(page=page, server=behind.server, app=LAB, home=behind.home)
    asked: list[str] = []
    sockets: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: sockets.append(socket.url))

    desk.ask("proxied", "tok = %get_token web", "tok")
    expect(desk.card).to_contain_text("Sign in on the page that opens", timeout=SOON)
    sent = parameters(desk.waiting()["authorization_uri"])
    assert (sent["code_challenge_method"], sent["redirect_uri"]) == ("S256", behind.public + CALLBACK)

    tab = opened(desk)
    sign_in(tab)
    expect(tab.locator("h1")).to_have_text("Signed in", timeout=SOON)
    assert tab.url.startswith(behind.public)
    expect(desk.card).to_have_text("Signed in as ada · web", timeout=SOON)
    run_cell(page, 2)
    expect(page.locator(".jp-Notebook")).to_contain_text("AuthenticationResult web ada", timeout=SOON)

    assert idp.token_responses("authorization_code") == 1
    # everything went through the proxy: pages, REST, the callback, the kernel's websocket and the events'
    public, hosts = urlsplit(behind.public).netloc, {urlsplit(url).netloc for url in (*asked, *sockets)}
    assert public in hosts and f"127.0.0.1:{behind.port}" not in hosts
    for path in ("api/kernels/", "api/events/subscribe"):
        assert [url for url in sockets if url.startswith(f"ws://{public}{BASE}{path}")], sockets

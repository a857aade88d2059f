"""Around a request: a server that stops, a login that ends, two pages, one plugin alone."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.browser.desk import Desk
from tests.browser.lab import LAB, App, violations
from tests.browser.panel import Answers, open_lab, open_panel, pending, section
from tests.idp import OidcProvider
from tests.support import NO_PORTS, Place, place
from tests.support.place import without_extensions
from tests.support.ports import free_ports

ASK = "tok = %get_token lake"
SOON = 60_000  # ms
BACK = 60_000  # ms: as long as a page may take to notice that its server is back
RESOURCES = ("status", "profiles", "accounts", "cache", "interactions", "kernels")
GONE = "This sign-in request has ended. Run the cell again to sign in."


@pytest.fixture(scope="module")
def app() -> App:
    """JupyterLab alone."""
    return LAB


@pytest.fixture
def page(kept_page: Page) -> Page:
    """For two of these tests look at one notebook."""
    return kept_page


Start = Callable[..., JupyterProcess]


@contextmanager
def same_port(issuer: str) -> Iterator[tuple[Place, Start]]:
    """A place, and what starts one server after the other at one address."""
    with place(issuer) as made:
        (port,) = free_ports(1)
        options = (
            "--no-browser",
            NO_PORTS,
            *without_extensions(),
            LAB.option,
            f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0",
        )

        def start(token: str = "same") -> JupyterProcess:
            return JupyterProcess(LAB.module, made, *options, f"--IdentityProvider.token={token}")

        yield made, start


def test_a_server_that_stops_in_mid_flow_and_one_that_lets_nobody_in(
    page: Page, provider: OidcProvider
) -> None:
    with same_port(provider.issuer) as (home, start):
        with start() as first:
            desk = Desk(page=page, server=first, app=LAB, home=home)
            desk.ask("stopped", ASK)
            panel = open_panel(page)
            cards = (desk.card, panel.locator("jupyter-auth-card"))
            for card in cards:
                expect(card).to_contain_text("Waiting for you", timeout=SOON)
            code = desk.waiting()["user_code"]
            os.kill(first.pid, signal.SIGKILL)  # in order, it would still pass on what the kernel says
        expect(panel).to_contain_text("Connection lost", timeout=BACK)
        for card in cards:
            expect(card).to_contain_text("The Jupyter server does not answer.", timeout=SOON)
            expect(card).to_contain_text(code)
        assert violations(page, "jupyter-auth-card") == []
        with start():
            expect(panel).not_to_contain_text("Connection lost", timeout=BACK)
            expect(desk.card).to_have_text(GONE, timeout=SOON)
            expect(panel.locator("jupyter-auth-card")).to_be_hidden(timeout=SOON)
            assert code not in page.locator("body").inner_text()
        expect(panel).to_contain_text("Connection lost", timeout=BACK)
        (home.runtime / "jupyter_cookie_secret").unlink()
        with start("another"):
            expect(panel).to_contain_text("Your Jupyter login has ended", timeout=BACK)
            expect(panel.get_by_role("button", name="Log in to Jupyter")).to_be_enabled()
            assert "lake" not in panel.evaluate("panel => panel.outerHTML")


def test_a_login_that_ends_takes_the_code_away_and_says_what_to_do(desk: Desk) -> None:
    desk.ask_here(ASK)
    expect(desk.card).to_contain_text("Waiting for you", timeout=SOON)
    code = desk.waiting()["user_code"]
    answers = Answers(desk.page)
    answers.values = dict.fromkeys(RESOURCES, 403)
    desk.page.evaluate("window.jupyterapp.commands.execute('jupyter-auth:refresh')")
    expect(desk.card).to_have_text(
        "Your Jupyter login has ended. Log in to Jupyter again to see this sign-in request.", timeout=SOON
    )
    assert code not in desk.page.content() and code not in desk.card.evaluate("c => c.shadowRoot.innerHTML")
    answers.values = {}
    desk.page.evaluate("window.jupyterapp.commands.execute('jupyter-auth:refresh')")
    expect(desk.card).to_contain_text(code, timeout=SOON)


def test_two_pages_show_one_request_and_what_one_does_the_other_sees(
    desk: Desk, provider: OidcProvider
) -> None:
    path = desk.ask_here(ASK, "print('after')")
    expect(desk.card).to_contain_text("Waiting for you", timeout=SOON)
    request = desk.waiting()
    desk.saved(path, request["id"])
    other = replace(desk, page=desk.page.context.new_page())
    # its kernel is busy, so that there is no waiting for an idle one
    other.page.goto(desk.server.url + desk.app.page.format(path.name, desk.server.token))
    expect(other.card).to_contain_text(request["user_code"], timeout=SOON)
    panel = open_panel(other.page)
    expect(panel.locator("jupyter-auth-card")).to_contain_text(request["user_code"], timeout=SOON)
    other.card.get_by_role("button", name="Cancel").click()
    for shown in (desk.card, other.card, panel.locator("jupyter-auth-card")):
        expect(shown).to_contain_text("Sign-in cancelled", timeout=SOON)
    expect(desk.page.locator(".jp-Notebook")).to_contain_text("InteractionCancelledError", timeout=SOON)
    other.page.close()


def test_what_ended_while_the_connection_was_lost_is_shown_as_it_ended(
    page: Page, lab: JupyterProcess, provider: OidcProvider
) -> None:
    answers = Answers(page)
    open_lab(page, lab)
    panel = open_panel(page)
    panel.get_by_role("button", name="Sign in to Test lake").click()
    card = panel.locator("jupyter-auth-card")
    expect(card).to_contain_text("Waiting for you", timeout=SOON)
    code = pending(lab)[0]["user_code"]
    answers.values = dict.fromkeys(RESOURCES, "gone")
    page.evaluate("window.jupyterapp.commands.execute('jupyter-auth:refresh')")
    expect(card).to_contain_text("Connection lost", timeout=SOON)
    provider.approve(code)
    page.wait_for_timeout(3000)
    expect(card).to_contain_text(code)
    answers.values = {}
    expect(card).to_have_text("Signed in as ada · lake", timeout=BACK)


# -- one plugin alone ----------------------------------------------------------------------------------------


def without(home: Place, plugin: str) -> None:
    """Switch a plugin off, as an administrator does."""
    config = home.config / "labconfig" / "page_config.json"
    config.parent.mkdir(exist_ok=True)
    disabled = {"disabledExtensions": {f"jupyter-token-broker:{plugin}": True}}
    config.write_text(json.dumps(disabled), encoding="utf-8")


def test_the_card_works_without_the_panel(page: Page, provider: OidcProvider) -> None:
    with place(provider.issuer) as home:
        without(home, "plugin")
        with home.server(LAB.option, module=LAB.module) as lab:
            desk = Desk(page=page, server=lab, app=LAB, home=home)
            path = desk.ask("alone", ASK)
            expect(desk.card).to_contain_text("Waiting for you", timeout=SOON)
            request = desk.waiting()
            assert not page.evaluate("window.jupyterapp.commands.hasCommand('jupyter-auth:open')")
            assert request["user_code"] not in desk.saved(path, request["id"])
            provider.approve(request["user_code"])
            expect(desk.card).to_have_text("Signed in as ada · lake", timeout=SOON)


def test_the_panel_works_without_the_renderer(page: Page, provider: OidcProvider) -> None:
    with place(provider.issuer) as home:
        without(home, "renderer")
        with home.server(LAB.option, module=LAB.module) as lab:
            desk = Desk(page=page, server=lab, app=LAB, home=home)
            desk.ask("alone", ASK)
            panel = open_panel(page)
            card = panel.locator("jupyter-auth-card")
            expect(card).to_contain_text("Waiting for you", timeout=SOON)
            assert lab.get("jupyter_auth/v1/status").json()["broker"]["front_ends"] == 0
            expect(page.locator(".jp-OutputArea-output jupyter-auth-card")).to_have_count(0)
            provider.approve(desk.waiting()["user_code"])
            expect(section(panel, "Accounts")).to_contain_text("Signed in", timeout=SOON)

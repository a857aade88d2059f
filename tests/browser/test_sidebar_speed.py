"""What the Sign-ins panel costs; ``python -m tests.bench.front_end`` measures it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.browser import timing
from tests.browser.lab import LAB, violations
from tests.browser.panel import INSIDE, forget, open_lab, open_panel, section
from tests.browser.shop import serve
from tests.browser.shown import Shown
from tests.idp import OidcProvider

HIDE = """() => {
  Object.defineProperty(document, 'hidden', {get: () => true, configurable: true});
  document.dispatchEvent(new Event('visibilitychange'));
}"""


@pytest.fixture(scope="module")
def jupyterlab(provider: OidcProvider) -> Iterator[JupyterProcess]:
    """A server of their own, which has nothing to tell but what they do."""
    with serve(provider, LAB) as made:
        yield made.server


@pytest.fixture
def page(own_page: Page) -> Page:
    """For these tests listen to it."""
    return own_page


def test_nothing_is_asked_while_nothing_happens(page: Page, jupyterlab: JupyterProcess) -> None:
    """A minute with the panel open, one with it closed, one with the page hidden, on the page's own clock."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.install()
    open_lab(page, jupyterlab)
    panel = open_panel(page)
    expect(section(panel, "Accounts")).to_contain_text("Nobody signed in")
    page.wait_for_load_state("networkidle")
    assert [url for url in asked if "jupyter_auth/v1/cache" in url]
    for change in ("() => undefined", "() => window.jupyterapp.shell.collapseLeft()", HIDE):
        page.evaluate(change)
        asked.clear()
        for _ in range(60):
            page.clock.run_for(1000)
        assert [url for url in asked if "jupyter_auth" in url] == []
        assert change == HIDE or [url for url in asked if "api/sessions" in url], "a minute has passed"


def test_five_hundred_tokens_cost_no_more_than_are_seen(shown: Shown) -> None:
    page = shown.page
    panel = shown.become(**timing.large())
    tokens = section(panel, "Access tokens")
    expect(tokens.locator("summary")).to_contain_text("500")
    assert tokens.get_by_role("listitem").count() <= 100
    timing.scroll(page)
    expect(tokens).to_contain_text("scope.499")
    assert 25 <= tokens.get_by_role("listitem").count() <= 150
    assert violations(page, INSIDE) == []


def test_each_change_is_painted_and_read_once(
    page: Page, jupyterlab: JupyterProcess, provider: OidcProvider
) -> None:
    """After the event's arrival in the page the panel reads what it concerns, once, and shows it."""
    read: list[str] = []
    page.on("request", lambda request: read.append(request.url))
    open_lab(page, jupyterlab)
    panel = open_panel(page)
    expect(section(panel, "Accounts")).to_contain_text("Nobody signed in")
    page.wait_for_load_state("networkidle")
    read.clear()
    seen = timing.changes(panel, jupyterlab, 20)
    asked = sum("jupyter_auth/v1/interactions" in url for url in read)
    forget(jupyterlab)
    assert [change.painted >= change.heard for change in seen] == [True] * 20
    assert 20 <= asked <= 40, read

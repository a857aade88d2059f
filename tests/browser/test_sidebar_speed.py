"""What the Sign-ins panel costs; ``python -m tests.bench.front_end`` measures it."""

import statistics

from playwright.sync_api import Page, expect

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.browser import timing
from tests.browser.lab import violations
from tests.browser.panel import INSIDE, forget, open_lab, open_panel, section
from tests.browser.shown import Shown
from tests.idp import OidcProvider

HIDE = """() => {
  Object.defineProperty(document, 'hidden', {get: () => true, configurable: true});
  document.dispatchEvent(new Event('visibilitychange'));
}"""


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
    page.evaluate(timing.WATCH)
    panel = shown.become(**timing.large())
    tokens = section(panel, "Access tokens")
    expect(tokens.locator("summary")).to_contain_text("500")
    assert tokens.get_by_role("listitem").count() <= 100
    long = timing.long_tasks_of_scrolling(page)
    expect(tokens).to_contain_text("scope.499")
    assert 25 <= tokens.get_by_role("listitem").count() <= 150
    assert max(long, default=0) < 200, long  # none over 50 where nobody else works on the machine
    assert violations(page, INSIDE) == []


def test_a_change_is_painted_soon(page: Page, jupyterlab: JupyterProcess, provider: OidcProvider) -> None:
    """From the event's arrival in the page, over what is read because of it, to the frame that shows it."""
    open_lab(page, jupyterlab)
    panel = open_panel(page)
    expect(section(panel, "Accounts")).to_contain_text("Nobody signed in")
    seen = [change.painted - change.heard for change in timing.changes(panel, jupyterlab, 20)]
    forget(jupyterlab)
    assert len(seen) == 20
    assert statistics.median(seen) < 250, seen  # under 100 where nobody else works on the machine

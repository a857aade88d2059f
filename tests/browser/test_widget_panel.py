"""The widget panel of ``%auth`` in JupyterLab and Notebook 7, at a real provider."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.desk import Desk
from tests.browser.lab import LAB, run_cell, set_theme, violations
from tests.idp import OidcProvider
from tests.support import place

SLOW = 60_000  # ms for what takes a provider or a kernel
DUMP = """
from ipywidgets.widgets.widget import _instances
print('STATE', [{k: v for k, v in w.get_state().items() if k != '_esm'} for w in _instances.values()])
"""

LONG_NAMES = """
([panel, width]) => {
  const root = panel.getRootNode();
  const time = root.querySelector('.ja-token-main > :first-child');
  root.host.style.inlineSize = `${width}px`;
  root.querySelectorAll('.ja-cut').forEach(name => (name.textContent = 'somebody-of-sales@example.org'));
  time.textContent = 'Expires in 57 s';
  return [time.offsetHeight, time.scrollWidth - time.clientWidth, panel.scrollWidth - panel.clientWidth];
}
"""


@pytest.fixture
def page(kept_page: Page) -> Page:
    """For what these tests look at is in one notebook."""
    return kept_page


def output(page: Page, cell: int = 1) -> Locator:
    """What a cell shows."""
    return page.locator(".jp-CodeCell").nth(cell).locator(".jp-OutputArea-output")


def panel_of(page: Page, cell: int = 1) -> Locator:
    """The panel in a cell's output."""
    return output(page, cell).locator(".ja-widget-panel")


def sign_in(desk: Desk, provider: OidcProvider, username: str = "ada") -> None:
    """Press Sign in in the panel, and answer as a person does."""
    panel = panel_of(desk.page)
    panel.get_by_role("button", name="Sign in to Test lake").click()
    expect(output(desk.page).locator("jupyter-auth-card").last).to_contain_text(
        "Waiting for you", timeout=SLOW
    )
    provider.approve(desk.waiting()["user_code"], username=username)
    expect(panel.get_by_text("Signed in", exact=True)).to_be_visible(timeout=SLOW)


def test_a_sign_in_keeps_no_cell_waiting(desk: Desk, provider: OidcProvider) -> None:
    page = desk.page
    desk.ask_here("%auth", "6 * 7", "%get_token lake")
    panel = panel_of(page)
    expect(panel).to_contain_text("Sign-ins for this notebook", timeout=SLOW)
    expect(panel).to_contain_text(re.compile(r"here-\w+\.ipynb · Python 3"))
    expect(panel).to_contain_text("Nobody signed in")
    expect(panel).to_contain_text("Sealed on disk")
    panel.get_by_role("button", name="Sign in to Test lake").click()
    card = output(page).locator("jupyter-auth-card")
    expect(card).to_contain_text("Waiting for you", timeout=SLOW)
    run_cell(page, 2)
    expect(output(page, 2)).to_contain_text("42", timeout=SLOW)
    provider.approve(desk.waiting()["user_code"], username="ada")
    expect(panel.get_by_text("Signed in", exact=True)).to_be_visible(timeout=SLOW)
    expect(panel).to_contain_text("ada")
    expect(panel).to_contain_text(re.compile(r"Expires in (59|58) min"))
    expect(panel).to_contain_text("lake.read")
    expect(panel).to_contain_text("From the provider")
    expect(card).to_have_count(0, timeout=SLOW)
    run_cell(page, 3)
    expect(output(page, 3)).to_contain_text("AuthenticationResult", timeout=SLOW)


def test_what_another_notebook_does_is_seen_at_once(desk: Desk, provider: OidcProvider) -> None:
    page = desk.page
    desk.ask_here("%auth")
    panel = panel_of(page)
    expect(panel).to_contain_text("Nobody signed in", timeout=SLOW)
    row = desk.server.post("jupyter_auth/v1/interactions", {"profile": "lake"}).json()
    provider.approve(row["user_code"], username="bob")
    expect(panel).to_contain_text("bob", timeout=20_000)
    desk.server.delete("jupyter_auth/v1/cache")
    expect(panel).to_contain_text("Nobody signed in", timeout=20_000)


def test_a_waiting_cell_is_not_pushed_away_by_a_second_card(desk: Desk) -> None:
    page = desk.page
    desk.ask_here("%auth", "%get_token lake")
    expect(panel_of(page)).to_contain_text("Nobody signed in", timeout=SLOW)
    before = page.locator(".jp-CodeCell").nth(2).bounding_box()
    run_cell(page, 2)
    expect(output(page, 2).locator("jupyter-auth-card")).to_contain_text("Waiting for you", timeout=SLOW)
    line = panel_of(page).get_by_text("lake: a sign-in waits in this notebook")
    expect(line).to_be_visible(timeout=SLOW)
    after = page.locator(".jp-CodeCell").nth(2).bounding_box()
    assert before is not None
    assert after is not None
    assert after["y"] - before["y"] < 40
    expect(output(page).locator("jupyter-auth-card")).to_have_count(0)
    panel_of(page).get_by_role("button", name="Show here").click()
    expect(output(page).locator("jupyter-auth-card")).to_contain_text("Waiting for you")
    output(page).locator("jupyter-auth-card").get_by_role("button", name="Cancel").click()
    expect(page.locator(".jp-CodeCell").nth(2)).to_contain_text("Sign-in cancelled", timeout=SLOW)


def test_cancel_and_sign_out(desk: Desk, provider: OidcProvider) -> None:
    page = desk.page
    desk.ask_here("%auth")
    panel = panel_of(page)
    panel.get_by_role("button", name="Sign in to Test lake").click()
    card = output(page).locator("jupyter-auth-card")
    card.get_by_role("button", name="Cancel").click(timeout=SLOW)
    expect(card).to_contain_text("Sign-in cancelled", timeout=SLOW)
    states = [row["state"] for row in desk.server.get("jupyter_auth/v1/interactions").json()]
    assert "pending" not in states
    sign_in(desk, provider)
    more = panel.get_by_role("button", name="More actions for ada")
    more.click()
    page.keyboard.press("End")
    expect(panel.get_by_role("menuitem", name="Sign out")).to_be_focused()
    page.keyboard.press("Enter")
    expect(panel).to_contain_text("ada is signed out of lake", timeout=SLOW)
    expect(panel).to_contain_text("1 refresh token revoked")
    expect(panel).to_contain_text("Your browser's own sign-in stays")
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_contain_text("Nobody signed in")


def test_clear_cache_asks_then_tells(desk: Desk, provider: OidcProvider) -> None:
    page = desk.page
    desk.ask_here("%auth")
    sign_in(desk, provider)
    panel = panel_of(page)
    panel.get_by_role("button", name="Clear cache…").click()
    sheet = panel.get_by_role("alertdialog")
    expect(sheet).to_contain_text("1 refresh token, revoked where the provider can")
    expect(sheet.get_by_role("button", name="Keep")).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel.get_by_role("button", name="Clear cache…")).to_be_focused()
    page.keyboard.press("Enter")
    sheet.get_by_role("button", name="Clear cache").click()
    expect(panel).to_contain_text("Cache cleared", timeout=SLOW)
    expect(panel).to_contain_text("1 refresh token revoked")
    expect(panel.get_by_role("button", name="Close")).to_be_focused()
    assert desk.server.get("jupyter_auth/v1/accounts").json() == []


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_it_is_accessible_in_each_theme_and_width(desk: Desk, provider: OidcProvider, theme: str) -> None:
    page = desk.page
    desk.ask_here("%auth")
    set_theme(page, f"JupyterLab {theme}")
    expect(panel_of(page)).to_contain_text("Nobody signed in", timeout=SLOW)
    for width in (1000, 620):
        page.set_viewport_size({"width": width, "height": 760})
        assert violations(page, ".jp-OutputArea-output") == []
    panel_of(page).get_by_role("button", name="Sign in to Test lake").click()
    expect(output(page).locator("jupyter-auth-card")).to_contain_text("Waiting for you", timeout=SLOW)
    assert violations(page, ".jp-OutputArea-output") == []
    provider.approve(desk.waiting()["user_code"], username="ada")
    expect(panel_of(page).get_by_text("Signed in", exact=True)).to_be_visible(timeout=SLOW)
    for width in (1000, 620):
        page.set_viewport_size({"width": width, "height": 760})
        assert violations(page, ".jp-OutputArea-output") == []
        box = panel_of(page).bounding_box()
        overflows = panel_of(page).evaluate("e => e.scrollWidth > e.clientWidth + 1")
        assert box is not None and not overflows, width
    panel_of(page).get_by_role("button", name="Clear cache…").click()
    assert violations(page, ".jp-OutputArea-output") == []


def test_long_names_leave_the_time_its_line(desk: Desk, provider: OidcProvider) -> None:
    desk.page.set_viewport_size({"width": 1300, "height": 760})
    desk.ask_here("%auth")
    sign_in(desk, provider)
    panel = panel_of(desk.page).element_handle()
    for width in (720, 710, 700, 640, 500, 480, 300):
        assert desk.page.evaluate(LONG_NAMES, [panel, width]) == [24, 0, 0], width


def test_without_its_kernel_it_is_a_picture_with_nothing_to_click(desk: Desk) -> None:
    page = desk.page
    desk.ask_here("%auth")
    panel = panel_of(page)
    panel.get_by_role("button", name="Sign in to Test lake").click()
    expect(output(page).locator("jupyter-auth-card")).to_contain_text("Waiting for you", timeout=SLOW)
    page.evaluate("() => { void window.jupyterapp.shell.currentWidget.sessionContext.restartKernel(); }")
    expect(panel).to_contain_text("This view is a snapshot. Run %auth again to refresh it.", timeout=SLOW)
    expect(panel).to_contain_text("Test lake")
    expect(output(page).locator("button:visible")).to_have_count(0)
    expect(output(page).locator("jupyter-auth-card:visible")).to_have_count(0)


def save_widgets(desk: Desk) -> None:
    """Switch on what the application offers: that notebooks are saved with the state of their widgets."""
    answer = desk.page.request.put(
        f"{desk.server.url}lab/api/settings/@jupyter-widgets/jupyterlab-manager:plugin",
        headers={"Authorization": f"token {desk.server.token}"},
        data={"raw": '{"saveState": true}'},
    )
    assert answer.ok, answer.text()


def test_nothing_secret_is_saved_or_in_a_trait(desk: Desk, provider: OidcProvider) -> None:
    page = desk.page
    save_widgets(desk)
    path = desk.ask("saved", "%auth", DUMP)
    panel_of(page).get_by_role("button", name="Sign in to Test lake").click()
    card = output(page).locator("jupyter-auth-card")
    expect(card).to_contain_text("Waiting for you", timeout=SLOW)
    waiting = desk.waiting()
    run_cell(page, 2)
    expect(output(page, 2)).to_contain_text("STATE", timeout=SLOW)
    told = output(page, 2).inner_text()
    assert "'kind': 'panel'" in told
    saved = desk.saved(path, "widget-state+json")
    assert "This view is a snapshot" in saved
    provider.approve(waiting["user_code"], username="ada")
    expect(panel_of(page).get_by_text("Signed in", exact=True)).to_be_visible(timeout=SLOW)
    for text in (told, saved):
        for secret in (waiting["user_code"], waiting["verification_uri"], waiting["id"]):
            assert secret not in text, secret


@pytest.fixture
def elsewhere(page: Page, provider: OidcProvider) -> Iterator[Desk]:
    """JupyterLab without our extension: a host that shows widgets, and knows nothing of us."""
    with place(provider.issuer) as home:
        folder = home.config / "labconfig"
        folder.mkdir(parents=True)
        disabled = {"disabledExtensions": {"jupyter-token-broker": True}}
        (folder / "page_config.json").write_text(json.dumps(disabled), encoding="utf-8")
        with home.server(LAB.option, module=LAB.module) as server:
            yield Desk(page=page, server=server, app=LAB, home=home)


def test_where_our_extension_is_not_a_waiting_cell_shows_its_card_as_a_widget(
    elsewhere: Desk, provider: OidcProvider
) -> None:
    page = elsewhere.page
    save_widgets(elsewhere)
    path = elsewhere.ask("elsewhere", "%auth", "tok = %get_token lake")
    expect(panel_of(page)).to_contain_text("Nobody signed in", timeout=SLOW)
    run_cell(page, 2)
    card = output(page, 2).locator("jupyter-auth-card")
    expect(card).to_contain_text("Waiting for you", timeout=SLOW)
    expect(card).to_contain_text("To stop, interrupt the cell.")
    expect(card.get_by_role("button", name="Cancel")).to_have_count(0)
    waiting = elsewhere.waiting()
    expect(card).to_contain_text(waiting["user_code"])
    assert violations(page, ".jp-OutputArea-output") == []
    saved = elsewhere.saved(path, "see the card")
    for secret in (waiting["user_code"], waiting["verification_uri"]):
        assert secret not in saved
    provider.approve(waiting["user_code"], username="ada")
    expect(output(page, 2)).to_contain_text("Signed in as ada · lake", timeout=SLOW)
    expect(panel_of(page).get_by_text("Signed in", exact=True)).to_be_visible(timeout=SLOW)
    expect(card).to_have_count(0)

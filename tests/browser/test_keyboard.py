"""The same story without a mouse: every step by keys alone."""

import re

from playwright.sync_api import Page, expect

from tests.browser.desk import Desk
from tests.browser.lab import violations
from tests.browser.panel import INSIDE, PANEL, section

ASK = "tok = %get_token lake"
SOON = 60_000  # ms
MOST = 60  # times that Tab is pressed to get anywhere
#: what has the focus, looked for through shadow roots; its name for who cannot see it
FOCUSED = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) { at = at.shadowRoot.activeElement; }
  if (!at || at === document.body) { return ''; }
  return at.classList.contains('jp-Cell') ? 'cell' : at.getAttribute('aria-label') || at.name || at.innerText;
}"""


def test_the_story_by_keyboard_alone(desk: Desk) -> None:
    page = desk.page
    desk.open(desk.write("keys", ASK))
    tab_to(page, "cell")
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Control+Enter")
    expect(desk.card).to_contain_text("Waiting for you", timeout=SOON)
    tab_to(page, "Copy")
    page.keyboard.press("Enter")
    expect(desk.card).to_contain_text("Copied")
    tab_to(page, "Open .*")
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    sign_in(opened.value)
    page.bring_to_front()
    expect(desk.card).to_have_text("Signed in as ada · lake", timeout=SOON)

    command(page, "Open the Sign-ins panel")
    panel = page.locator(f"#{PANEL}")
    expect(panel.locator(".ja-side")).to_be_focused()
    expect(section(panel, "Notebooks")).to_contain_text("keys-", timeout=SOON)
    assert violations(page, INSIDE) == []
    tab_to(page, "Clear cache…")
    page.keyboard.press("Enter")
    expect(panel.get_by_role("button", name="Keep")).to_be_focused()
    tab_to(page, "Clear cache")
    page.keyboard.press("Enter")
    expect(panel).to_contain_text("Cache cleared", timeout=SOON)
    expect(panel.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Enter")
    expect(panel.get_by_role("button", name="Clear cache…")).to_be_focused()

    tab_to(page, "cell")
    page.keyboard.press("Control+Enter")
    expect(desk.card).to_contain_text("Waiting for you", timeout=SOON)
    tab_to(page, "Cancel")
    page.keyboard.press("Space")
    expect(desk.card).to_have_text("Sign-in cancelled. Run the cell again to sign in.", timeout=SOON)


def sign_in(page: Page) -> None:
    """At the provider: paste the code, confirm, sign in, consent."""
    tab_to(page, "user_code")
    page.keyboard.press("Control+v")
    for _ in range(5):
        with page.expect_navigation():
            page.keyboard.press("Enter")
        if "success" in page.content().lower():
            page.close()
            return
        if page.locator("input[name=login]").count():
            tab_to(page, "login")
            page.keyboard.type("ada")
            tab_to(page, "password")
            page.keyboard.type("any")
        else:
            tab_to(page, "Continue")
    raise AssertionError("there is always one more page")


def command(page: Page, name: str) -> None:
    """Run a command from the palette."""
    page.keyboard.press("Control+Shift+c")
    expect(page.locator(".lm-CommandPalette-input:visible")).to_be_focused()
    page.keyboard.type(name)
    expect(page.locator(".lm-CommandPalette-item.lm-mod-active")).to_contain_text(name)
    page.keyboard.press("Enter")


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has that name has the focus."""
    passed = []
    for _ in range(MOST):
        found = str(page.evaluate(FOCUSED)).strip()
        if re.fullmatch(name, found, re.DOTALL):
            return
        passed.append(found)
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} is not reached by Tab, which came by {passed}")

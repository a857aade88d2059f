"""What a person does in the tab that a card's link opens."""

from playwright.sync_api import Page

from tests.browser.desk import Desk


def opened(desk: Desk) -> Page:
    """The tab that the card's link opens."""
    with desk.page.context.expect_page() as tab:
        desk.card.get_by_role("link").click()
    return tab.value


def sign_in(page: Page) -> None:
    """At the provider: name, password, consent."""
    for _ in range(4):
        page.wait_for_load_state()
        if "/callback" in page.url or not page.locator("button[type=submit]").count():
            return
        if page.locator("input[name=login]").count():
            page.fill("input[name=login]", "ada")
            page.fill("input[name=password]", "any")
        page.locator("button[type=submit]").first.click()

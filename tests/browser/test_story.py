"""The story of the product, from the first question to the cleared cache, as a person lives it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.desk import HERE, Desk
from tests.browser.lab import App, run_cell
from tests.browser.panel import PANEL, section
from tests.browser.shop import Running
from tests.browser.wire import Wire
from tests.idp import OidcProvider

ASK = "tok = %get_token lake"
SOON = 60_000  # ms
SIGNED_IN = "Signed in as ada · lake"


@pytest.fixture
def page(kept_page: Page) -> Page:
    """With a notebook that other modules may have left open."""
    return kept_page


def test_from_the_first_question_to_the_cleared_cache(
    own_page: Page, running: Running, app: App, provider: OidcProvider
) -> None:
    desk = Desk(page=own_page, server=running.server, app=app, home=running.home)
    wire = Wire(desk.page.context, desk.server.url, provider.issuer)
    path = desk.ask("sales", ASK, "tok")
    expect(desk.card).to_contain_text(f"{path.name} asks you to sign in to lake", timeout=SOON)
    toast = desk.page.get_by_text(f"{path.name} asks you to sign in to lake.")
    expect(toast).to_be_visible()
    desk.page.get_by_role("button", name="Show request").click()
    panel = desk.page.locator(f"#{PANEL}")
    expect(section(panel, "Waiting for you")).to_contain_text("1")
    expect(panel.locator("jupyter-auth-card")).to_have_count(1)
    expect(panel.locator(".ja-card-place")).to_be_focused()
    expect(toast).to_be_hidden()
    request = desk.waiting()
    expect(desk.card).to_contain_text(request["user_code"])
    expect(desk.card).to_contain_text("Python 3 (ipykernel)")
    desk.card.get_by_text("Show QR code").click()
    expect(desk.card.get_by_role("img", name="QR code for the sign-in page")).to_be_visible()
    in_between = desk.saved(path, "jupyter_auth.interaction")
    assert request["id"] in in_between and "Sign-in is waiting" in in_between

    desk.card.get_by_role("button", name="Copy").click()
    expect(desk.card).to_contain_text("Copied")
    assert desk.page.evaluate("navigator.clipboard.readText()") == request["user_code"]
    with desk.page.context.expect_page() as opened:
        desk.card.get_by_role("link").click()
    sign_in_as_a_person(opened.value)
    expect(desk.card).to_have_text(SIGNED_IN, timeout=SOON)
    expect(desk.page.locator(".jp-Notebook")).not_to_contain_text(request["user_code"])
    run_cell(desk.page, 2)
    expect(desk.page.locator(".jp-Notebook")).to_contain_text("AuthenticationResult lake ada", timeout=SOON)
    first = desk.saved(path, SIGNED_IN)

    expect(section(panel, "Access tokens")).to_contain_text("From the provider", timeout=SOON)
    second = desk.ask_beside("second", ASK, "tok")
    expect(section(panel, "Notebooks")).to_contain_text(f"second-{desk.app.module}.ipynb", timeout=SOON)
    expect(second.card).to_have_count(0)  # it asked nobody
    run_cell(second.page, 2)
    shown = second.page.locator(".jp-Notebook:visible")
    expect(shown).to_contain_text("AuthenticationResult lake ada", timeout=SOON)
    lists_what_is_there(panel, path.name)

    clear(panel)
    assert desk.server.get("jupyter_auth/v1/accounts").json() == []
    run_cell(second.page, 1)
    expect(second.card).to_contain_text("asks you to sign in to lake", timeout=SOON)
    toast = desk.page.get_by_text(f"second-{desk.app.module}.ipynb asks you to sign in to lake.")
    expect(panel.locator("jupyter-auth-card")).to_have_count(1)
    expect(toast).to_be_hidden()  # the panel shows it
    saved = second.saved(second.home.notebooks / f"second-{desk.app.module}.ipynb", "Sign-in is waiting")
    assert_notebooks_keep_nothing([in_between, first, saved], provider, [request, desk.waiting()])
    assert wire.found([request["user_code"]]), "a code is no secret to who signs in, and is found where it is"
    assert_nothing_secret_came(wire, provider)
    reopened_it_asks_nothing(desk, path)


def sign_in_as_a_person(page: Page) -> None:
    """In the page that the card has opened: paste the code, confirm, sign in, consent."""
    page.locator("input[name=user_code]").focus()
    page.keyboard.press("Control+v")
    page.locator("button[type=submit]").first.click()
    for _ in range(4):
        page.wait_for_load_state()
        if page.locator("input[name=login]").count():
            page.fill("input[name=login]", "ada")
            page.fill("input[name=password]", "any")
        buttons = page.locator("button[type=submit]")
        if not buttons.count():
            break
        buttons.first.click()
    expect(page.locator("body")).to_contain_text(re.compile("success", re.IGNORECASE))
    page.close()


def lists_what_is_there(panel: Locator, notebook: str) -> None:
    """The account, the token and the notebooks."""
    expect(section(panel, "Accounts")).to_contain_text("Signed in")
    expect(section(panel, "Accounts")).to_contain_text("ada")
    tokens = section(panel, "Access tokens")
    expect(tokens).to_contain_text("lake.read")
    expect(tokens).to_contain_text(re.compile(r"in (59|58|1 h|\d+) (min|h|s)"))
    expect(tokens).to_contain_text("From the cache · used just now")
    expect(section(panel, "Notebooks")).to_contain_text(notebook)
    expect(section(panel, "Notebooks")).to_contain_text("lake · used just now")
    expect(section(panel, "Waiting for you")).to_be_hidden(timeout=SOON)


def clear(panel: Locator) -> None:
    """Clear the cache: first think better of it, then do."""
    page = panel.page
    panel.get_by_role("button", name="Clear cache…").click()
    sheet = panel.get_by_role("alertdialog")
    expect(sheet).to_contain_text("1 account on this server")
    expect(sheet).to_contain_text("1 refresh token, revoked where the provider can")
    expect(sheet).to_contain_text("Your browser's own sign-in. Signing in again may not ask for a password.")
    expect(sheet.get_by_role("button", name="Keep")).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel.get_by_role("button", name="Clear cache…")).to_be_focused()
    page.keyboard.press("Enter")
    sheet.get_by_role("button", name="Clear cache").click()
    expect(panel).to_contain_text("Cache cleared", timeout=SOON)
    expect(panel).to_contain_text("1 account forgotten")
    expect(panel).to_contain_text("1 refresh token revoked")
    expect(panel).to_contain_text("Your browser's own sign-in stays")
    expect(panel.get_by_role("button", name="Close")).to_be_focused()
    expect(section(panel, "Accounts")).to_contain_text("Nobody signed in")
    expect(section(panel, "Access tokens")).to_contain_text("No access tokens.")


def assert_notebooks_keep_nothing(
    texts: list[str], provider: OidcProvider, requests: list[dict[str, str]]
) -> None:
    """No token, code, address, QR code or script is in what was saved."""
    issued = [secret for secrets in provider.issued().values() for secret in secrets]
    codes = [request[field] for request in requests for field in ("user_code", "verification_uri")]
    for word in (*issued, *codes, "user_code", "<script", "crispEdges"):
        assert not [text for text in texts if word in text], word


def assert_nothing_secret_came(wire: Wire, provider: OidcProvider) -> None:
    """No page of the application received a token or a device code, and none asked anybody else."""
    assert wire.elsewhere == []
    issued = provider.issued()
    assert all(issued.values()), "there was something to find of every kind"
    assert {kind for kind, _, _ in wire.heard} == {"HTTP", "frame"}
    for kind, secrets in issued.items():
        assert wire.found(secrets) == [], kind


def reopened_it_asks_nothing(desk: Desk, path: Path) -> None:
    """A notebook with a finished sign-in shows how it ended by itself."""
    asked: list[str] = []
    desk.page.on("request", lambda sent: asked.append(sent.url))
    desk.open(path)
    expect(desk.card).to_have_text(SIGNED_IN, timeout=SOON)
    assert [url for url in asked if "/interactions/" in url] == []


def test_one_answer_ends_the_requests_of_three_notebooks(desk: Desk, provider: OidcProvider) -> None:
    provider.reset_log()
    desks = [desk]
    desk.ask_here(ASK, "tok")
    expect(desk.card).to_contain_text("Waiting for you", timeout=SOON)
    for name in ("two", "three"):
        desks.append(desk.ask_beside(name, ASK, "tok"))
        expect(desks[-1].card).to_contain_text("Waiting for you", timeout=SOON)
    expect(desks[-1].card).to_contain_text("and 2 more notebooks wait", timeout=SOON)
    provider.approve(desk.waiting()["user_code"])
    pages = {each.page for each in desks}
    for page in pages:
        cards = page.locator(".jp-OutputArea-output jupyter-auth-card")
        expect(cards).to_have_text([SIGNED_IN] * (3 // len(pages)), timeout=SOON)
    assert provider.token_responses() == 1
    for name, each in zip((HERE, "two", "three"), desks, strict=True):
        each.to_front(name)
        run_cell(each.page, 2)
        shown = each.page.locator(".jp-Notebook:visible")
        expect(shown).to_contain_text("AuthenticationResult lake ada", timeout=SOON)

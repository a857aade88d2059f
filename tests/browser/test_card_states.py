"""Every state of the prompt card in a cell, by made-up answers: what it shows, and what axe finds."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.browser.lab import LAB, open_document, set_theme, violations
from tests.browser.panel import Answers
from tests.browser.shop import Shop
from tests.browser.states import REQUESTS, request, write_cards
from tests.idp import OidcProvider
from tests.support import Place

CARDS = "jupyter-auth-card"
SAYS = {
    "waiting": [
        "sales-forecast.ipynb asks you to sign in to graph",
        "D7KX-92QP",
        "and 2 more notebooks wait",
    ],
    "browser": ["This card closes by itself", "Request ends in"],
    "paste": ["paste it here", "Finish sign-in", "Sign in with a code instead"],
    "blocked": ["This card closes by itself"],
    "consent": [
        "sales-forecast.ipynb wants to use graph",
        "Allow once",
        "This token only, at most 1 h",
        "Also after that, until the server stops",
        "ada@contoso.com",
    ],
    "allowed": ["Allowed to use graph"],
    "refused-by-you": ["Not allowed to use graph"],
    "slow": ["D7KX-92QP"],
    "low": ["Still waiting", "Finished on the page?"],
    "expired": ["The code expired", "Get a new code"],
    "denied": ["Sign-in declined", "Try again"],
    "unreachable": ["Sign-in failed", "did not answer", "Try again"],
    "refused": ["Sign-in failed", "managed device", "Details for support"],
    "unsafe": ["an address that is not safe to open", "Dismiss"],
    "cancelled": ["Sign-in cancelled"],
    "done": ["Signed in as ada@contoso.com · graph"],
    "hostile": ["<img src=x onerror=window.pwned=1>gpj.exe", "WDJB-MJHT-"],
}


@pytest.fixture(scope="module")
def cards(shop: Shop, provider: OidcProvider) -> Iterator[Page]:
    """JupyterLab with a notebook that shows a card in each state."""
    lab = shop.running(LAB)
    page = shop.browser.new_context(viewport={"width": 1000, "height": 900}).new_page()
    show(page, lab.server, lab.home)
    yield page
    page.context.close()
    lab.empty()


def show(page: Page, lab: JupyterProcess, home: Place) -> None:
    answers = Answers(page)
    answers.values = {f"interactions/{name}": request(name) for name in REQUESTS}
    path = write_cards(home.notebooks, "cards.ipynb", *REQUESTS)
    open_document(page, lab, path.name)
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    expect(page.locator(CARDS)).to_have_count(len(REQUESTS), timeout=60_000)


def card(page: Page, name: str) -> Locator:
    return page.locator(CARDS).nth(list(REQUESTS).index(name))


@pytest.mark.parametrize("width", [1000, 520], ids=["wide", "narrow"])
@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_every_state_says_what_it_is_to_everyone(cards: Page, theme: str, width: int) -> None:
    set_theme(cards, theme)
    cards.set_viewport_size({"width": width, "height": 900})
    for name, texts in SAYS.items():
        for text in texts:
            expect(card(cards, name)).to_contain_text(text)
    unfold = "all => all.forEach(part => { part.open = true; })"
    cards.locator(f"{CARDS} details").evaluate_all(unfold)  # the QR codes and what is for support
    expect(cards.locator(f"{CARDS} svg[role=img]")).to_have_count(4)
    assert violations(cards, CARDS) == []
    for name in REQUESTS:
        assert_fits(card(cards, name))


def test_names_of_others_are_only_text(cards: Page) -> None:
    shown = card(cards, "hostile")
    assert shown.locator("img[src], script, [onerror]").count() == 0
    html = shown.evaluate("card => card.shadowRoot.innerHTML")
    assert "\u202e" not in html and "\u0007" not in html
    assert "evil.example" not in card(cards, "unsafe").evaluate("card => card.shadowRoot.innerHTML")
    assert cards.evaluate("window.pwned") is None


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_where_the_kernel_could_answer_there_is_no_answer_to_give(cards: Page, theme: str) -> None:
    set_theme(cards, theme)
    shown = card(cards, "consent")
    shown.evaluate("card => { card.elsewhere = true; }")
    expect(shown).to_contain_text("or in a terminal with jupyter auth grants.")
    expect(shown.get_by_role("button")).to_have_text(["Cancel"])
    assert violations(cards, CARDS) == []
    assert_fits(shown)
    shown.evaluate("card => { card.elsewhere = false; }")


def test_right_to_left(cards: Page) -> None:
    cards.evaluate("document.documentElement.dir = 'rtl'")
    shown = card(cards, "waiting")
    cancel, state = shown.get_by_role("button", name="Cancel"), shown.locator(".state")
    left, right = cancel.bounding_box(), state.bounding_box()
    assert left and right and left["x"] < right["x"]
    code, copy = (
        shown.locator(".code > code").bounding_box(),
        shown.locator("[data-part=copy]").bounding_box(),
    )
    assert code and copy and copy["x"] < code["x"]
    assert violations(cards, CARDS) == []
    for name in REQUESTS:
        assert_fits(card(cards, name))
    cards.evaluate("document.documentElement.dir = ''")


def assert_fits(shown: Locator) -> None:
    """Nothing in the card is wider than its place, or lies outside the card."""
    assert shown.evaluate(OUTSIDE) == []


OUTSIDE = """card => {
  const frame = card.getBoundingClientRect();
  return Array.from(card.shadowRoot.querySelectorAll('*:not(.unseen, .unseen *, style)')).filter(part => {
    const box = part.getBoundingClientRect();
    return box.width && (box.left < frame.left - 1 || box.right > frame.right + 1);
  }).map(part => part.outerHTML.slice(0, 120));
}"""

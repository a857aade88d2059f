"""The redirect sign-in seen and used by a person: from the card in a cell over a new tab to the token."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.at_provider import opened, sign_in
from tests.browser.desk import Desk
from tests.browser.lab import run_cell, violations
from tests.idp import OidcProvider
from tests.support import Place

ASK = "tok = %get_token web"
SOON = 60_000  # ms
BOTH = 'flows = ["authorization_code", "device_code"]\n'


@pytest.fixture
def page(kept_page: Page) -> Page:
    """For what these tests look at is in one notebook."""
    return kept_page


@pytest.fixture(autouse=True)
def web(home: Place, provider: OidcProvider) -> Iterator[None]:
    """A profile that signs in by authorization code, only while these tests run."""
    before = home.toml.read_text(encoding="utf-8")
    home.profile(provider.issuer, "web", more=BOTH)
    yield
    home.toml.write_text(before, encoding="utf-8")


def test_from_the_card_to_the_token(desk: Desk) -> None:
    path = desk.ask_here(ASK, "tok")
    expect(desk.card).to_contain_text("Sign in on the page that opens", timeout=SOON)
    request = desk.waiting()
    assert request["flow"] == "authorization_code"
    assert len(desk.page.context.pages) == 1  # nothing opens by itself
    assert violations(desk.page, ".jp-OutputArea-output jupyter-auth-card") == []
    in_between = desk.saved(path, "jupyter_auth.interaction")
    assert request["authorization_uri"] not in in_between and "code_challenge" not in in_between

    tab = opened(desk)
    sign_in(tab)
    expect(tab.locator("h1")).to_have_text("Signed in", timeout=SOON)
    expect(desk.card).to_have_text("Signed in as ada · web", timeout=SOON)
    run_cell(desk.page, 2)
    expect(desk.page.locator(".jp-Notebook")).to_contain_text("AuthenticationResult web ada", timeout=SOON)
    saved = desk.saved(path, "Signed in as ada")
    assert request["authorization_uri"] not in saved and "authorize" not in saved


def test_the_address_can_be_pasted(desk: Desk, provider: OidcProvider) -> None:
    desk.ask_here(ASK)
    expect(desk.card).to_contain_text("Sign in on the page that opens", timeout=SOON)
    back = provider.sign_in(desk.waiting()["authorization_uri"])
    desk.card.get_by_text("Paste the answer").click()
    field = desk.card.get_by_label("Address from the sign-in page")
    field.fill("https://elsewhere.example/?code=x&state=y")
    desk.card.get_by_role("button", name="Finish sign-in").click()
    expect(desk.card).to_contain_text("This address does not belong to this request", timeout=SOON)
    field.fill(back)
    field.press("Enter")
    expect(desk.card).to_have_text("Signed in as ada · web", timeout=SOON)


def test_another_way_serves_the_same_cell(desk: Desk, provider: OidcProvider) -> None:
    desk.ask_here(ASK, "print(tok.account.username)")
    expect(desk.card).to_contain_text("Sign in on the page that opens", timeout=SOON)
    first = desk.waiting()
    desk.card.get_by_role("button", name="Sign in with a code instead").click()
    expect(desk.card).to_contain_text("Copy this code", timeout=SOON)
    second: dict[str, Any] = desk.waiting()
    assert second["id"] == first["id"]
    provider.approve(second["user_code"])
    expect(desk.card).to_have_text("Signed in as ada · web", timeout=SOON)
    run_cell(desk.page, 2)
    expect(desk.page.locator(".jp-Notebook")).to_contain_text("ada", timeout=SOON)

"""The prompt in a cell of JupyterLab and of Notebook 7, seen and used by a person in Chromium."""

from dataclasses import replace
from functools import partial

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import Desk
from tests.browser.lab import run_cell, set_theme, violations
from tests.idp import OidcProvider

ASK = "tok = %get_token lake"
SOON = 60_000  # ms


@pytest.fixture
def page(kept_page: Page) -> Page:
    """For what these tests look at is in one notebook."""
    return kept_page


def test_cancel_in_the_card_ends_the_cell_that_waits(desk: Desk) -> None:
    desk.ask_here(ASK, "print('after', 6 * 7)")
    expect(desk.card).to_contain_text("Waiting for you", timeout=SOON)
    desk.card.get_by_role("button", name="Cancel").click()
    expect(desk.card).to_have_text("Sign-in cancelled. Run the cell again to sign in.", timeout=SOON)
    expect(desk.page.locator(".jp-Notebook")).to_contain_text("InteractionCancelledError", timeout=SOON)
    run_cell(desk.page, 2)
    expect(desk.page.locator(".jp-Notebook")).to_contain_text("after 42", timeout=SOON)


def test_the_stop_button_ends_the_prompt(desk: Desk) -> None:
    desk.ask_here("tok = %get_token lake lake.write email")
    expect(desk.card).to_contain_text("asks you to sign in", timeout=SOON)
    desk.page.evaluate("() => { void window.jupyterapp.commands.execute('notebook:interrupt-kernel'); }")
    expect(desk.card).to_contain_text("Sign-in cancelled", timeout=SOON)
    expect(desk.page.locator(".jp-Notebook")).to_contain_text("KeyboardInterrupt", timeout=SOON)


def test_one_answer_ends_the_requests_of_two_notebooks_in_two_pages(
    desk: Desk, provider: OidcProvider
) -> None:
    other = replace(desk, page=desk.page.context.new_page())
    for place, ask in ((desk, desk.ask_here), (other, partial(other.ask, "second"))):
        ask(ASK)
        expect(place.card).to_contain_text("Waiting for you", timeout=SOON)
    for place in (desk, other):
        expect(place.card).to_contain_text("and 1 more notebook waits", timeout=SOON)
    provider.approve(desk.waiting()["user_code"])
    for place in (desk, other):
        expect(place.card).to_have_text("Signed in as ada · lake", timeout=SOON)


def test_declined_then_tried_again_in_place(desk: Desk, provider: OidcProvider) -> None:
    desk.ask_here(ASK, f"{ASK}\ntok")
    expect(desk.card).to_contain_text("Waiting for you", timeout=SOON)
    provider.deny(desk.waiting()["user_code"])
    expect(desk.card).to_contain_text("Sign-in declined", timeout=SOON)
    expect(desk.page.locator(".jp-Notebook")).to_contain_text("InteractionDeclinedError", timeout=SOON)
    desk.card.get_by_role("button", name="Try again").click()
    expect(desk.card).to_contain_text("Copy this code", timeout=SOON)
    provider.approve(desk.waiting()["user_code"])
    expect(desk.card).to_have_text("Signed in as ada · lake", timeout=SOON)
    run_cell(desk.page, 2)
    expect(desk.page.locator(".jp-Notebook")).to_contain_text("AuthenticationResult lake ada", timeout=SOON)


def test_a_page_that_is_loaded_anew_shows_the_request_again(desk: Desk, provider: OidcProvider) -> None:
    path = desk.ask_here(ASK)
    expect(desk.card).to_contain_text("Waiting for you", timeout=SOON)
    request = desk.waiting()
    desk.saved(path, request["id"])
    desk.page.reload()
    expect(desk.card).to_contain_text(request["user_code"], timeout=60_000)
    provider.approve(request["user_code"])
    expect(desk.card).to_have_text("Signed in as ada · lake", timeout=SOON)


def test_by_keyboard_alone_and_without_a_fault_that_axe_finds(desk: Desk) -> None:
    desk.ask_here(ASK)
    expect(desk.card).to_contain_text("Waiting for you", timeout=SOON)
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        set_theme(desk.page, theme)
        assert violations(desk.page, "jupyter-auth-card") == []
    desk.card.get_by_role("button", name="Copy").focus()
    desk.page.keyboard.press("Enter")
    expect(desk.card).to_contain_text("Copied")
    reached = []
    for _ in range(3):
        desk.page.keyboard.press("Tab")
        reached.append(
            desk.page.evaluate(
                "document.querySelector('jupyter-auth-card').shadowRoot.activeElement.dataset.part"
            )
        )
    assert reached == ["link", "qr", "cancel"]
    desk.page.keyboard.press("Space")
    expect(desk.card).to_have_text("Sign-in cancelled. Run the cell again to sign in.", timeout=SOON)
    assert violations(desk.page, "jupyter-auth-card") == []

"""The widget panel of ``%auth`` in JupyterLab and Notebook 7, at a real provider."""

import json
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.browser.desk import Desk
from tests.browser.lab import run_cell, set_theme, violations
from tests.idp import OidcProvider

SLOW = 20_000  # ms for what takes a provider or a kernel
OUTPUT = ".jp-OutputArea-output"


def panel_of(page: Page, cell: int = 1) -> Locator:
    """The panel in a cell's output."""
    return page.locator(".jp-CodeCell").nth(cell).locator(f"{OUTPUT} .ja-widget-panel")


def sign_in(desk: Desk, provider: OidcProvider) -> None:
    """Press Sign in in the panel, and answer as a person does."""
    panel = panel_of(desk.page)
    panel.get_by_role("button", name="Sign in to Test lake").click()
    expect(desk.page.locator(f"{OUTPUT} jupyter-auth-card")).to_contain_text("Waiting for you", timeout=SLOW)
    provider.approve(desk.waiting()["user_code"], username="ada")
    expect(panel).to_contain_text("Signed in", timeout=SLOW)


def test_the_story_of_a_sign_in(desk: Desk, provider: OidcProvider) -> None:
    page = desk.page
    desk.ask("panel", "%auth", "6 * 7")
    panel = panel_of(page)
    expect(panel).to_contain_text("Sign-ins for this notebook", timeout=SLOW)
    expect(panel).to_contain_text("Nobody signed in", timeout=SLOW)
    expect(panel).to_contain_text("None yet")
    expect(panel).to_contain_text("Sealed on disk")
    page.wait_for_timeout(1000)
    page.screenshot(path="/tmp/w/shots/first.png")
    panel.get_by_role("button", name="Sign in to Test lake").click()
    card = page.locator(f"{OUTPUT} jupyter-auth-card")
    expect(card).to_contain_text("Waiting for you", timeout=SLOW)
    run_cell(page, 2)
    expect(page.locator(".jp-CodeCell").nth(2)).to_contain_text("42", timeout=SLOW)
    page.screenshot(path="/tmp/w/shots/waiting.png")
    provider.approve(desk.waiting()["user_code"], username="ada")
    expect(panel).to_contain_text("Signed in", timeout=SLOW)
    expect(panel).to_contain_text("ada")
    page.wait_for_timeout(500)
    page.screenshot(path="/tmp/w/shots/in.png")

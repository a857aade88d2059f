"""The prompt in a cell of JupyterLab, seen and used by a person in Chromium."""

import json
import time

from playwright.sync_api import Page, expect

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.browser.lab import open_notebook, run_cell, save, write_notebook
from tests.idp import OidcProvider
from tests.support import Place


def waiting(lab: JupyterProcess) -> dict[str, str]:
    found = [i for i in lab.get("jupyter_auth/v1/interactions").json() if i["state"] == "pending"]
    assert len(found) == 1
    return dict(found[0])


def sign_in_as_a_person(page: Page, address: str, code: str) -> None:
    """In a page of their own: enter the code, confirm, sign in, consent."""
    page.goto(address)
    page.fill("input[name=user_code]", code)
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
    page.wait_for_load_state()
    assert "success" in page.content().lower()


def test_from_the_cell_to_the_token(
    page: Page, lab: JupyterProcess, home: Place, provider: OidcProvider
) -> None:
    path = write_notebook(
        home.notebooks, "sales.ipynb", "%load_ext jupyter_auth", "tok = %get_token lake", "tok"
    )
    open_notebook(page, lab, path.name)
    run_cell(page, 0)
    run_cell(page, 1)
    card = page.locator(".jp-OutputArea-output section, .jp-OutputArea-output [role=group]").first
    expect(card).to_contain_text("sales.ipynb asks you to sign in to lake", timeout=20_000)
    request = waiting(lab)
    expect(card).to_contain_text(request["user_code"])
    expect(card).to_contain_text("Python 3 (ipykernel)")
    card.get_by_role("button", name="Copy").click()
    assert page.evaluate("navigator.clipboard.readText()") == request["user_code"]

    other = page.context.new_page()
    sign_in_as_a_person(other, request["verification_uri"], request["user_code"])
    other.close()

    expect(page.locator(".jp-Notebook")).to_contain_text("Signed in as ada", timeout=20_000)
    expect(page.locator(".jp-Notebook")).not_to_contain_text(request["user_code"])
    run_cell(page, 2)
    expect(page.locator(".jp-Notebook")).to_contain_text("AuthenticationResult lake ada", timeout=20_000)
    save(page)
    saved = path.read_text(encoding="utf-8")
    deadline = time.monotonic() + 10
    while "Signed in as ada" not in saved and time.monotonic() < deadline:
        time.sleep(0.1)
        saved = path.read_text(encoding="utf-8")
    assert "Signed in as ada" in saved, saved
    for gone in (request["user_code"], request["verification_uri"], "<script", "user_code="):
        assert gone not in json.dumps(json.loads(saved)), gone


def test_the_stop_button_ends_the_prompt(page: Page, lab: JupyterProcess, home: Place) -> None:
    path = write_notebook(
        home.notebooks, "stop.ipynb", "%load_ext jupyter_auth", "tok = %get_token lake lake.write email"
    )
    open_notebook(page, lab, path.name)
    run_cell(page, 0)
    run_cell(page, 1)
    expect(page.locator(".jp-Notebook")).to_contain_text("asks you to sign in", timeout=20_000)
    page.evaluate("() => { void window.jupyterapp.commands.execute('notebook:interrupt-kernel'); }")
    expect(page.locator(".jp-Notebook")).to_contain_text("Sign-in cancelled", timeout=20_000)
    expect(page.locator(".jp-Notebook")).to_contain_text("KeyboardInterrupt", timeout=20_000)

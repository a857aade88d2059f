"""Two people signed in: one is chosen in the Sign-ins panel, and notebooks that name nobody use that one."""

import pytest
from playwright.sync_api import Page, expect

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.browser.lab import LAB, App, open_notebook, run_cell, violations, write_notebook
from tests.browser.panel import INSIDE, open_panel, section
from tests.idp import OidcProvider
from tests.support import Place

SOON = 60_000  # ms
ASK = """import jupyter_auth as ja
try:
    print("uses", ja.acquire_token_silent("lake").account.username)
except ja.InteractionRequiredError as error:
    print("refused", error)"""


@pytest.fixture(scope="module")
def app() -> App:
    """JupyterLab alone."""
    return LAB


def sign_in(server: JupyterProcess, provider: OidcProvider, username: str) -> None:
    """As the panel does it, without the panel."""
    request = server.post("jupyter_auth/v1/interactions", {"profile": "lake"}).json()
    provider.approve(request["user_code"], username=username)


def test_the_account_that_is_used_by_default(
    page: Page, lab: JupyterProcess, home: Place, provider: OidcProvider
) -> None:
    write_notebook(home.notebooks, "who.ipynb", ASK)
    open_notebook(page, lab, "who.ipynb")
    panel = open_panel(page)
    accounts, cell = section(panel, "Accounts"), page.locator(".jp-Notebook")
    sign_in(lab, provider, "ada")
    expect(accounts).to_contain_text("Signed in", timeout=SOON)
    expect(accounts).not_to_contain_text("No account is used by default")
    sign_in(lab, provider, "grace")
    expect(accounts).to_contain_text("No account is used by default", timeout=SOON)
    run_cell(page, 0)
    expect(cell).to_contain_text("none is used by default: ada, grace", timeout=SOON)
    assert violations(page, INSIDE) == []
    for chosen, other in (("grace", "ada"), ("ada", "grace")):
        more = panel.get_by_role("button", name=f"More actions for {chosen}")
        more.focus()
        page.keyboard.press("Enter")
        expect(panel.get_by_role("menuitem", name="Use by default")).to_be_focused()
        page.keyboard.press("Enter")
        row = accounts.get_by_role("listitem").filter(has_text=chosen)
        expect(row).to_contain_text("Signed in · used by default", timeout=SOON)
        expect(accounts.get_by_role("listitem").filter(has_text=other)).not_to_contain_text("by default")
        expect(accounts).not_to_contain_text("No account is used by default")
        assert violations(page, INSIDE) == []
        run_cell(page, 0)
        expect(cell).to_contain_text(f"uses {chosen}", timeout=SOON)
        more.click()
        expect(panel.get_by_role("menuitem")).to_have_text(["Sign in again", "Sign out"])
        page.keyboard.press("Escape")

    # what a cell chooses is seen in the panel
    page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel.setSource("
        "'%load_ext jupyter_auth\\n%auth switch lake grace')"
    )
    run_cell(page, 0)
    row = accounts.get_by_role("listitem").filter(has_text="grace")
    expect(row).to_contain_text("Signed in · used by default", timeout=SOON)
    panel.get_by_role("button", name="More actions for grace").click()
    panel.get_by_role("menuitem", name="Sign out").click()
    expect(accounts).not_to_contain_text("used by default", timeout=SOON)

"""A notebook that has to be allowed a profile, as a person meets it: asked, answered, taken back."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.browser.desk import Desk
from tests.browser.lab import LAB, NOTEBOOK, App, run_cell, violations
from tests.browser.panel import INSIDE, open_panel, section
from tests.browser.shop import Running, serve
from tests.browser.test_keyboard import tab_to
from tests.idp import OidcProvider
from tests.support import until

ASK = "tok = %get_token lake\nprint('has', tok.profile, n := globals().get('n', 0) + 1)"
SOON = 60_000  # ms
CALM = 600  # ms after which the card takes an answer
in_lab = pytest.mark.parametrize("app", [LAB], indirect=True, ids=["jupyterlab"])
in_notebook = pytest.mark.parametrize("app", [NOTEBOOK], indirect=True, ids=["notebook"])


@pytest.fixture(scope="module")
def running(provider: OidcProvider, app: App) -> Iterator[Running]:
    """A server on which every notebook has to be allowed what it uses."""
    with serve(provider, app, "--JupyterAuth.kernel_access=ask") as made:
        yield made


@pytest.fixture
def page(kept_page: Page) -> Page:
    """For what most of these tests look at is in one notebook."""
    return kept_page


@pytest.fixture(autouse=True)
def ada(lab: JupyterProcess, provider: OidcProvider) -> None:
    """She is signed in, so that nothing but the question stands between a notebook and a token."""
    begun = lab.post("jupyter_auth/v1/interactions", {"profile": "lake"}).json()
    provider.approve(begun["user_code"])
    until(lambda: bool(lab.get("jupyter_auth/v1/accounts").json()))


def answer(card: Locator, name: str) -> None:
    """Press one of the answers, when the card takes any."""
    expect(card).to_contain_text("The cell is waiting for your answer", timeout=SOON)
    card.page.wait_for_timeout(CALM)
    card.get_by_role("button", name=name).click()


def has_asked(desk: Desk, times: int) -> None:
    """The cell has got its token for the n-th time."""
    expect(desk.page.locator(".jp-Notebook:visible")).to_contain_text(f"has lake {times}", timeout=SOON)


@in_lab
def test_allowed_once_it_asks_again_and_for_the_notebook_it_does_not(desk: Desk) -> None:
    path = desk.ask_here(ASK)
    expect(desk.card).to_contain_text(f"{path.name} wants to use lake", timeout=SOON)
    facts = ("Python 3 (ipykernel)", "Test lake", "ada", "Use lake.read", "This token only, at most 1 h")
    for words in facts:
        expect(desk.card).to_contain_text(words)
    toast = desk.page.get_by_text(f"{path.name} wants to use lake.")
    expect(toast).to_be_visible()
    expect(desk.page.locator("button.ja-status")).to_have_text("1 request waits for you")
    assert desk.page.evaluate("document.activeElement.tagName") != "JUPYTER-AUTH-CARD"
    assert violations(desk.page, "jupyter-auth-card") == []
    between = desk.saved(path, "jupyter_auth.interaction")
    request = desk.waiting()
    assert request["id"] in between
    answer(desk.card, "Allow once")
    has_asked(desk, 1)
    expect(toast).to_be_hidden()
    after = desk.saved(path, "Allowed to use lake")
    for word in (
        "lake.read",
        "nb-public",
        "127.0.0.1",
        '"ada"',
        "token_lifetime",
        request["requested_by"]["kernel_id"],
    ):
        assert word not in between and word not in after, word

    run_cell(desk.page, 1)
    answer(desk.card, "Allow this notebook")
    has_asked(desk, 2)
    run_cell(desk.page, 1)
    has_asked(desk, 3)
    expect(desk.card).to_have_count(0)  # it asked nobody

    second = desk.ask_beside("second", ASK)
    expect(second.card).to_contain_text("wants to use lake", timeout=SOON)
    second.card.get_by_role("button", name="Cancel").click()
    expect(second.card).to_contain_text("Cancelled, so nothing was allowed.", timeout=SOON)
    shown = second.page.locator(".jp-Notebook:visible")
    expect(shown).to_contain_text("InteractionCancelledError", timeout=SOON)


@in_lab
def test_what_is_taken_back_is_asked_for_by_the_very_next_call(desk: Desk) -> None:
    path = desk.ask_here(ASK)
    panel = open_panel(desk.page)
    card = section(panel, "Waiting for you").locator("jupyter-auth-card")
    answer(card, "Allow this notebook")
    has_asked(desk, 1)
    notebooks = section(panel, "Notebooks")
    expect(notebooks).to_contain_text("Allowed until its kernel stops", timeout=SOON)
    expect(notebooks).to_contain_text("lake.read · ada")
    assert violations(desk.page, INSIDE) == []
    notebooks.get_by_role("button", name=f"Stop allowing {path.name} to use lake").click()
    expect(notebooks).to_contain_text("Asks you at its next use", timeout=SOON)
    expect(notebooks.locator(".ja-row")).to_be_focused()
    run_cell(desk.page, 1)
    answer(desk.card, "Never")
    shown = desk.page.locator(".jp-Notebook:visible")
    expect(shown).to_contain_text("You did not allow this kernel to use lake.", timeout=SOON)
    expect(desk.card).to_have_text("Not allowed to use lake. Change it in the Sign-ins panel.")
    run_cell(desk.page, 1)
    expect(shown).to_contain_text("KernelGrantRequiredError", timeout=SOON)
    expect(desk.card).to_have_count(0)  # a Never is not asked about again

    expect(notebooks).to_contain_text("Not allowed · you chose Never", timeout=SOON)
    notebooks.get_by_role("button", name="Ask again").click()
    expect(notebooks).to_contain_text("Asks you at its next use", timeout=SOON)
    run_cell(desk.page, 1)
    answer(desk.card, "Allow once")
    has_asked(desk, 2)


@in_lab
def test_a_sign_in_comes_after_the_question(desk: Desk, provider: OidcProvider) -> None:
    desk.server.delete("jupyter_auth/v1/cache")
    path = desk.ask_here(ASK)
    expect(desk.card).to_contain_text("This token only", timeout=SOON)
    answer(desk.card, "Allow this notebook")
    expect(desk.card.last).to_contain_text(f"{path.name} asks you to sign in to lake", timeout=SOON)
    expect(desk.card.first).to_have_text("Allowed to use lake")
    provider.approve(desk.waiting()["user_code"])
    has_asked(desk, 1)
    run_cell(desk.page, 1)
    has_asked(desk, 2)
    expect(desk.card).to_have_count(0)


@in_lab
def test_for_the_notebook_also_after_its_kernel_has_stopped(desk: Desk) -> None:
    desk.ask("kept", ASK)
    expect(desk.card).to_contain_text("wants to use lake", timeout=SOON)
    desk.card.get_by_label("Also after that, until the server stops").check()
    answer(desk.card, "Allow this notebook")
    has_asked(desk, 1)
    kernel = desk.server.get("api/kernels").json()[0]["id"]
    desk.server.delete(f"api/kernels/{kernel}")
    again = desk.home.notebooks / f"kept-{desk.app.module}.ipynb"
    desk.open(again)
    assert desk.server.get("api/kernels").json()[0]["id"] != kernel
    run_cell(desk.page, 0)
    run_cell(desk.page, 1)
    has_asked(desk, 1)
    expect(desk.card).to_have_count(0)
    panel = open_panel(desk.page)
    expect(section(panel, "Notebooks")).to_contain_text("Allowed until the server stops", timeout=SOON)


@in_lab
def test_by_keyboard_alone(desk: Desk) -> None:
    page = desk.page
    desk.open(desk.write("keys", ASK))
    tab_to(page, "cell")
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Control+Enter")
    expect(desk.card).to_contain_text("The cell is waiting for your answer", timeout=SOON)
    page.wait_for_timeout(CALM)
    page.keyboard.press("Escape")
    tab_to(page, "Allow once.*")
    page.keyboard.press("Escape")
    assert reached(page, 5) == ["kernel", "kept", "never", "cancel", None]
    tab_to(page, "Allow this notebook.*")
    page.keyboard.press("Enter")
    has_asked(desk, 1)
    expect(desk.card).to_have_text("Allowed to use lake")


def reached(page: Page, times: int) -> list[str | None]:
    """The parts of the card that Tab comes to, one after the other; None outside it."""
    found = []
    for _ in range(times):
        page.keyboard.press("Tab")
        found.append(page.evaluate("document.activeElement?.shadowRoot?.activeElement?.dataset.part ?? null"))
    return found


@in_notebook
def test_the_card_in_notebook_7(desk: Desk) -> None:
    path = desk.ask_here(ASK)
    expect(desk.card).to_contain_text(f"{path.name} wants to use lake", timeout=SOON)
    assert violations(desk.page, "jupyter-auth-card") == []
    answer(desk.card, "Allow this notebook")
    has_asked(desk, 1)
    run_cell(desk.page, 1)
    has_asked(desk, 2)
    expect(desk.card).to_have_count(0)

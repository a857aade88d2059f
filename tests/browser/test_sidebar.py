"""The Sign-ins panel in real applications, at a real provider: seen and used as a person does."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.browser.panel import PANEL, forget, open_lab, open_panel, pending, reach, section
from tests.idp import OidcProvider
from tests.support import NO_PORTS, Kernel, place, until
from tests.support.place import without_extensions
from tests.support.ports import free_ports

EXPOSED = "--LabApp.expose_app_in_browser=True"
SLOW = 60_000  # ms for what takes a provider or a kernel


@pytest.fixture
def fresh(jupyterlab: JupyterProcess) -> Iterator[JupyterProcess]:
    forget(jupyterlab)
    yield jupyterlab
    forget(jupyterlab)


def cards(panel: Locator) -> Locator:
    return panel.locator("jupyter-auth-card")


def test_signing_in_and_out_with_the_keyboard_alone(
    page: Page, fresh: JupyterProcess, provider: OidcProvider
) -> None:
    open_lab(page, fresh)
    panel = open_panel(page)
    panel.get_by_role("button", name="Refresh").focus()
    reach(page, "Sign in to Test lake")
    page.keyboard.press("Enter")
    expect(cards(panel)).to_have_count(1, timeout=SLOW)
    expect(panel.locator(".ja-card-place")).to_be_focused()
    provider.approve(pending(fresh)[0]["user_code"], username="ada")
    more = panel.get_by_role("button", name="More actions for ada")
    expect(more).to_be_visible(timeout=SLOW)
    panel.get_by_role("button", name="Refresh").focus()
    reach(page, "More actions for ada")
    page.keyboard.press("Enter")
    expect(panel.get_by_role("menuitem", name="Sign in again")).to_be_focused()
    page.keyboard.press("Escape")
    expect(more).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    expect(panel.get_by_role("menuitem", name="Sign out")).to_be_focused()
    page.keyboard.press("Enter")
    expect(panel).to_contain_text("ada is signed out of lake", timeout=SLOW)
    expect(panel).to_contain_text("1 refresh token revoked")
    assert fresh.get("jupyter_auth/v1/accounts").json() == []
    focused = page.evaluate(f"document.querySelector('#{PANEL}').contains(document.activeElement)")
    assert focused, "what had the focus is gone, and so is the focus"


def test_what_the_card_tells(page: Page, fresh: JupyterProcess, provider: OidcProvider) -> None:
    open_lab(page, fresh)
    panel = open_panel(page)
    panel.get_by_role("button", name="Sign in to Test lake").click()
    expect(cards(panel)).to_have_count(1, timeout=SLOW)
    first = pending(fresh)[0]
    provider.deny(first["user_code"])
    card = cards(panel)
    page.wait_for_function(
        "() => document.querySelector('jupyter-auth-card').interaction.state === 'declined'", timeout=SLOW
    )
    card.evaluate("(card, id) => { window.first = card; " + TELL + "(card, 'ja-retry', id); }", first["id"])
    page.wait_for_function(
        "() => document.querySelector('jupyter-auth-card')?.interaction.state === 'pending'", timeout=SLOW
    )
    assert page.evaluate("window.first === document.querySelector('jupyter-auth-card')"), "no new card"
    again = pending(fresh)[0]
    card.evaluate("(card, id) => " + TELL + "(card, 'ja-cancel', id)", again["id"])
    expect(cards(panel)).to_have_count(0, timeout=SLOW)
    assert pending(fresh) == []


TELL = """((card, type, id) =>
    card.dispatchEvent(new CustomEvent(type, {bubbles: true, composed: true, detail: {id}})))"""


def test_the_status_item_and_its_setting(page: Page, fresh: JupyterProcess, provider: OidcProvider) -> None:
    open_lab(page, fresh)
    item = page.locator("button.ja-status")
    expect(item).to_have_text("Not signed in")
    fresh.post("jupyter_auth/v1/interactions", {"profile": "lake"})
    expect(item).to_have_text("1 sign-in waits for you")
    provider.approve(pending(fresh)[0]["user_code"], username="ada")
    expect(page.get_by_text("Signed in as ada · lake")).to_be_visible(timeout=SLOW)
    expect(item).to_have_text("1 signed in")
    item.click()
    expect(page.locator(f"#{PANEL}")).to_be_visible()
    section(page.locator(f"#{PANEL}"), "Access tokens").locator("summary").click()
    page.get_by_role("button", name="Settings", exact=True).click()
    editor = page.locator("#setting-editor, .jp-SettingsPanel").first
    expect(editor).to_contain_text("Tell me when a sign-in waits for me", timeout=SLOW)
    page.get_by_label("Status bar").first.uncheck()
    expect(item).to_be_hidden()
    page.wait_for_timeout(1500)  # the editor saves after a pause
    open_lab(page, fresh)
    panel = open_panel(page)
    expect(section(panel, "Access tokens")).not_to_have_attribute("open", "")
    expect(item).to_be_hidden()
    fresh.delete("lab/api/settings/jupyter-token-broker:plugin")


def test_a_server_that_stops_and_comes_back(browser: Browser, provider: OidcProvider) -> None:
    with place(provider.issuer) as home:
        (port,) = free_ports(1)
        options = (f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=same")

        def start() -> JupyterProcess:
            return JupyterProcess(
                "jupyterlab", home, "--no-browser", NO_PORTS, *without_extensions(), EXPOSED, *options
            )

        page = browser.new_page()
        with start() as first:
            open_lab(page, first)
            panel = open_panel(page)
            expect(section(panel, "Accounts")).to_contain_text("Nobody signed in")
        expect(panel).to_contain_text("Connection lost", timeout=60_000)
        expect(panel).to_contain_text(re.compile(r"This is what was known .* Trying again in \d+ s\."))
        expect(section(panel, "Accounts")).to_contain_text("Nobody signed in")
        expect(panel.get_by_role("button", name="Sign in to Test lake")).to_be_disabled()
        expect(page.locator("button.ja-status")).to_have_text("Sign-ins: connection lost")
        with start():
            expect(panel).not_to_contain_text("Connection lost", timeout=60_000)
            expect(panel.get_by_role("button", name="Sign in to Test lake")).to_be_enabled()
        page.close()


def test_the_foot_tells_how_much_came_from_the_cache(
    page: Page, fresh: JupyterProcess, provider: OidcProvider
) -> None:
    fresh.post("jupyter_auth/v1/interactions", {"profile": "lake"})
    provider.approve(pending(fresh)[0]["user_code"], username="ada")
    until(lambda: fresh.get("jupyter_auth/v1/accounts").json() != [], 20)
    with closing(Kernel(fresh)) as kernel:
        kernel.run("import jupyter_auth as ja\nfor _ in range(2000): ja.get_token('lake', interactive=False)")
        kernel.run("ja.get_accounts('lake')")
    told = fresh.get("jupyter_auth/v1/status").json()["statistics"]
    hits = sum(told["hits"].values())
    all_of_them = hits + told["misses"] + told["refreshes"].get("force_refresh_or_claims", 0)
    assert hits >= 2000
    open_lab(page, fresh)
    line = open_panel(page).locator(".ja-counted")
    expect(line).to_have_text(f"{hits:,} of {all_of_them:,} from the cache")
    assert f"{told['hits']['kernel']:,}" in (line.get_attribute("title") or "")


def test_a_kernel_is_kept_from_a_profile_that_all_may_use(
    page: Page, fresh: JupyterProcess, provider: OidcProvider
) -> None:
    fresh.post("jupyter_auth/v1/interactions", {"profile": "lake"})
    provider.approve(pending(fresh)[0]["user_code"], username="ada")
    until(lambda: fresh.get("jupyter_auth/v1/accounts").json() != [], 20)
    ask, name = "ja.get_token('lake', interactive=False)", "Python 3 (ipykernel) without a notebook"
    with closing(Kernel(fresh)) as kernel:
        kernel.run(f"import jupyter_auth as ja; {ask}")
        open_lab(page, fresh)
        panel = open_panel(page)
        notebooks = section(panel, "Notebooks")
        more = notebooks.get_by_role("button", name=f"More actions for {name}")
        more.focus()
        page.keyboard.press("Enter")
        expect(panel.get_by_role("menuitem")).to_have_text("Block lake for this kernel")
        page.keyboard.press("Enter")
        expect(notebooks).to_contain_text("Blocked until its kernel stops", timeout=SLOW)
        expect(notebooks.locator(".ja-row")).to_be_focused()
        assert "You have refused lake to this kernel." in kernel.fails(ask)
        notebooks.get_by_role("button", name=f"Unblock lake for {name}").click()
        expect(more).to_be_visible(timeout=SLOW)
        expect(panel.get_by_role("status").filter(has_text=f"{name} can use lake again")).to_have_count(1)
        kernel.run(ask)

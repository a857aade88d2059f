"""S31: a notebook saved in mid-flow, with its widgets' state, holds no code; its end says who signed in."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import app, desk, home, nothing_waits, page, provider, running
from tests.browser.desk import Desk
from tests.browser.lab import LAB, run_cell, save
from tests.browser.shop import Shop, open_shop
from tests.browser.test_widget_panel import save_widgets
from tests.idp import OidcProvider
from tests.integration.code_flow import FLOWS
from tests.support import Place, until

__all__ = ["app", "desk", "home", "nothing_waits", "page", "provider", "running"]

SOON = 30_000  # ms
#: The kernel and the front end are the same in both applications.
in_jupyterlab = pytest.mark.parametrize("app", [LAB], indirect=True, ids=[LAB.module])
#: In the kernel, before it asks: the build without the defence.
SWITCHED_OFF = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r})
import pytest
from tests.security.off import switch_off
switch_off(pytest.MonkeyPatch(), "s31")
"""


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """What the browser's tests share, for this module."""
    with open_shop() as made:
        yield made


def found_in(folder: Path, secrets: list[str]) -> list[str]:
    """Which of them any file there holds: the notebook, and what Jupyter keeps of it beside."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    texts = {path.name: path.read_text(encoding="utf-8", errors="replace") for path in files}
    return [f"{secret} in {name}" for secret in secrets for name, text in texts.items() if secret in text]


def secrets_of(desk: Desk) -> list[str]:
    """What the pending request has that may not be kept."""
    request = desk.waiting()
    named = ("user_code", "verification_uri_complete", "authorization_uri")
    found = [str(request[name]) for name in named if request[name]]
    query = parse_qs(urlsplit(request["authorization_uri"] or "").query)
    return found + [query[name][0] for name in ("state", "nonce", "code_challenge") if name in query]


def attack(desk: Desk, name: str, ask: str, *before: str) -> tuple[list[str], list[str]]:
    """Save while somebody is asked, beside a panel; the request's secrets, and those that were saved."""
    save_widgets(desk)
    path = desk.write(name, *before, "%auth", ask)
    desk.open(path)
    for cell in range(len(before) + 3):
        run_cell(desk.page, cell)
    expect(desk.page.locator(".jp-OutputArea-output").last).to_contain_text("asks you", timeout=SOON)
    secrets = secrets_of(desk)
    desk.saved(path, "widget-state+json")
    return secrets, found_in(desk.home.notebooks, secrets)


def save_the_end(desk: Desk, name: str) -> None:
    """The page knows of it a moment before the cell does."""
    path = desk.home.notebooks / f"{name}-{desk.app.module}.ipynb"

    def is_saved() -> bool:
        save(desk.page)
        return "Signed in as ada" in path.read_text(encoding="utf-8")

    until(is_saved, 20)


def test_a_code(desk: Desk, provider: OidcProvider) -> None:
    secrets, saved = attack(desk, "code", "tok = %get_token lake")
    assert len(secrets) == 2 and saved == []
    provider.approve(secrets[0])
    expect(desk.card.last).to_have_text("Signed in as ada · lake", timeout=SOON)
    save_the_end(desk, "code")
    assert found_in(desk.home.notebooks, secrets) == []


@in_jupyterlab
def test_an_authorization_request(desk: Desk, provider: OidcProvider, home: Place) -> None:
    home.profile(provider.issuer, f"web{desk.app.module}", more=FLOWS)
    secrets, saved = attack(desk, "redirect", f"tok = %get_token web{desk.app.module}")
    assert len(secrets) == 4 and saved == []
    desk.card.last.get_by_text("Paste the answer").click()
    back = provider.sign_in(secrets[0])
    desk.card.last.get_by_label("Address from the sign-in page").fill(back)
    desk.card.last.get_by_role("button", name="Finish sign-in").click()
    expect(desk.card.last).to_contain_text("Signed in as ada", timeout=SOON)
    save_the_end(desk, "redirect")
    assert found_in(desk.home.notebooks, [*secrets, parse_qs(urlsplit(back).query)["code"][0]]) == []


@in_jupyterlab
def test_without_the_defence_the_code_is_in_the_file(desk: Desk) -> None:
    secrets, saved = attack(desk, "off", "tok = %get_token lake", SWITCHED_OFF)
    assert [line.partition(" in ")[0] for line in saved].count(secrets[0]) >= 1

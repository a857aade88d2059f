"""A browser, a provider and JupyterLab, all real."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.browser.lab import chromium
from tests.idp import OidcProvider
from tests.support import Place, place


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For a module only: Playwright's loop must have ended before a test of asyncio begins."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def provider() -> Iterator[OidcProvider]:
    with OidcProvider() as running:
        running.set(interval=1)
        yield running


@pytest.fixture(scope="module")
def home(provider: OidcProvider) -> Iterator[Place]:
    with place(provider.issuer) as made:
        yield made


@pytest.fixture(scope="module")
def lab(home: Place) -> Iterator[JupyterProcess]:
    with home.server("--LabApp.expose_app_in_browser=True", module="jupyterlab") as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1000, "height": 760})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened = context.new_page()
    yield opened
    context.close()

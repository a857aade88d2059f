"""A browser, a provider, and JupyterLab or Notebook 7, all real."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.browser.desk import Desk
from tests.browser.lab import APPS, LAB, App, chromium
from tests.browser.shown import Shown
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


@pytest.fixture(scope="module", params=APPS, ids=[app.module for app in APPS])
def app(request: pytest.FixtureRequest) -> App:
    """Each test runs in both applications."""
    assert isinstance(request.param, App)
    return request.param


@pytest.fixture(scope="module")
def lab(home: Place, app: App) -> Iterator[JupyterProcess]:
    with home.server(app.option, module=app.module) as running:
        yield running


@pytest.fixture(scope="module")
def jupyterlab(home: Place) -> Iterator[JupyterProcess]:
    """JupyterLab alone, for what is the same in both."""
    with home.server(LAB.option, module=LAB.module) as running:
        yield running


@pytest.fixture(scope="module")
def shown(browser: Browser, jupyterlab: JupyterProcess) -> Iterator[Shown]:
    """The Sign-ins panel, with made-up answers."""
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    yield Shown(context.new_page(), jupyterlab)
    context.close()


@pytest.fixture(autouse=True)
def nothing_waits(request: pytest.FixtureRequest) -> Iterator[None]:
    """After a test nobody is signed in, no kernel runs and nothing waits."""
    yield
    if "lab" in request.fixturenames:
        server: JupyterProcess = request.getfixturevalue("lab")
        for kernel in server.get("api/kernels").json():
            server.delete(f"api/kernels/{kernel['id']}")
        for waiting in server.get("jupyter_auth/v1/interactions").json():
            server.delete(f"jupyter_auth/v1/interactions/{waiting['id']}")
        server.delete("jupyter_auth/v1/cache")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1000, "height": 760})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened = context.new_page()
    yield opened
    context.close()


@pytest.fixture
def desk(page: Page, lab: JupyterProcess, app: App, home: Place) -> Desk:
    return Desk(page=page, server=lab, app=app, home=home)

"""A browser, a provider, and JupyterLab or Notebook 7, all real."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.browser.desk import Desk
from tests.browser.lab import APPS, LAB, App, chromium
from tests.browser.shown import Shown
from tests.idp import OidcProvider
from tests.support import Place, place

SIZE = ViewportSize(width=1000, height=760)


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


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Page]:
    """The page that a module's tests use one after the other: the next load of an application costs it a
    third less than it costs a page of a new context."""
    yield from _opened(browser)


@pytest.fixture
def page(tab: Page) -> Iterator[Page]:
    """An empty page of 1000 × 760."""
    yield tab
    for other in tab.context.pages:
        if other is not tab:
            other.close()
    tab.unroute_all()
    _forget(tab)
    tab.set_viewport_size(SIZE)


@pytest.fixture
def own_page(browser: Browser) -> Iterator[Page]:
    """The same, for what cannot be taken back from a page: to listen to it, or to set its clock."""
    yield from _opened(browser)


def _opened(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=SIZE)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context.new_page()
    context.close()


def _forget(page: Page) -> None:
    """Leave what it shows, which forgets whatever it kept."""
    origin = page.evaluate("location.origin")
    page.goto("about:blank")
    page.context.clear_cookies()
    if origin != "null":
        everything = {"origin": origin, "storageTypes": "all"}
        page.context.new_cdp_session(page).send("Storage.clearDataForOrigin", everything)


@pytest.fixture
def desk(page: Page, lab: JupyterProcess, app: App, home: Place) -> Desk:
    return Desk(page=page, server=lab, app=app, home=home)

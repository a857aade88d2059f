"""A browser, a provider, and JupyterLab or Notebook 7, all real."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.browser.desk import Desk, leave
from tests.browser.lab import APPS, LAB, App
from tests.browser.shop import SIZE, Running, Shop, open_shop, opened
from tests.browser.shown import Shown
from tests.idp import OidcProvider
from tests.support import Place


@pytest.fixture(scope="package")
def shop() -> Iterator[Shop]:
    """For this folder only: Playwright's loop must have ended before a test of asyncio begins."""
    with open_shop() as made:
        yield made


@pytest.fixture(scope="module")
def browser(shop: Shop) -> Browser:
    return shop.browser


@pytest.fixture(scope="module")
def provider(shop: Shop) -> OidcProvider:
    """As new for each module: nothing logged, no grant."""
    shop.provider.reset()
    shop.provider.revoke_all()
    shop.provider.set(interval=1)
    return shop.provider


@pytest.fixture(scope="module", params=APPS, ids=[app.module for app in APPS])
def app(request: pytest.FixtureRequest) -> App:
    """Each test runs in both applications."""
    assert isinstance(request.param, App)
    return request.param


@pytest.fixture(scope="module")
def running(shop: Shop, provider: OidcProvider, app: App) -> Running:
    """The application's server and its place; a module whose server has options of its own replaces it."""
    return shop.running(app)


@pytest.fixture(scope="module")
def lab(running: Running) -> JupyterProcess:
    return running.server


@pytest.fixture(scope="module")
def home(running: Running) -> Place:
    return running.home


@pytest.fixture(scope="module")
def jupyterlab(shop: Shop, provider: OidcProvider) -> JupyterProcess:
    """JupyterLab alone, for what is the same in both."""
    return shop.running(LAB).server


@pytest.fixture(scope="module")
def shown(browser: Browser, jupyterlab: JupyterProcess) -> Iterator[Shown]:
    """The Sign-ins panel, with made-up answers."""
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    yield Shown(context.new_page(), jupyterlab)
    context.close()


@pytest.fixture(autouse=True)
def nothing_waits(request: pytest.FixtureRequest) -> Iterator[None]:
    """After a test nobody is signed in, no kernel runs, nothing waits, and all settings are as they were."""
    yield
    if "running" in request.fixturenames:
        running: Running = request.getfixturevalue("running")
        running.empty()


@pytest.fixture
def page(shop: Shop) -> Iterator[Page]:
    """An empty page of 1000 × 760."""
    if shop.tab.url != "about:blank":
        _forget(shop.tab)
    yield shop.tab
    _put_right(shop.tab)
    _forget(shop.tab)


@pytest.fixture
def kept_page(shop: Shop, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The same for ``Desk.ask_here``: the notebook stays open in it, without a kernel, for the next test."""
    failed = request.session.testsfailed
    yield shop.tab
    _put_right(shop.tab)
    if request.session.testsfailed > failed or not leave(shop.tab):
        _forget(shop.tab)


@pytest.fixture
def own_page(browser: Browser) -> Iterator[Page]:
    """The same, for what cannot be taken back from a page: to listen to it, or to set its clock."""
    with opened(browser) as page:
        yield page


def _put_right(tab: Page) -> None:
    """One page, as large as it was, and asked for by nobody but the application."""
    for other in tab.context.pages:
        if other is not tab:
            other.close()
    tab.unroute_all()
    tab.set_viewport_size(SIZE)


def _forget(page: Page) -> None:
    """Leave what it shows, which forgets whatever it kept."""
    origin = page.evaluate("location.origin")
    page.goto("about:blank")
    page.context.clear_cookies()
    if origin != "null":
        everything = {"origin": origin, "storageTypes": "all"}
        session = page.context.new_cdp_session(page)
        session.send("Storage.clearDataForOrigin", everything)
        session.detach()


@pytest.fixture
def desk(page: Page, running: Running, app: App) -> Desk:
    return Desk(page=page, server=running.server, app=app, home=running.home)

"""What the browser's tests of a process share: a provider, Chromium, a page, a server of each application.

Each is started when a test first asks for it; a test gives them back as it found them (``conftest.py``).
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property

from playwright.sync_api import Browser, Page, ViewportSize

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.browser.lab import App, chromium
from tests.browser.panel import forget
from tests.idp import OidcProvider
from tests.support import Place, place

#: that there is no news (``keep_lab_quiet``)
QUIET = "notification.jupyterlab-settings"
SIZE = ViewportSize(width=1000, height=760)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """An application's server, and the place that it has to itself."""

    home: Place
    server: JupyterProcess

    def empty(self) -> None:
        """Nobody signed in, nothing waiting, no kernels, and no setting that anybody has changed."""
        forget(self.server)
        for file in (self.home.config / "lab" / "user-settings").rglob("*.jupyterlab-settings"):
            if file.name != QUIET:
                file.unlink(missing_ok=True)


class Shop:
    """What is there to be shared; ``open_shop`` closes it."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._running: dict[App, Running] = {}

    @cached_property
    def browser(self) -> Browser:
        return self._stack.enter_context(chromium())

    @cached_property
    def provider(self) -> OidcProvider:
        return self._stack.enter_context(OidcProvider())

    @cached_property
    def tab(self) -> Page:
        """The page that tests use one after the other: the next load of an application costs it a third
        less than it costs a page of a new context."""
        return self._stack.enter_context(opened(self.browser))

    def running(self, app: App) -> Running:
        """The application's server; its profile ``lake`` is at the provider."""
        if app not in self._running:
            self._running[app] = self._stack.enter_context(serve(self.provider, app))
        return self._running[app]


@contextmanager
def open_shop() -> Iterator[Shop]:
    with ExitStack() as stack:
        yield Shop(stack)


@contextmanager
def serve(provider: OidcProvider, app: App, *options: str) -> Iterator[Running]:
    """An application's server in a new place."""
    with place(provider.issuer) as home, home.server(app.option, *options, module=app.module) as server:
        yield Running(home=home, server=server)


@contextmanager
def opened(browser: Browser) -> Iterator[Page]:
    """An empty page in a context of its own."""
    context = browser.new_context(viewport=SIZE)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context.new_page()
    context.close()

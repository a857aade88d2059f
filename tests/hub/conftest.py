"""One Hub for the module: two people have logged in by their browsers, each once, and each has a server."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.lab import chromium
from tests.hub.hub import REDIRECTS, Hub, UserServer, running_hub
from tests.hub.person import HubPerson, log_in
from tests.idp import OidcProvider
from tests.support import Kernel
from tests.support.redis_server import RedisServer


@pytest.fixture(scope="module")
def provider() -> Iterator[OidcProvider]:
    with OidcProvider(redirect_uris=REDIRECTS) as running:
        yield running


@pytest.fixture(scope="module")
def redis_server() -> Iterator[RedisServer]:
    with RedisServer() as running:
        yield running


@pytest.fixture(scope="module")
def hub(provider: OidcProvider, redis_server: RedisServer) -> Iterator[Hub]:
    root = Path(tempfile.mkdtemp(prefix="ja-"))  # short: a socket's path has its limit
    try:
        with running_hub(provider, redis_server, root) as running:
            yield running
    finally:
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def people(hub: Hub, browser: Browser) -> Iterator[dict[str, HubPerson]]:
    """Ada and Bob, each at their server."""
    with ExitStack() as stack:
        pages = {
            name: stack.enter_context(closing(browser.new_context())).new_page() for name in ("ada", "bob")
        }
        for name, page in pages.items():  # both servers start before either is waited for
            log_in(page, hub, name)
        made = {}
        for name, page in pages.items():
            page.wait_for_url(f"{hub.url}user/{name}/**", timeout=180_000, wait_until="commit")
            made[name] = HubPerson(name=name, page=page, kernel=Kernel(UserServer(hub, name)))
            stack.enter_context(closing(made[name]))  # of their last kernel
        yield made

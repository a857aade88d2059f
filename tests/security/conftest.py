"""What the other tests have as fixtures: providers, engines, brokers, servers, kernels, requests to show."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.browser.lab import chromium
from tests.integration.conftest import (
    fresh,
    home,
    kernel,
    kernels,
    pair,
    provider,
    second,
    server,
    shared,
    short,
    sign_in,
    start_kernels,
    start_provider,
)
from tests.security.enumerating import NOBODYS, enumerated
from tests.support import Place, place
from tests.unit.broker.conftest import bench, certified, make_bench, oidc, running_oidc
from tests.unit.cache.conftest import (
    opened,
    quick_path,
    redis_opened,
    redis_server,
    running_redis,
    sqlite,
)
from tests.unit.conftest import idp, misbehaving
from tests.unit.providers.conftest import bundle, engine, make_engine, make_entra, tls
from tests.unit.ui.conftest import make, now

__all__ = [
    "bench",
    "bundle",
    "certified",
    "engine",
    "fresh",
    "home",
    "idp",
    "kernel",
    "kernels",
    "make",
    "make_bench",
    "make_engine",
    "make_entra",
    "misbehaving",
    "now",
    "oidc",
    "opened",
    "pair",
    "provider",
    "quick_path",
    "redis_opened",
    "redis_server",
    "running_oidc",
    "running_redis",
    "second",
    "server",
    "shared",
    "short",
    "sign_in",
    "sqlite",
    "start_kernels",
    "start_provider",
    "tls",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For a module only: Playwright's loop must have ended before a test of asyncio begins."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def nobodys() -> Iterator[Place]:
    """A place whose one profile is for a provider that is not there."""
    with place(NOBODYS) as made:
        yield made


@pytest.fixture(scope="module")
def listing(nobodys: Place) -> Iterator[JupyterProcess]:
    """Its server, which tells its routes."""
    with enumerated(nobodys) as running:
        yield running

"""What the other tests have as fixtures: providers, engines, brokers, servers, kernels, requests to show."""

from tests.browser.conftest import browser
from tests.integration.conftest import (
    fresh,
    home,
    kernel,
    pair,
    provider,
    server,
    shared,
    short,
    sign_in,
    start_kernels,
    start_provider,
)
from tests.unit.broker.conftest import bench, certified, make_bench, oidc, running_oidc
from tests.unit.conftest import idp, misbehaving
from tests.unit.providers.conftest import engine, make_engine, make_entra
from tests.unit.ui.conftest import make, now

__all__ = [
    "bench",
    "browser",
    "certified",
    "engine",
    "fresh",
    "home",
    "idp",
    "kernel",
    "make",
    "make_bench",
    "make_engine",
    "make_entra",
    "misbehaving",
    "now",
    "oidc",
    "pair",
    "provider",
    "running_oidc",
    "server",
    "shared",
    "short",
    "sign_in",
    "start_kernels",
    "start_provider",
]

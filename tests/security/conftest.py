"""What the other tests have as fixtures: providers, engines, brokers, servers, kernels, requests to show."""

from tests.browser.conftest import browser
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
]

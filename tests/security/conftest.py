"""A provider, a place, its server and kernels, as the whole has them; stores, as the cache has them."""

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
from tests.unit.cache.conftest import (
    opened,
    quick_path,
    redis_opened,
    redis_server,
    running_redis,
    sqlite,
)

__all__ = [
    "fresh",
    "home",
    "kernel",
    "opened",
    "pair",
    "provider",
    "quick_path",
    "redis_opened",
    "redis_server",
    "running_redis",
    "server",
    "shared",
    "short",
    "sign_in",
    "sqlite",
    "start_kernels",
    "start_provider",
]

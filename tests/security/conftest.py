"""A provider, a place, its server and kernels, as the tests of the whole have them; and a Redis."""

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
from tests.unit.cache.conftest import redis_opened, redis_server, running_redis

__all__ = [
    "fresh",
    "home",
    "kernel",
    "pair",
    "provider",
    "redis_opened",
    "redis_server",
    "running_redis",
    "server",
    "shared",
    "short",
    "sign_in",
    "start_kernels",
    "start_provider",
]

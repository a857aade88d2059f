"""A provider, a place, its server and kernels, as the tests of the whole have them."""

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

__all__ = [
    "fresh",
    "home",
    "kernel",
    "pair",
    "provider",
    "server",
    "shared",
    "short",
    "sign_in",
    "start_kernels",
    "start_provider",
]

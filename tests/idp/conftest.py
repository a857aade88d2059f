"""One provider for this folder's tests, set back before each."""

from collections.abc import Iterator

import pytest

from .provider import OidcProvider


@pytest.fixture(scope="package")
def running() -> Iterator[OidcProvider]:
    with OidcProvider() as provider:
        yield provider


@pytest.fixture
def idp(running: OidcProvider) -> OidcProvider:
    running.reset()
    return running

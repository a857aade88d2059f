"""The providers for this folder's tests, set back before each."""

from collections.abc import Iterator

import pytest

from . import PROVIDERS
from .base import Provider
from .provider import OidcProvider


@pytest.fixture(scope="package", params=PROVIDERS, ids=[kind.name for kind in PROVIDERS])
def running(request: pytest.FixtureRequest) -> Iterator[Provider]:
    with request.param() as provider:
        yield provider


@pytest.fixture
def idp(running: Provider) -> Provider:
    """Each of the providers in turn."""
    running.reset()
    return running


@pytest.fixture(scope="package")
def running_certified() -> Iterator[OidcProvider]:
    with OidcProvider() as provider:
        yield provider


@pytest.fixture
def certified(running_certified: OidcProvider) -> OidcProvider:
    """The certified provider, for what only it can do."""
    running_certified.reset()
    return running_certified

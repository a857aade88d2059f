"""One misbehaving provider, set right before each test."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.idp import MisbehavingProvider
from tests.unit import metadata_service


@pytest.fixture(scope="session", autouse=True)
def nobody_asks_a_machine() -> Iterator[None]:
    """No test, and no default of ours, reaches for the metadata service of a cloud's machines."""
    metadata_service.watch()
    yield
    assert metadata_service.wanted == []


@pytest.fixture(scope="session")
def misbehaving() -> Iterator[tuple[MisbehavingProvider, dict[str, Any]]]:
    """The provider, and the answers with which it is right."""
    with MisbehavingProvider() as provider:
        yield provider, dict(provider.answers)


@pytest.fixture
def idp(misbehaving: tuple[MisbehavingProvider, dict[str, Any]]) -> MisbehavingProvider:
    """The misbehaving provider, right until told otherwise."""
    provider, right_answers = misbehaving
    provider.answers = dict(right_answers)
    provider.grants.expires_in = 3600
    provider.requests.clear()
    return provider

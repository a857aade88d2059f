"""What tests of every kind use: the Entra-shaped provider, started once by whoever asks first."""

import os
from collections.abc import Iterator

import pytest

from tests.idp.entra import EntraProvider

#: No test, and no process that one starts, writes into the keyring of whoever runs it.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"


@pytest.fixture(scope="session")
def running_entra(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EntraProvider]:
    with EntraProvider(tmp_path_factory.mktemp("entra")) as provider:
        yield provider


@pytest.fixture
def entra(running_entra: EntraProvider) -> EntraProvider:
    """The Entra-shaped provider, of which nothing was asked yet."""
    running_entra.reset()
    return running_entra

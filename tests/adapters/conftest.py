"""For each module one server and one kernel, with ada signed in; for each test an API that speaks TLS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.desk import Desk
from tests.idp import OidcProvider
from tests.idp.entra.certificates import self_signed
from tests.support import Kernel, place
from tests.support.resource import Resource
from tests.support.resource import resource as running_resource


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """What the kernels' clients trust, and its key."""
    return self_signed(tmp_path_factory.mktemp("adapters"), "loopback")


@pytest.fixture(scope="session")
def running_provider() -> Iterator[OidcProvider]:
    with OidcProvider() as running:
        running.set(interval=1)
        yield running


@pytest.fixture(scope="module")
def opened(running_provider: OidcProvider, certificate: tuple[Path, Path]) -> Iterator[Desk]:
    with place(running_provider.issuer) as made, made.server() as server:
        kernel = Kernel(server)
        desk = Desk(made, kernel, running_provider, certificate[0])
        desk.begin()
        desk.sign_in()
        yield desk
        kernel.close()


@pytest.fixture
def desk(opened: Desk) -> Desk:
    """The kernel, with a token of an hour, and nothing asked of the provider since."""
    opened.provider.reset()
    opened.kernel.run("ja.get_token('lake', interactive=False, force_refresh=True)")
    opened.provider.reset_log()
    return opened


@pytest.fixture
def api(certificate: tuple[Path, Path]) -> Iterator[Resource]:
    with running_resource(certificate) as running:
        running.refusals = 0
        yield running


@pytest.fixture
def other_api(certificate: tuple[Path, Path]) -> Iterator[Resource]:
    """Another host, as far as a client knows."""
    with running_resource(certificate) as running:
        running.refusals = 0
        yield running

"""Engines for the misbehaving provider."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.core.profile import Profile
from jupyter_auth.providers.entra import EntraEngine
from jupyter_auth.providers.oidc import OidcEngine
from tests.idp import MisbehavingProvider
from tests.idp.entra import APP_PUBLIC, HOME, EntraProvider
from tests.unit.providers.tls import TlsProvider, certificate

MakeEngine = Callable[..., OidcEngine]
MakeEntra = Callable[..., EntraEngine]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate with its key, for ``tls`` and for the profiles of those who trust it."""
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls(bundle: Path) -> Iterator[TlsProvider]:
    """The misbehaving provider over TLS."""
    with TlsProvider(bundle) as provider:
        yield provider


@pytest.fixture
def make_engine(idp: MisbehavingProvider) -> Iterator[MakeEngine]:
    """Make an engine for a profile at the provider, with fields of the profile changed."""
    made: list[OidcEngine] = []

    def make(**changes: Any) -> OidcEngine:
        values = {"name": "lake", "issuer": idp.issuer, "client_id": "nb", **changes}
        made.append(OidcEngine(Profile(**values)))
        return made[-1]

    yield make
    for engine in made:
        engine.close()


@pytest.fixture
def engine(make_engine: MakeEngine) -> OidcEngine:
    return make_engine()


@pytest.fixture
def make_entra(entra: EntraProvider) -> Iterator[MakeEntra]:
    """Make an engine for a profile at the Entra-shaped provider."""
    made: list[EntraEngine] = []

    def make(client_id: str = APP_PUBLIC, tenant: str = HOME, **changes: Any) -> EntraEngine:
        values = {"issuer": entra.authority(tenant), "ca_bundle": str(entra.certificate), **changes}
        made.append(EntraEngine(Profile(name="graph", provider="entra", client_id=client_id, **values)))
        return made[-1]

    yield make
    for engine in made:
        engine.close()

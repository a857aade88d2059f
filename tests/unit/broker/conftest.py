"""A broker over a store of its own, with a clock that a test moves, and providers to ask."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.idp import DjangoProvider, MisbehavingProvider, OidcProvider, Provider
from tests.unit.broker.apps import AppBench, add_profiles
from tests.unit.broker.bench import Bench

MakeBench = Callable[..., Bench]


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the person who runs the tests is read or wiped."""
    for name in ("config", "data", "runtime"):
        monkeypatch.setenv(f"JUPYTER_{name.upper()}_DIR", str(tmp_path / name))
    monkeypatch.delenv("JUPYTER_AUTH_PROFILE", raising=False)


@pytest.fixture(scope="package")
def running_oidc() -> Iterator[OidcProvider]:
    with OidcProvider() as provider:
        yield provider


@pytest.fixture
def oidc(running_oidc: OidcProvider) -> OidcProvider:
    """The certified provider, with rotation and reuse detection."""
    running_oidc.reset()
    running_oidc.revoke_all()
    return running_oidc


@pytest.fixture
def narrowing() -> Iterator[DjangoProvider]:
    """A provider whose refresh tokens lose the scopes that a refresh leaves out."""
    assert DjangoProvider.traits.refresh_narrows
    with DjangoProvider() as provider:
        yield provider


@pytest.fixture
async def make_bench(tmp_path: Path) -> AsyncIterator[MakeBench]:
    made: list[Bench] = []

    def make(provider: MisbehavingProvider | Provider, **more: Any) -> Bench:
        made.append(Bench(provider, tmp_path, **more))
        return made[-1]

    yield make
    for bench in made:
        await bench.broker.close()


@pytest.fixture
def fresh(idp: MisbehavingProvider, make_bench: MakeBench) -> Bench:
    """A broker to which nobody is signed in."""
    return make_bench(idp)


@pytest.fixture
async def bench(idp: MisbehavingProvider, make_bench: MakeBench) -> Bench:
    """A broker with ada signed in at the misbehaving provider."""
    made = make_bench(idp)
    await made.sign_in()
    idp.requests.clear()
    return made


@pytest.fixture
async def certified(oidc: OidcProvider, make_bench: MakeBench) -> Bench:
    """A broker with ada signed in at the certified provider."""
    made = make_bench(oidc)
    await made.sign_in()
    oidc.reset_log()
    return made


@pytest.fixture
def app(fresh: Bench) -> AppBench:
    """An application at the misbehaving provider, where nobody is signed in."""
    return add_profiles(fresh)

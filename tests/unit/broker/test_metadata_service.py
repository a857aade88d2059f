"""A machine's own identity is asked for by who wants a token of it, and by nothing else."""

import pytest

from jupyter_auth.cli.doctor.checks import providers as doctor
from jupyter_auth.cli.doctor.situation import Situation
from jupyter_auth.core.errors import TransportError
from tests.idp.managed_identity import VARIABLES
from tests.unit import metadata_service
from tests.unit.broker.apps import AppBench, add_profiles
from tests.unit.broker.bench import Bench

MACHINE = '[profiles.machine]\nprovider = "managed_identity"\nresource = "https://storage.azure.com"\n'


@pytest.fixture
def machine(fresh: Bench, monkeypatch: pytest.MonkeyPatch) -> AppBench:
    """A profile for a machine's identity beside others; the environment names no endpoint."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    with fresh.toml.open("a", encoding="utf-8") as file:
        file.write(MACHINE)
    return add_profiles(fresh)


async def test_nothing_else_reaches_for_it(machine: AppBench) -> None:
    broker = machine.bench.broker
    with metadata_service.noted() as wanted:
        await machine.bench.sign_in()
        await machine.client()
        for looking in (broker.status(), broker.entries(), broker.accounts(), broker.account_states()):
            await looking
        told = {found.about: found.state for found in doctor.check(Situation())}
        await broker.sign_out(None, None)
        await broker.clear(revoke=True)
        assert wanted == []
    assert told["machine"] == "ok" and len(told) > 2


async def test_who_wants_a_token_of_it_does(machine: AppBench) -> None:
    with metadata_service.noted() as wanted:
        with pytest.raises(TransportError):
            await machine.bench.get("machine")
        assert set(wanted) == {metadata_service.SERVICE}

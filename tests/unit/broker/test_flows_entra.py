"""A tenant that switches device code off, in Entra's shape: the same request goes on in the browser."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_auth.broker.code_sign_in import CodeSignIn
from jupyter_auth.core.errors import AuthError
from tests.idp.entra import APP_PUBLIC, EntraProvider
from tests.idp.person import Person
from tests.unit.broker.bench import Bench, ended
from tests.unit.broker.conftest import MakeBench

BLOCKED = {
    "error": "access_denied",
    "error_description": "AADSTS53003: Access has been blocked by Conditional Access policies.",
    "error_codes": [53003],
}


@pytest.fixture(scope="module")
def running_entra(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EntraProvider]:
    with EntraProvider(tmp_path_factory.mktemp("entra")) as provider:
        yield provider


@pytest.fixture
def entra(running_entra: EntraProvider) -> EntraProvider:
    running_entra.reset()
    return running_entra


@pytest.fixture
def tenant(entra: EntraProvider, tmp_path: Path, make_bench: MakeBench) -> Bench:
    """A broker with a profile ``graph`` at the Entra-shaped provider."""
    profile = f"""
[profiles.graph]
provider  = "entra"
authority = "{entra.authority()}"
client_id = "{APP_PUBLIC}"
scopes    = ["User.Read"]
ca_bundle = "{entra.certificate}"
"""
    folder = tmp_path / "config"
    folder.mkdir(exist_ok=True)
    (folder / "jupyter_auth.toml").write_text(profile, encoding="utf-8")
    return make_bench(entra)


@pytest.mark.parametrize("endpoint", ["devicecode", "token"])
async def test_a_blocked_device_code_leads_on_to_the_browser(
    entra: EntraProvider, tenant: Bench, endpoint: str
) -> None:
    entra.plan(endpoint, BLOCKED)
    interaction = await tenant.ask("graph")
    async with asyncio.timeout(20):
        while not isinstance(interaction.sign_in, CodeSignIn):
            await asyncio.sleep(0.05)
    wire = interaction.to_wire()
    assert (wire["flow_reason"], wire["state"], wire["paste"]) == ("device_code_blocked", "pending", True)
    assert wire["tenant"]
    redirect_uri = interaction.sign_in.redirect_uri
    assert redirect_uri == "http://localhost/jupyter_auth/v1/callback"

    def sign_in() -> str:
        with Person(stop_at=redirect_uri, certificate=str(entra.certificate)) as person:
            person.open(wire["authorization_uri"])
            person.sign_in("ada")
            return person.callback()

    await tenant.broker.answers.take_address(interaction, await asyncio.to_thread(sign_in))
    assert (interaction.state, interaction.username) == ("succeeded", "ada@contoso.test")
    assert (await tenant.get("graph")).reveal()


async def test_only_device_code_ends_where_it_is_blocked(entra: EntraProvider, tenant: Bench) -> None:
    entra.plan("token", BLOCKED)
    problem = await ended(await tenant.ask("graph", flow="device_code"))
    assert isinstance(problem, AuthError) and problem.reason == "device_code_blocked"

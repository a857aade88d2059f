"""A tenant that switches device code off, in Entra's shape: the same request goes on in the browser."""

import asyncio
from pathlib import Path

import pytest

from jupyter_auth.broker.signing_in.code_sign_in import CodeSignIn
from jupyter_auth.core.errors import AuthError
from tests.idp.entra import EntraProvider
from tests.unit.broker.bench import ended
from tests.unit.broker.conftest import MakeBench
from tests.unit.broker.entra import EntraBench

BLOCKED = {
    "error": "access_denied",
    "error_description": "AADSTS53003: Access has been blocked by Conditional Access policies.",
    "error_codes": [53003],
}


@pytest.fixture
def tenant(entra: EntraProvider, tmp_path: Path, make_bench: MakeBench) -> EntraBench:
    return EntraBench(entra, tmp_path, make_bench)


@pytest.mark.parametrize("endpoint", ["devicecode", "token"])
async def test_a_blocked_device_code_leads_on_to_the_browser(
    entra: EntraProvider, tenant: EntraBench, endpoint: str
) -> None:
    entra.plan(endpoint, BLOCKED)
    interaction = await tenant.bench.ask("graph")
    async with asyncio.timeout(20):
        while not isinstance(interaction.sign_in, CodeSignIn):
            await asyncio.sleep(0.05)
    wire = interaction.to_wire()
    assert (wire["flow_reason"], wire["state"], wire["paste"]) == ("device_code_blocked", "pending", True)
    assert wire["tenant"]
    assert interaction.sign_in.redirect_uri == "http://localhost/jupyter_auth/v1/callback"
    await tenant.by_browser(interaction)
    assert (interaction.state, interaction.username) == ("succeeded", "ada@contoso.test")
    assert (await tenant.get("graph")).reveal()


async def test_only_device_code_ends_where_it_is_blocked(entra: EntraProvider, tenant: EntraBench) -> None:
    entra.plan("token", BLOCKED)
    problem = await ended(await tenant.bench.ask("graph", flow="device_code"))
    assert isinstance(problem, AuthError) and problem.reason == "device_code_blocked"

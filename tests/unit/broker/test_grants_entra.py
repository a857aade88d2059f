"""Grants at Entra: scopes in any case, tenants apart, tokens that hold all that was ever consented to."""

from pathlib import Path

import pytest

from tests.idp.entra import API, FABRIKAM, EntraProvider
from tests.unit.broker.conftest import MakeBench
from tests.unit.broker.entra import EntraBench
from tests.unit.broker.granting import Scene


@pytest.fixture
async def scene(entra: EntraProvider, tmp_path: Path, make_bench: MakeBench) -> Scene:
    """A profile ``graph`` that asks, to which ada is signed in."""
    cloud = EntraBench(entra, tmp_path, make_bench)
    await cloud.sign_in()
    cloud.toml.write_text("")
    cloud.profile("graph", 'kernel_access = "ask"')
    return Scene(cloud.bench)


async def test_case_is_folded_in_grants_as_in_scopes(scene: Scene) -> None:
    assert await scene.gets(profile="graph") == "grant_required"
    await scene.allow(profile="graph", scopes=[API.upper()])
    for scope in (API, API.upper(), API.title()):
        assert await scene.gets(profile="graph", scopes=[scope]) == "ok", scope
    assert await scene.gets(profile="graph", scopes=[API.upper() + ".All"]) == "grant_required"
    await scene.allow(profile="graph", scopes=[API.title()], decision="deny")
    assert await scene.gets(profile="graph", scopes=[API.lower()]) == "grant_refused"


async def test_another_tenant_is_another_thing(scene: Scene) -> None:
    await scene.allow(profile="graph")
    assert await scene.gets(profile="graph") == "ok"
    assert await scene.gets(profile="graph", tenant=FABRIKAM) == "grant_required"


async def test_the_question_names_all_that_the_token_holds(scene: Scene) -> None:
    asked = await scene.asks("get_token", profile="graph", scopes=[API], interactive=True)
    held = (await scene.bench.get("graph", scopes=[API])).scopes
    assert set(held) <= set(asked["interaction"]["scopes"])
    await scene.decide("allow")
    await scene.asks("wait", id=asked["interaction"]["id"], timeout=60)
    assert await scene.gets(profile="graph", scopes=[API]) == "ok"

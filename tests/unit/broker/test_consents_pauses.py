"""A kernel that is turned down may not go on asking as fast as it can."""

import asyncio
from typing import Any

import pytest

from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.broker.operations import Session
from tests.idp import MisbehavingProvider
from tests.unit.broker.conftest import MakeBench
from tests.unit.broker.granting import Scene

ASK: dict[str, Any] = {"profile": "lake", "interactive": True}


@pytest.fixture
async def scene(idp: MisbehavingProvider, make_bench: MakeBench) -> Scene:
    """A profile that asks, to which ada is signed in."""
    made = Scene(make_bench(idp, settings=Settings(kernel_access="ask")))
    await made.signs_in("ada")
    return made


@pytest.mark.parametrize("ending", ["refused", "cancelled", "left"])
async def test_who_is_turned_down_again_and_again_waits(scene: Scene, ending: str) -> None:
    async def turned_down() -> None:
        asking = Session(scene.operations, "k1")
        shown = (await asking.respond({"op": "get_token", **ASK}))["interaction"]
        if ending == "refused":
            await scene.decide("deny", "once")
        elif ending == "cancelled":
            await asking.respond({"op": "cancel", "id": shown["id"]})
        asking.close()
        await asyncio.sleep(0)

    await turned_down()
    await turned_down()  # the first repeat is free
    for pause in (30, 60, 120, 240, 480, 600, 600):
        for field in ({}, {"account": "bob"}, {"scopes": ["lake.write"]}):
            refused = await scene.asks("get_token", **{**ASK, **field})
            assert (refused["error"], refused["reason"]) == ("policy", "asked_too_often")
        scene.bench.advance(pause - 10)
        assert (await scene.asks("get_token", **ASK))["reason"] == "asked_too_often"
        scene.bench.advance(10)
        await turned_down()
    assert (await scene.asks("get_token", "k2", **ASK))["ok"]  # another kernel is not the one that asked
    await scene.allow()
    assert await scene.gets() == "ok"


async def test_who_was_allowed_may_ask_again(scene: Scene) -> None:
    for _ in range(4):
        shown = (await scene.asks("get_token", **ASK))["interaction"]
        await scene.decide("deny", "once")
        await scene.asks("wait", id=shown["id"], timeout=60)
        shown = (await scene.asks("get_token", **ASK))["interaction"]
        await scene.decide("allow", "once")
        await scene.asks("wait", id=shown["id"], timeout=60)
        assert await scene.gets() == "ok"

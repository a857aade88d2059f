"""What was decided about a kernel is written down with what it is for, and for how long."""

import asyncio
from typing import Any

import pytest

from jupyter_auth.broker.auditing.actors import Actor, acting_for
from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.core.audit import AuditRecord, Via
from tests.idp import MisbehavingProvider
from tests.unit.broker.conftest import MakeBench
from tests.unit.broker.granting import Scene

ADA = Actor(via=Via.REST, person="ada")


class Audited:
    """A profile that asks, to which ada is signed in, and the records of what is decided."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.told = scene, list[AuditRecord]()
        scene.bench.broker.audit.delivery.sinks.append(self.told.append)

    async def grants(self) -> list[tuple[str, tuple[str, ...], bool, str | None]]:
        """Each decision with its scopes, whether it is for one account, and how long it is remembered."""
        await asyncio.sleep(0.05)
        mine = [one for one in self.told if one.decision.startswith("grant")]
        assert {(one.via, one.user, one.kernel_id, one.profile) for one in mine} <= {
            ("rest", "ada", "k1", "lake")
        }
        return [(one.decision, one.scopes, one.home_account_id is not None, one.reason) for one in mine]


@pytest.fixture
async def audited(idp: MisbehavingProvider, make_bench: MakeBench) -> Audited:
    scene = Scene(make_bench(idp, settings=Settings(kernel_access="ask")))
    await scene.signs_in("ada")
    return Audited(scene)


async def test_what_is_set_and_taken_back(audited: Audited) -> None:
    scene = audited.scene
    scene.kernels.notebooks = {"k1": "a.ipynb"}
    with acting_for(ADA):
        await scene.allow(scopes=["lake.read"], account="ada")
        await scene.allow(remember="notebook")
        await scene.deciding.put("k1", {"profile": "lake", "decision": "deny"})
        await scene.deciding.revoke("k1", None)
    assert await audited.grants() == [
        ("grant_given", ("lake.read",), True, "kernel"),
        ("grant_given", ("lake.read",), False, "notebook"),
        ("grant_refused", (), False, "kernel"),
        ("grant_revoked", (), False, "kernel"),
    ]


@pytest.mark.parametrize("remember", ["once", "kernel"])
@pytest.mark.parametrize(("decision", "record"), [("allow", "grant_given"), ("deny", "grant_refused")])
async def test_what_is_answered_be_it_for_once(
    audited: Audited, decision: str, record: str, remember: str
) -> None:
    asked: dict[str, Any] = await audited.scene.asks("get_token", profile="lake", interactive=True)
    assert asked["ok"]
    with acting_for(ADA):
        await audited.scene.decide(decision, remember)
    ((told, scopes, is_of_ada, how_long),) = await audited.grants()
    assert (told, how_long) == (record, remember)
    assert ("lake.read" in scopes, is_of_ada) == ((True, True) if decision == "allow" else (False, False))

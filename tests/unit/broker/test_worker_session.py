"""What a worker's handle is kept to by the broker."""

from typing import Any

import pytest

from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.broker.worker_session import WorkerSession
from jupyter_auth.core.errors import ProfileError
from tests.idp import MisbehavingProvider, OidcProvider
from tests.unit.broker.apps import add_profiles
from tests.unit.broker.bench import refreshes
from tests.unit.broker.conftest import MakeBench
from tests.unit.broker.granting import Scene

READ, WRITE = ["lake.read"], ["lake.read", "lake.write"]


@pytest.fixture
async def scene(oidc: OidcProvider, make_bench: MakeBench) -> Scene:
    """A profile ``lake`` to which ada is signed in with more than the profile asks for by itself."""
    made = Scene(make_bench(oidc))
    await made.signs_in("ada", scopes=["openid", "offline_access", *WRITE])
    return made


async def account(scene: Scene) -> str:
    (found,) = await scene.bench.broker.accounts("lake")
    return found.home_account_id


async def worker(scene: Scene, **handle: Any) -> WorkerSession:
    limits = {"profile": "lake", "account": await account(scene), **handle}
    return WorkerSession(scene.operations, "k1", limits)


async def asks(session: WorkerSession, **more: Any) -> dict[str, Any]:
    return await session.respond({"op": "acquire_token_silent", **more})


async def test_a_wider_token_that_there_is_already_is_not_for_a_worker(scene: Scene) -> None:
    assert set(WRITE) <= set((await scene.bench.get()).scopes)
    for handle in ({"scopes": READ}, {}):
        session = await worker(scene, **handle)
        for _ in range(2):
            assert "lake.write" not in (await asks(session))["result"]["scopes"]
        assert (await asks(session, scopes=WRITE))["reason"] == "worker_limits"
    assert "lake.write" in (await asks(await worker(scene, scopes=WRITE)))["result"]["scopes"]


async def test_a_kernel_s_grants_narrow_it_further(oidc: OidcProvider, make_bench: MakeBench) -> None:
    scene = Scene(make_bench(oidc, settings=Settings(kernel_access="ask")))
    await scene.signs_in("ada", scopes=["openid", "offline_access", *WRITE])
    session = await worker(scene, scopes=READ)
    assert (await asks(session))["reason"] == "grant_required"
    await scene.allow(scopes=WRITE)
    assert "lake.write" not in (await asks(session))["result"]["scopes"]


async def test_a_provider_that_gives_more_than_it_was_asked_for_is_asked_once(
    idp: MisbehavingProvider, make_bench: MakeBench
) -> None:
    scene = Scene(make_bench(idp))
    await scene.signs_in("ada", scopes=["openid", "offline_access", *WRITE])
    for _ in range(3):
        assert (await asks(await worker(scene, scopes=READ)))["ok"]
    assert refreshes(idp) == 1


async def test_where_people_sign_in_a_handle_names_one(scene: Scene) -> None:
    add_profiles(scene.bench)
    with pytest.raises(ProfileError):
        await worker(scene, account=None)
    with pytest.raises(ProfileError):
        await worker(scene, profile="nothing")
    own = await worker(scene, profile="batch", account=None)
    assert (await asks(own))["result"]["account"] is None

"""What people decide for a notebook, by its path."""

import pytest

from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.broker.operations import Session
from jupyter_auth.core.errors import ProfileError
from tests.idp import OidcProvider
from tests.unit.broker.bench import Bench
from tests.unit.broker.conftest import MakeBench
from tests.unit.broker.granting import Scene


@pytest.fixture
async def scene(oidc: OidcProvider, make_bench: MakeBench) -> Scene:
    """A profile ``lake`` that asks, to which ada is signed in."""
    made = Scene(make_bench(oidc, settings=Settings(kernel_access="ask")))
    await made.signs_in("ada")
    return made


async def test_a_notebook_keeps_it_for_its_next_kernel(scene: Scene) -> None:
    scene.kernels.notebooks = {"k1": "a.ipynb", "k2": "b.ipynb"}
    with pytest.raises(ProfileError):
        await scene.allow("k3", remember="notebook")
    await scene.allow(remember="notebook")
    assert (await scene.gets("k1"), await scene.gets("k2")) == ("ok", "grant_required")
    scene.kernels.dead.add("k1")
    scene.kernels.notebooks = {"k3": "a.ipynb", "k2": "b.ipynb"}
    assert (await scene.gets("k3"), await scene.gets("k1")) == ("ok", "kernel_gone")
    assert [row["remember"] for row in await scene.deciding.rows("k3")] == ["notebook"]
    assert await scene.deciding.revoke("k3", None) == []
    assert await scene.gets("k3") == "grant_required"


async def test_never_for_a_notebook_holds_where_nobody_can_tell_which_it_is(fresh: Bench) -> None:
    await fresh.sign_in()
    scene = Scene(fresh)
    scene.kernels.notebooks = {"k1": "a.ipynb", "k2": "a.ipynb"}
    await scene.allow(remember="notebook", decision="deny")
    assert len(await scene.deciding.rows("k1")) == 1
    assert await scene.gets("k2") == "grant_refused"
    scene.kernels.is_lost = True
    again = await Session(scene.operations, "k2").respond({"op": "acquire_token_silent", "profile": "lake"})
    assert (again["error"], again["reason"], again["retryable"]) == (
        "transport_error",
        "notebook_unknown",
        True,
    )
    scene.kernels.is_lost = False
    scene.kernels.notebooks = {"k1": "b.ipynb", "k2": "a.ipynb"}  # it was renamed
    assert await scene.gets("k1") == "grant_refused"
    assert await scene.deciding.revoke("k1", None) == []
    assert await scene.gets("k1") == "ok"

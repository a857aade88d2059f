"""Each person's desk on a server for many: made when needed, let go of for another's; whose a kernel is."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jupyter_server import CallContext

from jupyter_auth.core.errors import PolicyError
from jupyter_auth.server.desks import RefusedSession
from tests.unit.server.serving import Serving


@pytest.fixture
async def serving(tmp_path: Path) -> AsyncIterator[Serving]:
    made = Serving(audit_file=str(tmp_path / "audit.jsonl"))
    yield made
    await made.app.kernel_manager.shutdown_all(now=True)
    await made.desks.close()


async def started(serving: Serving, person: str | None, **more: Any) -> str:
    """A kernel that somebody starts; None: who cannot be told apart."""
    user = None if person is None else SimpleNamespace(username=person)
    CallContext.set(CallContext.JUPYTER_HANDLER, SimpleNamespace(current_user=user))
    return str(await serving.app.kernel_manager.start_kernel(**more))


async def test_a_kernel_that_was_nobody_s_stays_so(serving: Serving) -> None:
    kernel_id = await started(serving, None)
    assert await started(serving, "ada", kernel_id=kernel_id) == kernel_id
    with pytest.raises(PolicyError, match="Nobody knows"):
        serving.desks.of_kernel(kernel_id)


async def test_a_kernel_is_of_who_started_it(serving: Serving) -> None:
    kernel_id = await started(serving, "ada")
    assert await started(serving, "bob", kernel_id=kernel_id) == kernel_id
    assert serving.desks.of_kernel(kernel_id).person == "ada"


async def test_a_new_kernel_of_an_old_id_is_of_who_started_the_new_one(serving: Serving) -> None:
    kernel_id = await started(serving, "ada")
    await serving.app.kernel_manager.shutdown_kernel(kernel_id, now=True)
    assert await started(serving, "bob", kernel_id=kernel_id) == kernel_id
    assert serving.desks.of_kernel(kernel_id).person == "bob"


async def test_a_kernel_of_nobody_hears_why_and_it_is_written_down(serving: Serving, tmp_path: Path) -> None:
    refused = PolicyError("Nobody knows", reason="people_unknown")
    session = RefusedSession(serving.desks, "k1", refused)
    assert session.ready(b"{}") is None and session.at_once({"op": "get_token"}) is None
    with pytest.raises(PolicyError, match="Nobody knows"):
        await session.answer({"op": "get_token"})
    await serving.desks.close()
    (told,) = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert (told["decision"], told["reason"], told["kernel_id"]) == ("denied", "people_unknown", "k1")

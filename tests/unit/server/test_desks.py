"""Each person's desk on a server for many: made when needed, let go of for another's; whose a kernel is."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jupyter_server import CallContext

from jupyter_auth.broker.auditing.actors import Actor
from jupyter_auth.core.audit import Decision, Via
from jupyter_auth.core.errors import PolicyError
from jupyter_auth.server import desks
from jupyter_auth.server.callers import RefusedSession
from jupyter_auth.server.desks import Desk
from tests.unit.server.serving import Serving


@pytest.fixture
async def serving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Serving]:
    """Room for two, of whom each may be let go of as soon as nothing is there that would be missed."""
    monkeypatch.setattr(desks, "MAX_PEOPLE", 2)
    monkeypatch.setattr(desks, "UNUSED", -1.0)
    made = Serving(audit_file=str(tmp_path / "audit.jsonl"))
    yield made
    await made.app.kernel_manager.shutdown_all(now=True)
    await made.desks.close()


async def started(serving: Serving, person: str | None, **more: Any) -> str:
    """A kernel that somebody starts; None: who cannot be told apart."""
    user = None if person is None else SimpleNamespace(username=person)
    CallContext.set(CallContext.JUPYTER_HANDLER, SimpleNamespace(current_user=user))
    return str(await serving.app.kernel_manager.start_kernel(**more))


def names(serving: Serving) -> list[str | None]:
    return [desk.person for desk in serving.desks]


async def test_the_longest_unused_makes_room(serving: Serving) -> None:
    ada, _ = serving.desks.of("ada"), serving.desks.of("bob")
    await ada.broker.start()
    assert serving.desks.of("ada") is ada
    serving.desks.of("eve")
    assert names(serving) == ["ada", "eve"]
    serving.desks.of("mallory")
    assert names(serving) == ["eve", "mallory"]
    await asyncio.gather(*serving.desks._leaving)
    assert ada.broker._workers._closed, "its store and its threads have gone"


async def _kernel(serving: Serving, desk: Desk) -> None:
    await started(serving, desk.person)


async def _page(serving: Serving, desk: Desk) -> None:
    desk.front_ends.add(object())


async def _question(serving: Serving, desk: Desk) -> None:
    asked: Any = SimpleNamespace(state="pending")
    desk.broker.interactions.all = lambda: [asked]  # type: ignore[method-assign]


async def _decision(serving: Serving, desk: Desk) -> None:
    desk.broker.grants._notebooks["a.ipynb"] = []


async def _request(serving: Serving, desk: Desk) -> None:
    desk.used += 3600


@pytest.mark.parametrize("what", [_kernel, _page, _question, _decision, _request])
async def test_nobody_loses_what_they_have(serving: Serving, what: Any) -> None:
    for name in ("ada", "bob"):
        await what(serving, serving.desks.of(name))
    with pytest.raises(PolicyError, match="Too many people"):
        serving.desks.of("eve")
    assert names(serving) == ["ada", "bob"]
    await what(serving, serving.desks.of("ada"))


async def test_all_write_into_one_file(serving: Serving, tmp_path: Path) -> None:
    first, second = serving.desks.of("ada"), serving.desks.of("bob")
    serving.desks.of("eve")  # and ada's desk is closed
    await asyncio.gather(*serving.desks._leaving)
    second.broker.audit.decide(Decision.CLEARED)
    serving.desks.denied(PolicyError("no"), Actor(via=Via.REST))
    await serving.desks.close()
    told = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert {(one["decision"], one["user"]) for one in told} >= {("cleared", "bob")} and len(told) == 2
    assert first.broker.audit.described()["file"] == str(tmp_path / "audit.jsonl")
    mine = [thread for thread in threading.enumerate() if thread.name == "jupyter_auth-audit"]
    assert len(mine) <= 1


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

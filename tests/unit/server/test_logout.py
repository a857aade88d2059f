"""Logging out lets go of what there is, makes nothing, and no fault of ours keeps anybody logged in."""

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from jupyter_server.base.handlers import JupyterHandler

from jupyter_auth.server import logout
from jupyter_auth.server.desks import Desks
from tests.unit.server.serving import Serving


async def log_out(desks: Desks, name: str) -> list[str]:
    """What the page of the server's own that is behind ours is asked for."""
    asked: list[str] = []

    class Page(JupyterHandler):
        def __init__(self) -> None:
            """Without a request."""
            self.current_user = SimpleNamespace(username=name)
            service = SimpleNamespace(desks=desks)
            self.application: Any = SimpleNamespace(settings={"jupyter_auth_service": service})

        async def get(self) -> None:
            asked.append("get")

    page: Any = logout.forgetting(Page)
    await page().get()
    return asked


async def test_who_had_no_desk_has_none_afterwards() -> None:
    desks = Serving().desks
    assert await log_out(desks, "ada") == ["get"]
    assert list(desks) == []
    await desks.close()


@pytest.mark.parametrize("problem", [OSError("canary"), ValueError("canary")])
async def test_no_fault_keeps_anybody_logged_in(problem: Exception, caplog: pytest.LogCaptureFixture) -> None:
    desks = Serving().desks
    cache = await desks.of("ada").broker.start()
    cache.store.generation.bump = Mock(side_effect=problem)  # type: ignore[method-assign]
    assert await log_out(desks, "ada") == ["get"]
    assert "could not be told of a logout" in caplog.text and "canary" not in caplog.text
    await desks.close()


async def test_it_is_one_s_own_memory() -> None:
    desks = Serving().desks
    ada, bob = [(await desks.of(name).broker.start()).store.generation for name in ("ada", "bob")]
    before = ada.value, bob.value
    await log_out(desks, "ada")
    assert ada.value > before[0] and bob.value == before[1]
    await desks.close()

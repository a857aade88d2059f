from collections.abc import Callable
from typing import Any

import pytest

from jupyter_auth.ui.prompt import CellPrompt, CellSurface

NOW = 1_800_000_000
Make = Callable[..., dict[str, Any]]


class Clock:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def now() -> int:
    return NOW


@pytest.fixture
def clock(now: int) -> Clock:
    return Clock(now)


@pytest.fixture
def make() -> Make:
    """An interaction as the broker sends it, with the given fields changed."""

    def build(**changes: Any) -> dict[str, Any]:
        asker = {
            "notebook": "projects/2026/sales-forecast.ipynb",
            "kernel_id": "7f0c",
            "kernel_name": "Python 3 (ipykernel)",
            "waiting": 1,
        }
        asker.update(changes.pop("requested_by", {}))
        interaction: dict[str, Any] = {
            "id": "int-1",
            "profile": "graph",
            "title": "Contoso Notebooks",
            "client_id": "6b1e",
            "issuer": "https://login.microsoftonline.com/contoso.com/v2.0",
            "tenant": "contoso.com",
            "scopes": ["openid", "User.Read", "Files.Read"],
            "scope_titles": {},
            "flow": "device_code",
            "state": "pending",
            "slow": False,
            "user_code": "D7KX-92QP",
            "verification_uri": "https://microsoft.com/devicelogin",
            "verification_uri_complete": "https://microsoft.com/devicelogin?otc=D7KX-92QP",
            "authorization_uri": None,
            "created_on": NOW,
            "expires_on": NOW + 900,
            "username": None,
            "reason": None,
            "message": None,
            "hint": None,
            "requested_by": asker,
        }
        return interaction | changes

    return build


class Handle:
    """What IPython displays through."""

    shown: list[dict[str, Any]]

    def display(self, bundle: dict[str, Any], *, raw: bool) -> None:
        assert raw
        Handle.shown = [bundle]

    def update(self, bundle: dict[str, Any], *, raw: bool) -> None:
        assert raw
        Handle.shown.append(bundle)


@pytest.fixture
def in_cell(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> CellPrompt:
    monkeypatch.setattr("IPython.display.DisplayHandle", Handle)
    Handle.shown = []
    return CellPrompt(CellSurface(), clock=clock)

"""Every state of a request as the server could tell it, and a notebook whose cells show them."""

import json
import time
from pathlib import Path
from typing import Any

from tests.browser import panel as made
from tests.browser.lab import KERNEL

MIME_TYPE = "application/vnd.jupyter_auth.interaction.v1+json"
EVIL = (
    "<img src=x onerror=window.pwned=1>\u202egpj.exe\u0007 asks ada@contoso.com: [click](javascript:alert(1))"
)

#: the fields in which a state differs from a request that has just begun
REQUESTS: dict[str, dict[str, Any]] = {
    "waiting": {},
    "browser": {"flow": "authorization_code", "authorization_uri": "https://idp.example.org/authorize?x=1"},
    "paste": {
        "flow": "authorization_code",
        "authorization_uri": "https://idp.example.org/authorize?x=1",
        "paste": True,
        "other_flows": ["device_code"],
    },
    "blocked": {
        "flow": "authorization_code",
        "authorization_uri": "https://idp.example.org/authorize?x=1",
        "flow_reason": "device_code_blocked",
    },
    "consent": {"flow": "consent", "consent": {"token_lifetime": 3600}},
    "allowed": {"flow": "consent", "state": "succeeded"},
    "refused-by-you": {"flow": "consent", "state": "declined"},
    "slow": {"slow": True},
    "low": {"left": 290, "created": -1500},
    "expired": {"state": "expired"},
    "denied": {"state": "declined"},
    "unreachable": {"state": "failed", "reason": "unreachable", "message": "It did not answer within 10 s."},
    "refused": {
        "state": "failed",
        "reason": "provider_refused",
        "message": "AADSTS53000: Device is not in required device state: compliant.",
        "hint": "Try again from a managed device, or ask your administrator.",
    },
    "unsafe": {"verification_uri": "https://microsoft.com@evil.example/device"},
    "cancelled": {"state": "cancelled"},
    "done": {"state": "succeeded"},
    "hostile": {
        "profile": EVIL,
        "title": EVIL,
        "tenant": EVIL,
        "username": EVIL,
        "user_code": "WDJB-MJHT-" + "X" * 60,
        "scopes": [EVIL.replace(" ", "_"), "a.very.long.scope." * 12, "lake.read"],
        "verification_uri": "https://idp.example.org." + "long." * 20 + "example/device",
        "requested_by": {
            "notebook": f"a/{EVIL.replace('/', '')}.ipynb",
            "kernel_id": "k1",
            "kernel_name": EVIL,
            "waiting": 4000,
        },
    },
}


def request(name: str, **more: Any) -> dict[str, Any]:
    """The resource ``interactions/{name}`` in that state."""
    values = _usual() | REQUESTS[name] | more
    now = int(time.time())
    values["expires_on"] = now + values.pop("left", 840)
    values["created_on"] = now + values.pop("created", 0)
    if values.get("flow") == "consent":
        values |= {"account": values["username"], "requested_by": values["requested_by"] | {"waiting": 1}}
        values |= dict.fromkeys(("username", "user_code", "verification_uri", "verification_uri_complete"))
    row = made.waiting(name, **values)
    if row["state"] != "pending":
        row |= dict.fromkeys(("user_code", "verification_uri", "verification_uri_complete"))
    return row


def _usual() -> dict[str, Any]:
    """A request with all facts."""
    return {
        "title": "Contoso Notebooks",
        "tenant": "contoso.com",
        "issuer": "https://login.microsoftonline.com/contoso.com/v2.0",
        "verification_uri": "https://microsoft.com/devicelogin",
        "verification_uri_complete": "https://microsoft.com/devicelogin?code=D7KX-92QP",
        "username": "ada@contoso.com",
        "scopes": ["User.Read", "Files.Read"],
        "scope_titles": {"User.Read": "Read your profile", "Files.Read": "Read your files"},
        "requested_by": {
            "notebook": "projects/2026/sales-forecast.ipynb",
            "kernel_id": "k1",
            "kernel_name": "Python 3 (ipykernel)",
            "waiting": 3,
        },
    }


def write_cards(folder: Path, name: str, *ids: str) -> Path:
    """A notebook with a cell for each of these requests, saved while they waited."""
    cells = [
        {"cell_type": "code", "id": identity, "metadata": {}, "execution_count": 1}
        | {"source": "tok = %get_token graph", "outputs": [_output(identity)]}
        for identity in ids
    ]
    notebook = {"cells": cells, "metadata": KERNEL, "nbformat": 4, "nbformat_minor": 5}
    path = folder / name
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def _output(identity: str) -> dict[str, Any]:
    data = {MIME_TYPE: {"id": identity}, "text/plain": "Sign-in is waiting"}
    return {"output_type": "display_data", "metadata": {}, "data": data}

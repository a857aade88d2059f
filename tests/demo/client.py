"""A client of the demo's servers, as the tests use it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import requests

from jupyter_auth.cli.demo import person
from jupyter_auth.cli.demo.catalogue import DEVICE_CODE
from jupyter_auth.cli.demo.tokens import TokenSigner

ALL_SCOPES = "openid profile offline_access lake.read"


@dataclass
class Demo:
    """The servers' addresses, clock and key, and a client's verbs."""

    issuer: str = ""
    api: str = ""
    now: float = field(default_factory=lambda: float(int(time.time())))
    #: How long the servers take to look at their clock: it widens what a race needs.
    pause: float = 0
    signer: TokenSigner = field(init=False, repr=False)

    def clock(self) -> float:
        time.sleep(self.pause)
        return self.now

    def post(self, path: str, **data: str) -> requests.Response:
        return requests.post(
            f"{self.issuer}/{path}", data={"client_id": "demo-notebooks", **data}, timeout=60
        )

    def start(self, scope: str = ALL_SCOPES) -> dict[str, Any]:
        return dict(self.post("device_authorization", scope=scope).json())

    def poll(self, device: dict[str, Any]) -> requests.Response:
        return self.post("token", grant_type=DEVICE_CODE, device_code=device["device_code"])

    def sign_in(self, scope: str = ALL_SCOPES, username: str = "ada") -> dict[str, Any]:
        device = self.start(scope)
        person.approve(device["verification_uri"], device["user_code"], username)
        return dict(self.poll(device).json())

    def refresh(self, tokens: dict[str, Any], **more: str) -> requests.Response:
        return self.post("token", grant_type="refresh_token", refresh_token=tokens["refresh_token"], **more)

    def get(self, address: str, access_token: str) -> requests.Response:
        return requests.get(address, headers={"Authorization": f"Bearer {access_token}"}, timeout=60)

    def measurements(self, tokens: dict[str, Any]) -> requests.Response:
        return self.get(f"{self.api}/measurements", tokens["access_token"])

    def userinfo(self, tokens: dict[str, Any]) -> requests.Response:
        return self.get(f"{self.issuer}/userinfo", tokens["access_token"])


def error_of(response: requests.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]

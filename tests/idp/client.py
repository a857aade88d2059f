"""The plainest client there is, so that the provider is proven by nothing of ours."""

from typing import Any

import requests

from .base import PUBLIC_CLIENT, Provider

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
SCOPE = "openid offline_access profile email lake.read"


def post(idp: Provider, endpoint: str, **form: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.post(idp.url(endpoint), data={"client_id": PUBLIC_CLIENT} | form, timeout=20)


def start(idp: Provider, scope: str = SCOPE, **more: str) -> dict[str, Any]:
    return dict(post(idp, "device_authorization", scope=scope, **more).json())


def poll(idp: Provider, started: dict[str, Any]) -> requests.Response:
    return post(idp, "token", grant_type=DEVICE_CODE, device_code=started["device_code"])


def refresh(idp: Provider, refresh_token: str, **more: str) -> requests.Response:
    return post(idp, "token", grant_type="refresh_token", refresh_token=refresh_token, **more)


def signed_in(idp: Provider, username: str = "ada", **more: str) -> dict[str, Any]:
    started = start(idp, **more)
    idp.approve(started["user_code"], username)
    return dict(poll(idp, started).json())


def error(answer: requests.Response) -> str:
    return str(answer.json()["error"])

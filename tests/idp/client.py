"""The plainest client there is, so that the provider is proven by nothing of ours."""

from typing import Any

import requests

from .provider import PUBLIC_CLIENT, OidcProvider

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
SCOPE = "openid offline_access profile email lake.read"


def post(idp: OidcProvider, path: str, **form: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.post(idp.issuer + path, data={"client_id": PUBLIC_CLIENT} | form, timeout=20)


def start(idp: OidcProvider, scope: str = SCOPE, **more: str) -> dict[str, Any]:
    return dict(post(idp, "/device/auth", scope=scope, **more).json())


def poll(idp: OidcProvider, started: dict[str, Any]) -> requests.Response:
    return post(idp, "/token", grant_type=DEVICE_CODE, device_code=started["device_code"])


def refresh(idp: OidcProvider, refresh_token: str, **more: str) -> requests.Response:
    return post(idp, "/token", grant_type="refresh_token", refresh_token=refresh_token, **more)


def signed_in(idp: OidcProvider, username: str = "ada", **more: str) -> dict[str, Any]:
    started = start(idp, **more)
    idp.approve(started["user_code"], username)
    return dict(poll(idp, started).json())


def error(answer: requests.Response) -> str:
    return str(answer.json()["error"])

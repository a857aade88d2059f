"""msal's and azure-identity's caches on disk, from a real sign-in at the Entra-shaped provider."""

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msal
import requests

from tests.idp.entra import API, APP_PUBLIC, EntraProvider

SIZES = (10, 1_000, 10_000)  # access tokens in msal's file


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers:
    """What a kernel needs to be told so that a peer finds its token."""

    common: dict[str, str]
    files: dict[int, Path]

    def msal(self, size: int) -> dict[str, str]:
        """For msal, with a file of so many access tokens."""
        return {**self.common, "file": str(self.files[size])}


@contextmanager
def peers(home: Path) -> Iterator[Peers]:
    """Their caches in ``home``, which has to be the kernels' HOME; the provider answers their discovery."""
    with EntraProvider(home) as provider, requests.Session() as session, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # msal warns of a change to come
        session.trust_env, session.verify = False, str(provider.certificate)
        cache = msal.SerializableTokenCache()
        app = msal.PublicClientApplication(
            APP_PUBLIC,
            authority=provider.authority(),
            http_client=session,
            token_cache=cache,
            instance_discovery=False,
        )
        flow = app.initiate_device_flow([API])
        provider.approve(flow["user_code"], flow["verification_uri"])
        flow["interval"] = 1
        app.acquire_token_by_device_flow(flow)
        [account] = app.get_accounts()
        common = {
            "authority": provider.authority(),
            "certificate": str(provider.certificate),
            "client_id": APP_PUBLIC,
            "scope": API,
            "account": account["home_account_id"],
        }
        files = {size: _file(home, json.loads(cache.serialize()), size) for size in SIZES}
        own = home / ".IdentityService" / "msal.cache.nocae"
        own.parent.mkdir(mode=0o700)
        own.write_bytes(files[SIZES[0]].read_bytes())
        yield Peers(common=common, files=files)


def _file(home: Path, cache: dict[str, dict[str, Any]], size: int) -> Path:
    """msal's own format, with the account's token and others for as many resources as make ``size``."""
    [(key, token)] = cache["AccessToken"].items()
    for number in range(size - 1):
        target = f"https://api{number}.example/user.read"
        cache["AccessToken"][key.replace(token["target"], target)] = {**token, "target": target}
    path = home / f"msal-{size}.json"
    path.write_text(json.dumps(cache), encoding="utf-8")
    return path

"""The same growth in msal, whose cache is one dict and one file, at three sizes."""

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import msal
from msal.authority import AuthorityBuilder

from tests.bench.holding import SCOPES, secret

RECORDS_OF_AN_ACCOUNT = 3
SIZES = (10, 1_000, 10_000)
ROUNDS = 7
HOST = "login.microsoftonline.com"
_PATHS = {"authorization_endpoint": "authorize", "token_endpoint": "token"}


class _Answer:
    status_code = 200
    headers: Mapping[str, str] = {}

    def __init__(self, url: str) -> None:
        base = url.split("/v2.0", maxsplit=1)[0]
        self.text = json.dumps({"issuer": base} | {name: f"{base}/{path}" for name, path in _PATHS.items()})

    def raise_for_status(self) -> None:
        """It is well."""


class _Discovery:
    """Answers msal's question for the authority, so that nothing leaves the machine."""

    def get(self, url: str, **_: Any) -> _Answer:
        return _Answer(url)

    def close(self) -> None:
        """Nothing is open."""


def application(records: int) -> tuple[msal.PublicClientApplication, msal.SerializableTokenCache, int]:
    """msal with a cache of so many records: accounts of one application, as it keeps them in one file. The
    number is that of the account in their middle: a search stops where it has found."""
    accounts = max(2, records // RECORDS_OF_AN_ACCOUNT)
    cache = msal.SerializableTokenCache()
    cache.deserialize(json.dumps(_document(accounts)))
    authority = AuthorityBuilder(HOST, "organizations")
    app = msal.PublicClientApplication(
        "notebooks",
        authority=authority,
        token_cache=cache,
        http_client=_Discovery(),
        instance_discovery=False,
    )
    return app, cache, accounts // 2


def _document(count: int) -> dict[str, dict[str, Any]]:
    """The text of its file, in its own format."""
    accounts: dict[str, Any] = {}
    access: dict[str, Any] = {}
    refresh: dict[str, Any] = {}
    now = int(time.time())
    for number in range(count):
        who = {"home_account_id": f"u{number}.t", "environment": HOST}
        key = f"{who['home_account_id']}-{HOST}"
        accounts[f"{key}-t"] = who | {
            "realm": "t", "local_account_id": f"u{number}", "username": f"u{number}@example.org",
            "authority_type": "MSSTS",
        }  # fmt: skip
        access[f"{key}-accesstoken-notebooks-organizations-{' '.join(SCOPES)}"] = who | {
            "credential_type": "AccessToken", "client_id": "notebooks",
            "secret": secret(1400, number).reveal(),
            "target": " ".join(SCOPES), "realm": "organizations", "token_type": "Bearer",
            "cached_at": str(now), "expires_on": str(now + 3600),
            "extended_expires_on": str(now + 3600),
        }  # fmt: skip
        refresh[f"{key}-refreshtoken-notebooks--{' '.join(SCOPES)}"] = who | {
            "credential_type": "RefreshToken", "client_id": "notebooks",
            "secret": secret(900, number).reveal(),
            "target": " ".join(SCOPES),
        }  # fmt: skip
    return {"Account": accounts, "AccessToken": access, "RefreshToken": refresh}


def measured() -> dict[str, dict[int, float]]:
    """Seconds of each act at each size."""
    times: dict[str, dict[int, list[float]]] = {}
    apps = {size: application(size) for size in SIZES}
    with tempfile.TemporaryDirectory(prefix="ja-growth-") as folder:
        for _ in range(ROUNDS):
            for size, (app, cache, middle) in apps.items():
                for name, act in _acts(app, cache, f"u{middle}", Path(folder) / "msal.json").items():
                    start = perf_counter()
                    act()
                    times.setdefault(name, {}).setdefault(size, []).append(perf_counter() - start)
    return {name: {size: statistics.median(of) for size, of in by.items()} for name, by in times.items()}


def _acts(
    app: msal.PublicClientApplication, cache: msal.SerializableTokenCache, user: str, file: Path
) -> dict[str, Callable[[], object]]:
    who = {"home_account_id": f"{user}.t", "environment": HOST, "username": f"{user}@example.org"}
    kinds = msal.TokenCache.CredentialType
    query = {"client_id": "notebooks", "environment": HOST, "home_account_id": f"{user}.t"}

    def hit() -> None:
        found = app.acquire_token_silent(["lake.list"], account=who)
        assert found and found["token_source"] == "cache"

    def save() -> None:
        cache.has_state_changed = True
        file.write_text(cache.serialize(), encoding="utf-8")

    return {
        "subset hit": hit,
        "miss": lambda: list(cache.search(kinds.ACCESS_TOKEN, ["nothing"], query=query)),
        "refresh token": lambda: list(cache.search(kinds.REFRESH_TOKEN, query=query)),
        "accounts of one person": lambda: app.get_accounts(who["username"]),
        "save": save,
    }

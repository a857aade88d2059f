"""Accounts, tokens and rows to test with. What must not be readable on disk holds a canary."""

import os
from pathlib import Path
from typing import Any

from jupyter_auth.cache.records import (
    AccessTokenRecord,
    AccountKey,
    AccountRecord,
    ClientKey,
    Kind,
    RefreshTokenRecord,
    Target,
)
from jupyter_auth.cache.redis.store import RedisStore
from jupyter_auth.cache.sqlite import FILE
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.cache.store import Row
from jupyter_auth.core.account import make_home_account_id
from jupyter_auth.core.generation import Generation
from jupyter_auth.core.secret import Secret

NOW = 1_800_000_000
ISSUER = "https://canary-issuer.example.org/realms/science"
CLIENT_ID = "canary-client-id"
SUBJECT = "canary-subject-0815"
USERNAME = "canary.ada@contoso.com"
ACCESS_TOKEN = "canary-access-token-Zm9vYmFy"
REFRESH_TOKEN = "canary-refresh-token-cXV1eA"
SCOPE = "canary.scope.read"
CANARIES = (ISSUER, CLIENT_ID, SUBJECT, USERNAME, ACCESS_TOKEN, REFRESH_TOKEN, SCOPE)

CLIENT = ClientKey(ISSUER, CLIENT_ID)


def key(subject: str = SUBJECT, client: ClientKey = CLIENT) -> AccountKey:
    return AccountKey(*client, make_home_account_id(subject, client.issuer))


ADA, BOB = key(), key("canary-subject-bob")


def account(of: AccountKey = ADA, **changes: Any) -> AccountRecord:
    values: dict[str, Any] = {
        "home_account_id": of.home_account_id,
        "environment": of.issuer,
        "client_id": of.client_id,
        "username": USERNAME,
        "name": "Ada",
        "claims": {"sub": SUBJECT, "preferred_username": USERNAME},
        "signed_in_on": NOW,
    }
    return AccountRecord(**values | changes)


def token(granted: str = SCOPE, asked: str | None = None, **changes: Any) -> AccessTokenRecord:
    """An access token of an hour; ``asked`` defaults to what was granted."""
    values: dict[str, Any] = {
        "secret": Secret(ACCESS_TOKEN),
        "token_type": "Bearer",
        "issued_on": NOW,
        "expires_on": NOW + 3600,
        "refresh_on": NOW + 2400,
        "granted": tuple(granted.split()),
        "asked": tuple((granted if asked is None else asked).split()),
    }
    return AccessTokenRecord(**values | changes)


def refresh_token(text: str = REFRESH_TOKEN, **changes: Any) -> RefreshTokenRecord:
    values: dict[str, Any] = {"secret": Secret(text), "scopes": (SCOPE,), "saved_on": NOW}
    return RefreshTokenRecord(**values | changes)


def target(scopes: str = SCOPE, resource: str = "", realm: str = "") -> Target:
    return Target(frozenset(scopes.split()), resource, realm)


def row(name: str = "k", partition: str = "p", kind: Kind = Kind.ACCESS_TOKEN, **value: Any) -> Row:
    return Row(partition=partition, key=name, kind=kind, value=value or {"n": name}, expires_on=NOW)


def open_store(place: Path, network: str | None = None) -> SqliteStore:
    """The store that every test (and process) of one place shares."""
    return SqliteStore(place / "store", place / "keys" / "seal.key", network=network)


def open_redis(place: Path, file: Path | None = None, *, user: str = "ada") -> RedisStore:
    """As a server of ``user`` would, with a generation file of its own."""
    own = Generation(place / f"generation-{os.urandom(4).hex()}", create=True)
    return RedisStore(file or place / "redis-unix.url", key_file(place), user=user, generation=own)


def database(place: Path) -> Path:
    return place / "store" / FILE


def key_file(place: Path) -> Path:
    return place / "keys" / "seal.key"


def set_aside(place: Path, why: str = "damaged") -> list[Path]:
    return sorted((place / "store").glob(f"{FILE}.{why}-*"))

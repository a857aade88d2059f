"""Stores that hold as many records as a benchmark wants, shaped as a person's are, and brokers over them."""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from jupyter_auth.broker.broker import Broker
from jupyter_auth.broker.config.configuration import ConfigurationFiles
from jupyter_auth.cache.records import (
    AccessTokenRecord,
    AccountKey,
    AccountRecord,
    ClientKey,
    Kind,
    RefreshTokenRecord,
    Target,
)
from jupyter_auth.cache.rows import account_row, refresh_token_row
from jupyter_auth.cache.store import Row, Store, Transaction
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.account import make_home_account_id
from jupyter_auth.core.secret import Secret

RECORDS_OF_AN_ACCOUNT = 5  # itself, its refresh token, access tokens for three resources
RESOURCES = ("resource:https://a.example.org", "resource:https://b.example.org", "")
SCOPES = ("lake.read", "lake.write", "lake.list")
ACCESS_TOKEN, REFRESH_TOKEN = 1400, 900  # characters: a JWT with a few claims, an opaque one
AT_ONCE = 1000  # rows written by one update
_NOISE = "".join(
    random.Random(6).choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123", k=100_000)
)
PROFILE = '[profiles.p{n}]\nissuer = "{issuer}"\nclient_id = "notebooks"\nscopes = ["lake.read"]\n'


def issuer(number: int) -> str:
    """The provider of an application; nobody ever asks it."""
    return f"http://127.0.0.1:9/realms/{number}"


def secret(size: int, number: int) -> Secret:
    """Text that is nobody's, as long as a token and another for each number."""
    start = number * 7919 % (len(_NOISE) - size)
    return Secret(f"{number}.{_NOISE[start : start + size]}"[:size])


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """``accounts`` of them, ``each`` of an application's."""

    records: int
    each: int = 2
    now: int = field(default_factory=lambda: int(time.time()))

    @property
    def accounts(self) -> int:
        return max(1, self.records // RECORDS_OF_AN_ACCOUNT)

    @property
    def applications(self) -> int:
        return max(1, self.accounts // self.each)

    def client(self, number: int) -> ClientKey:
        """The application of an account."""
        return ClientKey(issuer(number // self.each), "notebooks")

    def key(self, number: int) -> AccountKey:
        """An account, by its number."""
        client = self.client(number)
        return AccountKey(*client, make_home_account_id(f"subject-{number}", client.issuer))

    def account(self, number: int) -> AccountRecord:
        """What a sign-in saves of a person."""
        key, name = self.key(number), f"user{number:06}@example.org"
        claims = {"iss": key.issuer, "sub": f"subject-{number}", "aud": key.client_id, "exp": self.now + 3600}
        return AccountRecord(
            home_account_id=key.home_account_id,
            environment=key.issuer,
            client_id=key.client_id,
            username=name,
            name=f"User {number}",
            claims=claims | {"preferred_username": name, "name": f"User {number}", "iat": self.now},
            signed_in_on=self.now,
        )

    def token(self, number: int, resource: str = "") -> AccessTokenRecord:
        """An access token of an hour."""
        return AccessTokenRecord(
            secret=secret(ACCESS_TOKEN, number),
            token_type="Bearer",
            issued_on=self.now,
            expires_on=self.now + 3600,
            refresh_on=self.now + 2400,
            granted=SCOPES,
            asked=SCOPES,
            resource=resource,
            token_endpoint=f"{self.key(number).issuer}/token",
        )

    def refresh_token(self, number: int) -> RefreshTokenRecord:
        """The account's refresh token."""
        return RefreshTokenRecord(
            secret=secret(REFRESH_TOKEN, number),
            scopes=("openid", "offline_access", *SCOPES),
            saved_on=self.now,
        )

    def rows(self) -> Iterator[Row]:
        """All of them, as the token cache writes them."""
        for number in range(self.accounts):
            key = self.key(number)
            yield account_row(self.account(number))
            yield refresh_token_row(key, self.refresh_token(number))
            for resource in RESOURCES:
                yield token_row(key, self.token(number, resource))


def token_row(key: AccountKey, token: AccessTokenRecord) -> Row:
    """The row of an access token."""
    return Row(
        partition=key.partition,
        key=token.key(key),
        kind=Kind.ACCESS_TOKEN,
        value=token.to_json(),
        expires_on=token.expires_on,
    )


def write(store: Store, rows: Iterator[Row]) -> None:
    """Write rows, many at once."""
    while batch := list(islice(rows, AT_ONCE)):

        def change(txn: Transaction, batch: Sequence[Row] = batch) -> None:
            for row in batch:
                txn.put(row)

        store.update(change, ())  # they are new: nothing that is there concerns them


def target(scopes: str = " ".join(SCOPES), resource: str = "") -> Target:
    """What a token is asked for."""
    return Target(frozenset(scopes.split()), resource)


@dataclass(slots=True, kw_only=True)
class Holding:
    """A filled store with its cache and a broker that has profiles of some of its applications."""

    shape: Shape
    cache: TokenCache
    broker: Broker
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def number(self) -> int:
        """Some account."""
        return self.chance.randrange(self.shape.accounts)


PROFILES = 20


async def hold(store: Store, shape: Shape, folder: Path) -> Holding:
    """Fill ``store`` and start a broker over it."""
    write(store, shape.rows())
    step = max(1, shape.applications // PROFILES)
    toml = folder / "jupyter_auth.toml"
    toml.write_text(
        "".join(PROFILE.format(n=n, issuer=issuer(n * step % shape.applications)) for n in range(PROFILES)),
        encoding="utf-8",
    )
    broker = Broker(ConfigurationFiles([toml]), lambda: store)
    cache = await broker.start()
    return Holding(shape=shape, cache=cache, broker=broker)


def asked_account(holding: Holding, profile: int) -> str:
    """The id of an account of a profile's application."""
    shape = holding.shape
    step = max(1, shape.applications // PROFILES)
    application = profile * step % shape.applications
    return shape.key(min(application * shape.each, shape.accounts - 1)).home_account_id

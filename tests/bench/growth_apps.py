"""A program for many tenants: an application's own tokens, one for each tenant and resource."""

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter

from jupyter_auth.broker.apps.app_request import AppRequest, resolve_app
from jupyter_auth.broker.request import Resolved, TokenRequest
from jupyter_auth.cache.applications import ApplicationCache
from jupyter_auth.cache.leases import Sole
from jupyter_auth.cache.records import AccessTokenRecord
from jupyter_auth.cache.store import Store
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.profile import Profile
from tests.bench.holding import ACCESS_TOKEN, secret

TENANTS, RESOURCES = 100, 20
TABLES = ((1, 1), (TENANTS, RESOURCES))
ROUNDS, EACH = 15, 4
PROFILE = Profile(
    name="batch",
    provider="entra",
    issuer="https://login.microsoftonline.com/contoso.com",
    client_id="batch",
    scopes=("https://r0.example.org/.default",),
    client_secret_env="NOT_ASKED_FOR",
)

Times = dict[str, dict[int, list[float]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A store that holds a token for each."""

    tenants: int
    resources: int
    cache: TokenCache
    apps: ApplicationCache

    def wanted(self, number: int) -> Resolved:
        """What a call asks for; the numbers go through all tenants first."""
        tenant, resource = number % self.tenants, number // self.tenants % self.resources
        scope = f"https://r{resource}.example.org/.default"
        request = TokenRequest(profile="batch", tenant=f"t{tenant}.example.org", scopes=(scope,))
        return resolve_app(AppRequest(request=request), PROFILE)

    def fill(self) -> None:
        """A token of each, as the broker saves it."""
        for number in range(self.tenants * self.resources):
            self.save(number)

    def save(self, number: int) -> float:
        """As after the provider's answer; the seconds that it took."""
        wanted = self.wanted(number)
        assert wanted.app is not None
        token = _token(wanted, number)
        start = perf_counter()
        opened = self.apps.open(wanted.app)
        is_saved = self.apps.save(wanted.app, token, opened, Sole())
        assert is_saved
        return perf_counter() - start

    def find(self, number: int) -> float:
        """From the store."""
        wanted = self.wanted(number)
        assert wanted.app is not None
        start = perf_counter()
        found = self.cache.find_token(wanted.app, wanted.target, fold=True)
        assert found is not None
        return perf_counter() - start

    def miss(self, number: int) -> float:
        """A resource that it has no token for."""
        request = TokenRequest(
            profile="batch", tenant=f"t{number % self.tenants}.example.org", scopes=("https://no/.default",)
        )
        wanted = resolve_app(AppRequest(request=request), PROFILE)
        assert wanted.app is not None
        start = perf_counter()
        found = self.cache.find_token(wanted.app, wanted.target, fold=True)
        assert found is None
        return perf_counter() - start

    def hit(self, number: int) -> float:
        """From memory."""
        wanted = self.wanted(number)
        assert wanted.app is not None
        self.cache.find_token(wanted.app, wanted.target, fold=True)
        start = perf_counter()
        found = self.cache.peek_token(wanted.app, wanted.target, fold=True)
        assert found is not None
        return perf_counter() - start


def _token(wanted: Resolved, number: int) -> AccessTokenRecord:
    now = int(time.time())
    return AccessTokenRecord(
        secret=secret(ACCESS_TOKEN, number),
        token_type="Bearer",
        issued_on=now,
        expires_on=now + 3600,
        refresh_on=now + 2400,
        granted=wanted.scopes,
        asked=wanted.scopes,
        resource=wanted.target.resource,
        realm=wanted.target.realm,
    )


def sampled(stores: Iterator[Store]) -> Times:
    """Seconds of each call, for a table of one token and for the large one, by turns."""
    caches = [TokenCache(next(stores)) for _ in TABLES]
    tables = [
        Table(tenants=tenants, resources=resources, cache=cache, apps=ApplicationCache(cache))
        for (tenants, resources), cache in zip(TABLES, caches, strict=True)
    ]
    for table in tables:
        table.fill()
    times: Times = {}
    for turn in range(ROUNDS):
        for table in tables:
            size = table.tenants * table.resources
            acts = {"hit in memory": table.hit, "hit in the store": table.find, "miss": table.miss}
            for name, act in {**acts, "save": table.save}.items():
                took = statistics.median([act((turn * EACH + n) * 37) for n in range(EACH)])
                times.setdefault(f"application's tokens, {name}", {}).setdefault(size, []).append(took)
    for table in tables:
        table.cache.close()
    return times

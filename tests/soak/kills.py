"""``python -m tests.soak.kills sqlite --times 1000``: ``kill -9`` of a broker under load, at random moments.

Each time: the store opens, holds everything that was acknowledged, and its refresh tokens are the ones
acknowledged last or newer. They work, but for those where the kill fell between the provider's rotation and
the durable write, which are counted: the provider is in this process and knows what it gave.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import requests

from jupyter_auth.broker.request import TokenRequest
from jupyter_auth.cache.records import AccessTokenRecord, AccountKey, AccountRecord, RefreshTokenRecord
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.account import make_home_account_id
from jupyter_auth.core.errors import AuthError
from jupyter_auth.core.secret import Secret
from tests.idp import MisbehavingProvider
from tests.idp.families import Families, Family
from tests.soak.kill_child import Order
from tests.soak.kill_tally import Tally
from tests.soak.killed import ForkServer
from tests.support import until
from tests.support.redis_server import RedisServer

SCOPES = ("openid", "offline_access", "profile", "lake.read")
USERS = 4
LIFE = 0.25  # seconds: the most that a child lives once it works
AIMED = 0.25  # of the kills: within 10 ms after a rotation, wherever that finds the broker
REDIS_KILLED = 0.2  # of the rounds on Redis: Redis first, then the broker that has lost it
LEASE_OVER = 9.0  # seconds after which a lease in Redis has run out, whose holder was killed
PROFILE = '[profiles.lake]\nissuer = "{issuer}"\nclient_id = "{client}"\nscopes = {scopes}\n'


class Life:
    """One child: who was signed in, what it acknowledged, and what the store holds after it."""

    def __init__(self, order: Order, families: dict[str, Family]) -> None:
        self.order = order
        self.families = families
        self.ended = 0.0
        self.stored: dict[str, int] = {}  # which refresh token of the family is in the store
        self.given: dict[str, int] = {}  # the last one that the provider gave before the end

    def read(self, lines: list[str], tally: Tally) -> tuple[dict[str, int], int]:
        """For each user the number of the refresh token acknowledged last, and how many records were."""
        acknowledged, saved = dict.fromkeys(self.families, 0), 0
        for kind, *words in map(str.split, lines):
            if kind == "got":
                for user, family in self.families.items():
                    acknowledged[user] = max(acknowledged[user], family.number_of.get(words[0], 0))
                tally.refreshes += 1
            elif kind == "saved":
                saved = int(words[0])
            elif kind == "window":
                tally.windows.append((int(words[1]) - int(words[0])) / 1e6)
            elif kind == "problem":
                tally.problems[" ".join(words)] += 1
        return acknowledged, saved


class Rounds:
    """The rounds over one store."""

    def __init__(
        self, folder: Path, provider: MisbehavingProvider, redis: RedisServer | None, chance: random.Random
    ) -> None:
        self._folder, self._redis, self._chance = folder, redis, chance
        self._provider, self._families = provider, Families(provider)
        self._url = str(redis.url_file(folder)) if redis else ""
        self._number = 0
        self._due: list[Life] = []
        self.tally = Tally(store="redis" if redis else "sqlite")

    def play(self, children: ForkServer) -> None:
        """One round: sign in, let a child work, kill it, look into the store."""
        life = self._begin(USERS)
        pid = children.start(life.order)
        self._wait_and_kill(children, pid)
        life.ended = time.monotonic()
        self._look(life, children.lines_until_dead())
        self._due.append(life)
        self.try_due()

    def measure(self, children: ForkServer, refreshes: int) -> None:
        """How long the window is with nothing else to do."""
        life = self._begin(1, refreshes=refreshes)
        children.start(life.order)
        quiet = Tally(store=self.tally.store)
        life.read(children.lines_until_dead(), quiet)
        assert len(quiet.windows) == refreshes, str(quiet)
        self.tally.quiet = quiet.windows

    def _begin(self, users: int, *, refreshes: int = 0) -> Life:
        self._number += 1
        names = [f"u{self._number}-{n}" for n in range(users)]
        order = Order(
            folder=str(self._folder),
            life=self._number,
            users=names,
            redis_url=self._url,
            refreshes=refreshes,
        )
        profile = PROFILE.format(
            issuer=self._provider.issuer, client=f"nb-{self._number}", scopes=list(SCOPES)
        )
        order.toml.write_text(profile, encoding="utf-8")
        with opened(order) as cache:
            return Life(order, {name: self._sign_in(cache, name) for name in names})

    def _key(self, user: str, life: int) -> AccountKey:
        issuer = self._provider.issuer
        return AccountKey(issuer, f"nb-{life}", make_home_account_id(user, issuer))

    def _sign_in(self, cache: TokenCache, user: str) -> Family:
        """As if a person had signed in a minute ago."""
        key = self._key(user, self._number)
        family, answer = self._families.sign_in(user, key.client_id, " ".join(SCOPES))
        since = int(time.time()) - 60
        account = AccountRecord(
            home_account_id=key.home_account_id,
            environment=key.issuer,
            client_id=key.client_id,
            username=user,
            claims={"sub": user},
        )
        token = AccessTokenRecord(
            secret=Secret(answer["access_token"]),
            token_type="Bearer",
            issued_on=since,
            expires_on=since + 3600,
            refresh_on=since + 1800,
            granted=SCOPES,
            asked=SCOPES,
        )
        refresh_token = RefreshTokenRecord(
            secret=Secret(answer["refresh_token"]), scopes=SCOPES, saved_on=since
        )
        cache.save_sign_in(account, token, refresh_token)
        return family

    def _wait_and_kill(self, children: ForkServer, pid: int) -> None:
        is_aimed = self._chance.random() < AIMED
        time.sleep(self._chance.uniform(0, LIFE))
        if self._redis is not None and self._chance.random() < REDIS_KILLED:
            self._redis.kill()
            self._redis.start()
            self.tally.redis_kills += 1
            time.sleep(self._chance.uniform(0, 3 * LIFE))
        if is_aimed:
            self._families.rotated.clear()
            self._families.rotated.wait(0.5)
            time.sleep(self._chance.uniform(0, 0.01))
        children.kill(pid)

    def _look(self, life: Life, lines: list[str]) -> None:
        """Open the store and compare it with what was acknowledged."""
        tally, number = self.tally, life.order.life
        tally.rounds += 1
        self._let_the_provider_finish()
        acknowledged, saved = life.read(lines, tally)
        life.given = {user: len(family.refresh_tokens) - 1 for user, family in life.families.items()}
        with opened(life.order) as cache:
            told = cache.describe()
            tally.opened += told.name == tally.store and not told.notes
            rows = {int(row.key.split("-")[1]) for row in cache.store.rows(f"life-{number}")}
            for user, family in life.families.items():
                found = cache.refresh_token(self._key(user, number))
                known = found is not None and found.secret.reveal() in family.refresh_tokens
                life.stored[user] = (
                    family.refresh_tokens.index(found.secret.reveal()) if found and known else -1
                )
        tally.lost += len(set(range(1, saved + 1)) - rows)
        tally.saved += saved
        for user, stored in life.stored.items():
            tally.lost += stored < acknowledged[user]
            if life.given[user] - stored not in (0, 1):
                tally.wrong.append(f"life {number}: {user} is at {stored} of {life.given[user]}")
            tally.inside += life.given[user] > stored

    def _let_the_provider_finish(self) -> None:
        """What a child had sent before it died is still answered, to nobody: the rotation counts."""
        requests.get(f"{self._provider.issuer}/jwks", timeout=30)  # taken up after all that came before it
        until(
            lambda: not any("process_request" in thread.name for thread in threading.enumerate()), pause=0.002
        )

    # -- afterwards -----------------------------------------------------------------------------

    def try_due(self, *, all_of_them: bool = False) -> None:
        """Refresh what the killed have left, as soon as no lease of theirs is in the way."""
        wait = LEASE_OVER if self._redis else 0.0
        while self._due and (all_of_them or time.monotonic() - self._due[0].ended >= wait):
            life = self._due.pop(0)
            time.sleep(max(0.0, life.ended + wait - time.monotonic()))
            outcomes = asyncio.run(_refreshed(life.order))
            for user, outcome in outcomes.items():
                self._judge(life, user, outcome)

    def _judge(self, life: Life, user: str, outcome: str) -> None:
        tally, family = self.tally, life.families[user]
        is_inside = life.given[user] > life.stored[user]
        tally.accounts += 1
        tally.revoked_inside += family.is_revoked and is_inside
        tally.revoked_outside += family.is_revoked and not is_inside
        expected = "invalid_grant" if is_inside else "refreshed"
        if outcome != expected:
            tally.wrong.append(f"life {life.order.life}: {user} {outcome}, expected {expected}")


@contextmanager
def opened(order: Order) -> Iterator[TokenCache]:
    """The store, for a look."""
    cache = TokenCache(order.open_store())
    try:
        yield cache
    finally:
        cache.close()


async def _refreshed(order: Order) -> dict[str, str]:
    """What comes of a forced refresh, for each user: ``refreshed`` or the reason why not."""
    broker = order.broker()

    async def one(user: str) -> str:
        fields: dict[str, Any] = {"profile": "lake", "account": user, "scopes": list(SCOPES)}
        try:
            have = (await broker.acquire_silent(TokenRequest.from_wire(fields)))._token.version
            fields |= {"force_refresh": True, "have": have}
            got = await broker.acquire_silent(TokenRequest.from_wire(fields))
        except AuthError as problem:
            return problem.reason
        return "refreshed" if got.metadata.token_source == "identity_provider" else "adopted"

    try:
        return dict(zip(order.users, await asyncio.gather(*map(one, order.users)), strict=True))
    finally:
        await broker.close()


def play(store: str, times: int, seed: int, *, fsync: str = "always", quiet: int = 0) -> Tally:
    """Play ``times`` rounds on ``sqlite`` or ``redis``, and tell what came of them."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ja-kills-")))
        provider = stack.enter_context(MisbehavingProvider())
        redis = stack.enter_context(RedisServer(fsync=fsync)) if store == "redis" else None
        children = stack.enter_context(ForkServer())
        rounds = Rounds(folder, provider, redis, random.Random(seed))
        if quiet:
            rounds.measure(children, quiet)
        for _ in range(times):
            rounds.play(children)
        rounds.try_due(all_of_them=True)
        return rounds.tally


def main() -> int:
    """Print what came of it; 0 where nothing was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.kills", description=__doc__)
    parser.add_argument("store", choices=["sqlite", "redis"])
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fsync", choices=["always", "everysec"], default="always", help="of Redis")
    told = parser.parse_args()
    began = time.monotonic()
    tally = play(told.store, told.times, told.seed, fsync=told.fsync, quiet=200)
    print(f"{tally}\n{time.monotonic() - began:.0f} s")
    print("\n".join(tally.wrong[:50]))
    return int(not tally.is_good)


if __name__ == "__main__":
    sys.exit(main())

"""Jupyter servers of many people on one Redis, in one process, for ``tests.bench.capacity``.

Each has a store of its own in Redis, as a server's broker has it, and does what a broker does: the same
classes find, refresh and save. Only the provider is none: it answers at once.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from itertools import cycle
from pathlib import Path
from typing import Any, cast

from jupyter_auth.broker.changes import Changes
from jupyter_auth.broker.clock import Clock
from jupyter_auth.broker.request import TokenRequest, resolve
from jupyter_auth.broker.tokens.refresh import Refresh
from jupyter_auth.broker.tokens.throttle import Throttle
from jupyter_auth.cache.redis.store import RedisStore
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.generation import Generation
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.secret import Secret
from jupyter_auth.core.statistics import Statistics
from jupyter_auth.providers.base import Engine, TokenResponse
from tests.bench.holding import ACCESS_TOKEN, REFRESH_TOKEN, RESOURCES, SCOPES, Shape, secret, target

TOKENS = 2  # access tokens that a person has in use
THREADS = 2  # that ask at once, over all servers of this process


class Provider:
    """Answers a refresh at once, with a new refresh token and an id token's claims."""

    def __init__(self, claims: dict[str, Any]) -> None:
        self._claims = claims
        self._count = 0

    def refresh(
        self, refresh_token: Secret, scopes: tuple[str, ...], extra: Mapping[str, str]
    ) -> TokenResponse:
        self._count += 1
        return TokenResponse(
            access_token=secret(ACCESS_TOKEN, self._count),
            token_type="Bearer",
            expires_in=3600,
            refresh_in=1,  # so that it is stale when it is refreshed again, as one is that was in use
            scope=SCOPES,
            refresh_token=secret(REFRESH_TOKEN, self._count),
            claims=self._claims,
        )


class Server:
    """One person's server."""

    def __init__(self, url: Path, folder: Path, number: int) -> None:
        self._shape = Shape(records=10, each=1)
        self._number, self._key = number, self._shape.key(number)
        own = Generation(folder / f"generation-{number}", create=True)
        self.store = RedisStore(url, folder / "seal.key", user=f"user-{number}", generation=own)
        self.cache = TokenCache(self.store)
        self._provider = Provider(dict(self._shape.account(number).claims))
        profile = Profile(
            name="lake", provider="oidc", issuer=self._key.issuer, client_id="notebooks", scopes=SCOPES
        )
        self._resolved = resolve(TokenRequest(profile="lake"), profile)

    def sign_in(self) -> None:
        """What the store holds of somebody who is signed in."""
        shape, number = self._shape, self._number
        for resource in RESOURCES[-TOKENS:]:
            self.cache.save_sign_in(
                shape.account(number), shape.token(number, resource), shape.refresh_token(number)
            )

    def refresh(self) -> None:
        """One refresh, with its lease, as the broker's thread makes it."""
        token = self.cache.peek_token(self._key, target(), fold=False)
        work = Refresh(
            engine=lambda: cast("Engine", self._provider),
            cache=self.cache,
            account=self._key,
            resolved=self._resolved,
            clock=Clock(),
            throttle=Throttle(Clock()),
            changes=Changes(),
            statistics=Statistics(),
            seen=token.version if token else None,
        )
        done = work.run()
        assert not done.is_adopted

    def first_token(self) -> None:
        """A server that has nothing in memory looks for an account and its token."""
        known = self.cache.accounts(self._key.client)
        found = self.cache.find_token(known[0].account_key, target(), fold=False)
        assert found is not None


def drive(servers: list[Server], act: Callable[[Server], None], seconds: float) -> dict[str, Any]:
    """Do it on one server after the other for a while; how often, and how long each took."""
    took: list[float] = []
    until = time.perf_counter() + seconds

    def work(mine: list[Server]) -> None:
        for server in cycle(mine):
            start = time.perf_counter()
            if start > until:
                return
            act(server)
            took.append(time.perf_counter() - start)

    threads = [threading.Thread(target=work, args=(servers[n::THREADS],)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took.sort()
    return {"count": len(took), "median": took[len(took) // 2], "p99": took[int(len(took) * 0.99)]}


def main() -> None:
    """Arguments: the file with Redis's URL, a folder, the first server's number, how many. Orders and answers
    are lines."""
    url, folder, first, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    servers = [Server(url, folder, first + number) for number in range(count)]
    say({"opened": count})
    for line in sys.stdin:
        order, seconds = json.loads(line)
        if order == "sign_in":
            for server in servers:
                server.sign_in()
            say({"count": count})
        elif order == "refresh":
            say(drive(servers, Server.refresh, seconds))
        elif order == "first_token":
            say(drive(servers, Server.first_token, seconds))
    for server in servers:
        server.store.close()


def say(answer: dict[str, Any]) -> None:
    """One line."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

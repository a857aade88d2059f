"""The process that is killed: a broker that refreshes without pause, and a writer beside it.

``main`` is a fork server, so that a round costs a fork and not a start of Python. On stdin: an ``Order``
a line. On stdout: ``pid N``, then what is done, each line once it is durable, then ``dead``.
"""

import asyncio
import json
import logging
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import jupyter_auth.providers.oidc  # noqa: F401 -- before the forks, which then need not load it
from jupyter_auth.broker.broker import Broker
from jupyter_auth.broker.config.configuration import ConfigurationFiles
from jupyter_auth.broker.request import TokenRequest
from jupyter_auth.cache.redis.store import RedisStore
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.cache.store import Store, Transaction
from jupyter_auth.core.errors import AuthError
from jupyter_auth.providers.transport import LimitedAdapter
from jupyter_auth.testing.store_contract import make_row, put

T = TypeVar("T")
PAUSE = 0.03  # seconds: the most between two refreshes of an account
WRITES = 0.002  # seconds between two records of the writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a child is to do. ``refreshes``: so many and no load, to measure; 0: go on until killed."""

    folder: str
    life: int
    users: Sequence[str]
    redis_url: str = ""
    refreshes: int = 0

    @property
    def toml(self) -> Path:
        return Path(self.folder) / f"life-{self.life}.toml"

    def open_store(self) -> Store:
        """The store that outlives every child."""
        key = Path(self.folder) / "keys" / "seal.key"
        if self.redis_url:
            return RedisStore(Path(self.redis_url), key, user="killed")
        return SqliteStore(Path(self.folder) / "store", key)

    def broker(self, watch: Callable[[Store], Any] = lambda store: store) -> Broker:
        """A broker over it; to be called on its loop."""
        return Broker(ConfigurationFiles([self.toml]), lambda: watch(self.open_store()))


def tell(*words: object) -> None:
    """One write, so that a kill leaves no half line."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


class Timed:
    """A store that tells how long after a provider's answer a commit was durable."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self._here = threading.local()
        sent = LimitedAdapter.send

        def send(*args: Any, **kwargs: Any) -> Any:
            answer = sent(*args, **kwargs)
            if answer.request.method == "POST":
                self._here.arrived = time.monotonic_ns()
            return answer

        LimitedAdapter.send = send  # type: ignore[method-assign]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def update(
        self,
        change: Callable[[Transaction], T],
        partitions: Sequence[str],
        *,
        durable: bool = False,
        **more: Any,
    ) -> T:
        done: T = self._store.update(change, partitions, durable=durable, **more)
        arrived, self._here.arrived = getattr(self._here, "arrived", 0), 0
        if durable and arrived:
            tell("window", arrived, time.monotonic_ns())
        return done


async def refresh(broker: Broker, user: str, order: Order, chance: random.Random) -> None:
    """Force one refresh after the other; what was handed out is told."""
    have, done = None, 0
    while not order.refreshes or done < order.refreshes:
        fields = {"profile": "lake", "account": user, "force_refresh": True, "have": have}
        try:
            got = await broker.acquire_silent(TokenRequest.from_wire(fields))
        except AuthError as problem:
            tell("problem", type(problem).__name__, problem.reason)
            await asyncio.sleep(0.1)
            continue
        tell("got", got.reveal())
        have, done = got._token.version, done + 1
        if not order.refreshes:
            await asyncio.sleep(chance.uniform(0, PAUSE))


def write(store: Store, life: int) -> None:
    """Save one record after the other."""
    number = 0
    while True:
        number += 1
        try:
            put(
                store,
                make_row(f"{life}-{number}", f"life-{life}", text="x" * (number % 7 * 300)),
                durable=True,
            )
        except AuthError as problem:
            tell("problem", type(problem).__name__, problem.reason)
            number -= 1
            time.sleep(0.1)
            continue
        tell("saved", number)
        time.sleep(WRITES)


async def live(order: Order) -> None:
    """Until somebody kills this process, or the order is done."""
    broker, chance = order.broker(Timed), random.Random()
    cache = await broker.start()
    if not order.refreshes:
        threading.Thread(target=write, args=(cache.store, order.life), daemon=True).start()
    await asyncio.gather(*(refresh(broker, user, order, chance) for user in order.users))


def main() -> None:
    """Fork a child for each order, and see it die."""
    logging.getLogger("jupyter_auth").addHandler(logging.NullHandler())  # problems are told, in ``refresh``
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            asyncio.run(live(Order(**json.loads(line))))
            os._exit(0)
        tell("pid", pid)
        os.waitpid(pid, 0)
        tell("dead")


def to_line(order: Order) -> str:
    """The order as ``main`` reads it."""
    return json.dumps(asdict(order)) + "\n"


if __name__ == "__main__":
    main()

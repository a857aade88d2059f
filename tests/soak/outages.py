"""What a soak does to Redis and to the provider, each announced with its begin and its end."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.idp import OidcProvider
from tests.support.redis_server import RedisServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Something that did not work from ``begin`` to ``end`` (Unix seconds)."""

    what: str
    begin: float
    end: float

    def covers(self, began: float, ended: float, grace: float) -> bool:
        """True where something that failed between these moments may have failed by this."""
        return began <= self.end + grace and ended >= self.begin


class Outages:
    """Breaks and mends, one thing at a time."""

    def __init__(self, provider: OidcProvider, redis: RedisServer, chance: random.Random) -> None:
        self._provider = provider
        self._redis = redis
        self._chance = chance
        self.log: list[Outage] = []
        self.kinds: Mapping[str, tuple[Callable[[], None], Callable[[], None], tuple[float, float]]] = {
            "Redis killed and started again": (redis.kill, redis.start, (0.5, 8)),
            "Redis paused": (redis.pause, redis.go_on, (2, 6)),
            "the provider says 503": (self._refuse, lambda: self._set(None), (10, 45)),
            "the provider does not answer": (provider.pause, provider.go_on, (4, 12)),
        }

    def next(self, kind: str | None = None, *, longest: float = 60.0) -> Outage:
        """Break one thing for a while; ``kind`` or any, ``longest`` in seconds."""
        chosen = kind or self._chance.choice(list(self.kinds))
        break_it, mend, (least, most) = self.kinds[chosen]
        begin = time.time()
        break_it()
        try:
            time.sleep(min(longest, self._chance.uniform(least, most)))
        finally:
            mend()
        self.log.append(Outage(what=chosen, begin=begin, end=time.time()))
        return self.log[-1]

    def _refuse(self) -> None:
        self._set({"status": 503, "count": None})

    def _set(self, fail: object) -> None:
        self._provider.set(fail=fail)

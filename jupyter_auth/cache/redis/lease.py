"""A lease in Redis: it runs out where its holder dies, and each holder has a higher fence than those before.

A holder that was paused may have lost it without noticing. What it then saves is refused where a later
holder has saved (``Transaction.admits``).
"""

import logging
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from jupyter_auth.cache.leases import Lease, until
from jupyter_auth.cache.redis.header import RedisNames
from jupyter_auth.cache.redis.link import Link
from jupyter_auth.core.errors import CacheError

log = logging.getLogger(__name__)

LIFE = 8.0  # seconds: how long others wait for a holder that was killed
RENEW = 2.0  # seconds between two renewals
PAUSE = 0.05  # seconds between two looks at a lease that somebody else holds


class RedisLease:
    """A lease that is held, and renewed by a thread meanwhile."""

    def __init__(self, link: Link, names: RedisNames, name: str) -> None:
        self.name = name
        self.fence = 0
        self._link = link
        self._header = names.header
        self._key = names.lease(name)
        self._who = secrets.token_hex(16)
        self._end = threading.Event()

    @contextmanager
    def hold(self, timeout: float, reopen: Callable[[], None]) -> Iterator[Lease]:
        """Hold it; raises ``TransportError`` after ``timeout`` seconds. ``reopen`` begins a lost store."""
        for _ in until(timeout, PAUSE):
            self.fence = self._link.run("take", [self._header, self._key], [self._who, _ms(LIFE)])
            if self.fence > 0:
                break
            if self.fence < 0:
                reopen()
        threading.Thread(target=self._keep, name="jupyter_auth-lease", daemon=True).start()
        try:
            yield self
        finally:
            self._end.set()
            self._give_back()

    def renew(self) -> bool:
        return bool(self._link.run("renew", [self._key], [self._who, _ms(LIFE)]))

    def _keep(self) -> None:
        while not self._end.wait(RENEW):
            try:
                if not self.renew():
                    return  # the fence tells, when something is saved
            except CacheError:
                continue  # it may answer again before the lease has run out

    def _give_back(self) -> None:
        """What was done under the lease is done, even where Redis cannot be told of its end."""
        try:
            self._link.run("release", [self._key], [self._who])
        except CacheError as problem:
            log.warning("A lease was not given back and has to run out: %s", problem)


def _ms(seconds: float) -> int:
    return int(seconds * 1000)

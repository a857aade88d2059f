"""The generation over servers: who clears or signs out on one empties the memory of all.

Each process has a mapped file of its own, for its kernels, and a thread that hears of the others by
publish and subscribe, and looks now and then besides: a message may be lost, and not everybody may subscribe.
"""

import logging
import math
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from time import monotonic
from typing import Any

from jupyter_auth.cache.redis.header import RedisNames
from jupyter_auth.cache.redis.link import Link
from jupyter_auth.cache.store import Counter
from jupyter_auth.core.errors import CacheError

log = logging.getLogger(__name__)

LOOK = 1.0  # seconds between two looks where nothing can be heard, and while Redis does not answer
LOOK_BESIDES = 5.0  # seconds between two looks beside hearing; thousands of idle servers make them
LOOK_AROUND = 300.0  # seconds between two looks at how Redis is set up
RETRY = 0.5  # seconds before the second try while Redis does not answer; then twice that, and again
MAX_RETRY = 4.0  # seconds
#: what people are told to look at
GONE_BACK = (
    "see that it keeps an append-only file, and that its user 'default' keeps its rights if it is off."
)


class RedisGeneration:
    """A store's ``Counter`` over servers. Its thread is also what finds that Redis answers again."""

    def __init__(
        self, local: Counter, link: Link, names: RedisNames, look_around: Callable[[], None] = lambda: None
    ) -> None:
        """``look_around`` is called now and then, from this thread."""
        self._look_around = look_around
        self._looked_around = monotonic()
        self._local = local
        self._link = link
        self._names = names
        self._known: Any = None
        self._last_change = (b"", 0)  # the epoch and the number of the last change seen in it
        self.has_gone_back = False  # Redis has come back without changes that it had acknowledged
        self._outages = link.outages
        self._lock = threading.Lock()
        self._retry = RETRY
        self._end = threading.Event()
        if not link.why_down:
            with suppress(CacheError):
                self.look()  # before anything is read: what changes from here on is news
        threading.Thread(target=self._watch, name="jupyter_auth-redis", daemon=True).start()

    @property
    def value(self) -> int:
        return self._local.value

    def bump(self) -> int:
        try:
            with self._lock:
                now = self._link.run("bump", [self._names.header], [self._names.channel])
                if self._known is not None:
                    self._known = str(now).encode(), self._known[1]
        finally:  # this process lets go, even where the others cannot be told
            self._local.bump()
        return self._local.value

    def look(self) -> None:
        """Heed what others have done; after a time without Redis nobody knows what that was."""
        with self._lock:
            *told, last = self._link.run("generation", [self._names.header], [], probes=True)
            now = tuple(told)
            self._heed_last_change(now[1], int(last) if last.isdigit() else 0)
            is_news = self._known not in (None, now) or self._outages != self._link.outages
            self._known, self._outages, self._retry = now, self._link.outages, RETRY
        if is_news:
            self._local.bump()
        self._link.probe(self._names.header)
        if monotonic() - self._looked_around >= LOOK_AROUND:
            self._looked_around = monotonic()
            self._look_around()

    def _heed_last_change(self, epoch: bytes, last: int) -> None:
        """An older state of the same epoch is a Redis that was started again without all that it had."""
        if epoch == self._last_change[0] and last < self._last_change[1]:
            self.has_gone_back = True
            log.error("Redis has come back without the last changes to the token store: %s", GONE_BACK)
        self._last_change = epoch, last

    def close(self) -> None:
        """End the looking."""
        self._end.set()

    def _watch(self) -> None:
        hears = True
        while not self._end.is_set():
            try:
                if hears:
                    self._listen()
                else:
                    self.look()
                    self._end.wait(LOOK)
            except CacheError as problem:
                if problem.reason == "redis_denied" and hears:
                    log.warning(
                        "Redis lets nobody here subscribe: a clear elsewhere is noticed after %s s.", LOOK
                    )
                    hears = False
                self._end.wait(self._retry)
                self._retry = min(MAX_RETRY, 2 * self._retry)

    def _listen(self) -> None:
        with closing(self._link.pubsub()) as heard:
            self._link.guarded(lambda: heard.subscribe(self._names.channel))
            self._link.guarded(lambda: heard.get_message(timeout=LOOK))  # done: none is missed now
            looked = -math.inf
            while not self._end.is_set():
                if self._link.why_down or time.monotonic() - looked >= LOOK_BESIDES:
                    self.look()
                    looked = time.monotonic()
                if self._link.guarded(lambda: heard.get_message(timeout=LOOK)) is not None:
                    looked = -math.inf

"""The connection to Redis: every wait has a limit, and while Redis does not answer nobody waits at all.

One that does not answer opens a breaker: calls then fail at once, and only the watcher (``watch``)
tries, until it does.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from importlib import resources
from typing import Any

import redis
from redis import exceptions as errors
from redis.backoff import NoBackoff
from redis.retry import Retry

from jupyter_auth.cache.redis.url import RedisPlace
from jupyter_auth.core.errors import CacheError

log = logging.getLogger(__name__)

Argument = str | bytes | int
_CHANGES = ("clear", "commit", "make", "probe", "reseal", "rewrap")
_PREFIX = "JUPYTER_AUTH "  # of what our scripts refuse


CLEAR_TIMEOUT = 60.0  # seconds: of a hundred thousand records it takes Redis some, on a busy machine
UNAVAILABLE = "redis_unavailable"  # the reason of errors that end when Redis answers again


class Link:
    """Redis, by our scripts. Thread-safe; raises ``CacheError``: ``UNAVAILABLE`` where it will pass."""

    def __init__(self, place: RedisPlace) -> None:
        self._pool = _pool(place.options)
        self._client = redis.Redis(connection_pool=self._pool)
        self._slow_pool = _pool({**place.options, "socket_timeout": CLEAR_TIMEOUT})
        self._slow_client = redis.Redis(connection_pool=self._slow_pool)
        self._scripts: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._why = ""
        self._no_changes = ""
        self._is_closed = False
        self.outages = 0  # how often it was found not to answer

    @property
    def why_down(self) -> str:
        """Why calls fail just now; empty where they do not."""
        return self._why or self._no_changes

    def run(self, name: str, keys: list[str], args: list[Argument], *, probes: bool = False) -> Any:
        """Run ``lua/<name>.lua``. Only with ``probes`` while Redis is known not to answer."""
        if self._is_closed:
            raise _closed()
        if self._why and not probes:
            raise unavailable(self._why)
        client = self._slow_client if name == "clear" else self._client
        answer = self.guarded(lambda: self._script(name)(keys=keys, args=args, client=client))
        if name in _CHANGES:
            self._no_changes = ""
        return answer

    def guarded(self, call: Callable[[], Any]) -> Any:
        """The answer of ``call``; what it raises becomes ours, and tells nothing of where Redis is."""
        try:
            answer = call()
        except (errors.RedisError, OSError, ValueError) as problem:
            raise self._judged(problem) from None
        if self._why:
            log.info("Redis answers again.")
            self._why = ""
        return answer

    def probe(self, header: str) -> None:
        """Where changes were refused, see whether they are taken again."""
        if self._no_changes:
            with suppress(CacheError):
                self.run("probe", [header], [])

    def remove_all(self, prefix: str) -> None:
        """Remove every key that begins so."""
        for key in self.guarded(lambda: list(self._client.scan_iter(match=f"{prefix}*", count=1000))):
            self.guarded(partial(self._client.delete, key))

    def memory_policy(self) -> tuple[str, int] | None:
        """Its ``maxmemory-policy``, and its ``maxmemory`` in bytes (0: none); None where it does not tell."""
        asks: tuple[Callable[[], Any], ...] = (
            lambda: self._client.info("memory"),
            lambda: self._client.config_get("maxmemory*"),
        )
        for ask in asks:
            with suppress(KeyError, ValueError, CacheError):
                told = {name.replace("-", "_"): value for name, value in self.guarded(ask).items()}
                return str(told["maxmemory_policy"]), int(told["maxmemory"])
        return None

    def pubsub(self) -> Any:
        """A subscriber of its own connection."""
        return self._client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Let go of every connection."""
        self._is_closed = True
        for pool in (self._pool, self._slow_pool):
            pool.disconnect(inuse_connections=False)  # each thread closes its own

    def abandon(self) -> None:
        """Be closed, in a child: the connections are its parent's."""
        self._is_closed = True

    def _script(self, name: str) -> Any:
        with self._lock:
            if name not in self._scripts:
                text = resources.files(__package__).joinpath("lua", f"{name}.lua").read_text("utf-8")
                self._scripts[name] = self._client.register_script(text)
            return self._scripts[name]

    def _judged(self, problem: Exception) -> CacheError:
        told = str(problem)
        if self._is_closed:
            return _closed()
        if isinstance(problem, errors.NoPermissionError) or "ACL failure" in told:
            return _denied()
        if isinstance(problem, errors.ResponseError):
            return self._refused(problem, told)
        if isinstance(problem, errors.AuthenticationError | errors.AuthorizationError):
            return self._down("it refuses the name or password")
        if isinstance(problem, errors.BusyLoadingError):
            return self._down("it is starting")
        if isinstance(problem, errors.TimeoutError):
            return self._down("it does not answer in time")
        if "CERTIFICATE" in told.upper():
            return self._down("its certificate is not one that is trusted here for its name")
        return self._down("no connection")

    def _refused(self, problem: Exception, told: str) -> CacheError:
        """It answers, but not as we wish."""
        word = told.split(" ", 1)[0]
        if f"{_PREFIX}LARGE" in told:
            return _large()
        if _PREFIX in told or word == "WRONGTYPE":
            return foreign()
        why = _NO_CHANGES.get(type(problem).__name__) or _NO_CHANGES.get(word)
        if why:
            self._no_changes = why
            return unavailable(why)
        return CacheError(
            f"Redis refused a command of the token store ({word if word.isupper() else 'error'}).",
            reason="redis_refused",
            hint="Ask whoever runs Redis: its log says more.",
        )

    def _down(self, why: str) -> CacheError:
        if not self._why:
            self.outages += 1
            log.warning("Redis cannot be used: %s. Tokens in memory go on.", why)
        self._why = why
        return unavailable(why)


def _pool(options: Mapping[str, Any]) -> redis.ConnectionPool:
    more = dict(options)
    return redis.ConnectionPool(
        connection_class=more.pop("connection_class", redis.Connection),
        retry=Retry(NoBackoff(), 0),  # what was sent once may have been done
        protocol=2,
        **more,
    )


#: What Redis answers, by redis-py's class or its own word, while it takes no changes: reading goes on.
_NO_CHANGES = {
    "ReadOnlyError": "it is a replica, and takes no changes",
    "OutOfMemoryError": "its memory is full, and it takes no changes",
    "MISCONF": "it cannot write to its disk, and takes no changes",
    "NOREPLICAS": "its replicas are away, and it takes no changes",
    "BUSY": "it is busy with another's script",
}


def unavailable(why: str) -> CacheError:
    """The error while Redis does not answer."""
    return CacheError(
        f"The token store in Redis cannot be used just now: {why}.",
        reason=UNAVAILABLE,
        hint="Tokens in memory go on. Try again in a while; if it stays, ask whoever runs Redis.",
    )


def _closed() -> CacheError:
    return CacheError("The token store is closed.", reason="closed")


def _denied() -> CacheError:
    return CacheError(
        "Redis does not let the token store do what it has to (ACL).",
        reason="redis_denied",
        hint="Give its user the keys, channels and commands that the documentation lists: "
        "how-to, Share a cache across servers with Redis.",
    )


def foreign() -> CacheError:
    """The error for what somebody else has written in the place of the store."""
    return CacheError(
        "What Redis holds is no token store that this key has made.",
        reason="redis_foreign",
        hint="Somebody else has written there. `%auth clear` makes it anew.",
    )


def _large() -> CacheError:
    return CacheError(
        "The token store in Redis holds more than one user's tokens can be; nothing was read.",
        reason="too_large",
        hint="Somebody else has written there. `%auth clear` makes it anew.",
    )

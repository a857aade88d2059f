"""Stores and caches in a place of their own, closed at the end."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from jupyter_auth.cache.memory import MemoryStore
from jupyter_auth.cache.redis.store import RedisStore
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.cache.store import Store
from jupyter_auth.cache.token_cache import TokenCache
from tests.support.redis_server import RedisServer
from tests.unit.cache.samples import NOW, open_redis, open_store

OpenStore = Callable[[], SqliteStore]
OpenRedis = Callable[..., RedisStore]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[OpenStore]:
    """Open the place's SQLite store, as often as a test wants."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(open_store(tmp_path)))


@pytest.fixture
def quick_path(tmp_path: Path) -> Iterator[Path]:
    """A place where a sync costs nothing, if there is one: for tests with hundreds of stores."""
    memory = Path("/dev/shm")  # noqa: S108 -- the folder that is made in it is private
    if not memory.is_dir():
        yield tmp_path
        return
    with TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.fixture
def sqlite(opened: OpenStore) -> SqliteStore:
    return opened()


@pytest.fixture(scope="module")
def running_redis() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@pytest.fixture
def redis_server(running_redis: RedisServer) -> RedisServer:
    """A running Redis with nothing in it."""
    with running_redis.client() as client:
        client.flushall()
    return running_redis


@pytest.fixture
def redis_opened(tmp_path: Path, redis_server: RedisServer) -> Iterator[OpenRedis]:
    """Open the place's store in Redis, as often as a test wants: each as another server of ada's."""
    with ExitStack() as stack:
        redis_server.url_file(tmp_path)
        yield lambda **more: stack.enter_context(closing(open_redis(tmp_path, **more)))


@pytest.fixture(params=["memory", "sqlite", "redis"])
def any_store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return MemoryStore()
    opened: Callable[[], Store] = request.getfixturevalue(
        "opened" if request.param == "sqlite" else "redis_opened"
    )
    return opened()


@pytest.fixture
def cache(any_store: Store) -> TokenCache:
    """A token cache at ``NOW``, over each store in turn."""
    return TokenCache(any_store, clock=lambda: NOW)

"""Stores and caches in a place of their own, closed at the end."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from jupyter_auth.cache.memory import MemoryStore
from jupyter_auth.cache.sqlite import SqliteStore
from jupyter_auth.cache.store import Store
from jupyter_auth.cache.token_cache import TokenCache
from tests.unit.cache.samples import NOW, open_store

OpenStore = Callable[[], SqliteStore]


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


@pytest.fixture(params=["memory", "sqlite"])
def any_store(request: pytest.FixtureRequest, opened: OpenStore) -> Store:
    return MemoryStore() if request.param == "memory" else opened()


@pytest.fixture
def cache(any_store: Store) -> TokenCache:
    """A token cache at ``NOW``, over each store in turn."""
    return TokenCache(any_store, clock=lambda: NOW)

"""The contract, kept by each store."""

import pytest

from jupyter_auth.cache.memory import MemoryStore
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.cache.store import Store
from jupyter_auth.core.errors import CacheError
from jupyter_auth.testing.store_contract import StoreContract, keys, make_row, put
from tests.unit.cache.conftest import OpenRedis, OpenStore


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore()

    def test_what_is_closed_is_gone(self) -> None:
        store = MemoryStore(notes=("why",))
        put(store, make_row("k"))
        store.close()
        assert store.rows("p") == [] and store.generation_file is None
        assert store.describe().notes == ("why",)


class TestSqliteStore(StoreContract):
    @pytest.fixture
    def store(self, sqlite: SqliteStore) -> Store:
        return sqlite

    def test_rows_outlive_the_store(self, opened: OpenStore) -> None:
        first = opened()
        put(first, make_row("k"))
        epoch = first.epoch()
        first.close()
        second = opened()
        assert second.rows("p") == [make_row("k")] and second.epoch() == epoch
        assert second.generation_file == first.generation_file is not None

    def test_what_is_closed_is_a_typed_error(self, sqlite: SqliteStore) -> None:
        sqlite.close()
        sqlite.close()
        for use in (lambda: sqlite.rows("p"), sqlite.clear, sqlite.epoch, lambda: put(sqlite, make_row("k"))):
            with pytest.raises(CacheError):
                use()

    def test_a_change_that_calls_the_store_itself_is_refused_and_harms_nothing(
        self, sqlite: SqliteStore
    ) -> None:
        put(sqlite, make_row("k"))
        with pytest.raises(RuntimeError, match="inside another"):
            sqlite.update(lambda txn: put(sqlite, make_row("other")), ("p",))
        assert keys(sqlite) == ["k"]
        assert sqlite.describe().notes == ()


class TestRedisStore(StoreContract):
    @pytest.fixture
    def store(self, redis_opened: OpenRedis) -> Store:
        return redis_opened()

    def test_what_is_closed_is_a_typed_error(self, redis_opened: OpenRedis) -> None:
        store = redis_opened()
        store.close()
        store.close()
        for use in (lambda: store.rows("p"), store.clear, store.epoch, lambda: put(store, make_row("k"))):
            with pytest.raises(CacheError) as caught:
                use()
            assert caught.value.reason == "closed"

    def test_a_change_that_calls_the_store_itself_is_refused_and_harms_nothing(
        self, redis_opened: OpenRedis
    ) -> None:
        store = redis_opened()
        put(store, make_row("k"))
        with pytest.raises(RuntimeError, match="inside another"):
            store.update(lambda txn: put(store, make_row("other")), ("p",))
        assert keys(store) == ["k"]

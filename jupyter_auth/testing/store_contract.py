"""What every store must do. Derive from ``StoreContract`` and give it a ``store`` fixture:

from jupyter_auth.testing.store_contract import StoreContract

class TestMyStore(StoreContract):
    @pytest.fixture
    def store(self): ...
"""

import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from jupyter_auth.cache.records import Kind
from jupyter_auth.cache.store import Row, Store, Transaction

FAR = 4_000_000_000  # the year 2096


class _StopHereError(Exception):
    """Raised by a change, to be undone."""


def make_row(key: str, partition: str = "p", kind: Kind = Kind.ACCESS_TOKEN, **value: Any) -> Row:
    """A row that ends in the far future; its value defaults to one that tells it apart."""
    return Row(partition=partition, key=key, kind=kind, value=value or {"is": key}, expires_on=FAR)


def put(store: Store, *rows: Row, durable: bool = False) -> None:
    """Write rows in one transaction."""

    def change(txn: Transaction) -> None:
        for row in rows:
            txn.put(row)

    store.update(change, sorted({row.partition for row in rows}), durable=durable)


def delete(store: Store, key: str, partition: str = "p") -> None:
    """Remove a row."""
    store.update(lambda txn: txn.delete(key), (partition,))


def keys(store: Store, partition: str = "p") -> list[str]:
    """The keys of a partition."""
    return sorted(row.key for row in store.rows(partition))


class StoreContract:
    """The tests. They use public methods only and leave the store open."""

    # -- rows -----------------------------------------------------------------------------------

    def test_a_new_store_is_empty(self, store: Store) -> None:
        assert store.rows("p") == []
        assert not [row for kind in Kind for row in store.rows_of_kind(kind)]

    @pytest.mark.parametrize("durable", [True, False])
    def test_a_row_comes_back_as_it_was_put(self, store: Store, durable: bool) -> None:
        row = make_row(
            "k", kind=Kind.REFRESH_TOKEN, text="é • \U0001f600", nested={"a": [1, None, True, 2.5]}, empty={}
        )
        put(store, row, durable=durable)
        assert store.rows("p") == [row]

    @pytest.mark.parametrize("kind", Kind)
    def test_rows_are_found_by_kind(self, store: Store, kind: Kind) -> None:
        rows = [make_row(f"{k.name}{n}", f"p{n}", k) for k in Kind for n in range(3)]
        put(store, *rows)
        found = sorted(store.rows_of_kind(kind), key=lambda row: row.key)
        assert found == [row for row in rows if row.kind == kind]
        assert all(type(row.kind) is Kind for row in found)

    def test_a_sweep_removes_what_has_ended(self, store: Store) -> None:
        """A store may also let them go by itself, at their own time."""
        now = int(time.time())
        ends = {"stays": 0, "past": now - 1, "now": now, "later": now + 600}
        put(store, *(replace(make_row(name), expires_on=end) for name, end in ends.items()))
        store.sweep(now)
        assert keys(store) == ["later", "stays"]

    def test_partitions_do_not_meet(self, store: Store) -> None:
        names = ["p", "P", "p ", "", "p\0", "p%", "p_", "é", "e\u0301", '["p"]', "x" * 5000]
        put(store, *(make_row(f"k{n}", name) for n, name in enumerate(names)))
        for n, name in enumerate(names):
            assert keys(store, name) == [f"k{n}"]

    def test_keys_do_not_meet(self, store: Store) -> None:
        names = ["k", "K", "k ", "", "k\0", "k%", "k_", "é", "e\u0301", "'; DROP TABLE records --"]
        put(store, *(make_row(name) for name in names))
        assert keys(store) == sorted(names)
        delete(store, "k_")
        assert keys(store) == sorted(set(names) - {"k_"})

    def test_a_key_holds_one_row(self, store: Store) -> None:
        put(store, make_row("k", kind=Kind.ACCOUNT, n=1))
        newer = make_row("k", kind=Kind.REFRESH_TOKEN, n=2)
        put(store, newer)
        assert store.rows("p") == [newer]
        assert list(store.rows_of_kind(Kind.ACCOUNT)) == []

    def test_a_row_put_elsewhere_has_moved(self, store: Store) -> None:
        put(store, make_row("k", "p"))

        def move(txn: Transaction) -> tuple[int, int]:
            txn.put(make_row("k", "q"))
            return len(txn.rows("p")), len(txn.rows("q"))

        assert store.update(move, ("p", "q")) == (0, 1)
        assert (keys(store, "p"), keys(store, "q")) == ([], ["k"])

    def test_deleting_what_is_not_there_is_nothing(self, store: Store) -> None:
        put(store, make_row("k"))
        delete(store, "other")
        assert keys(store) == ["k"]

    def test_a_row_is_found_by_its_key_in_its_partition(self, store: Store) -> None:
        put(store, make_row("k"), make_row("other"))
        assert store.row("p", "k") == make_row("k")
        assert store.row("q", "k") is None and store.row("p", "none") is None
        delete(store, "k")
        assert store.row("p", "k") is None

    # -- update ---------------------------------------------------------------------------------

    def test_a_change_may_use_single_rows_of_other_partitions(self, store: Store) -> None:
        put(store, make_row("k", "q", n=1), make_row("gone", "q"), make_row("other", "q"))

        def change(txn: Transaction) -> list[Row | None]:
            seen = [txn.row("q", "k"), txn.row("q", "new"), txn.row("p", "k")]
            txn.put(make_row("k", "q", n=2))
            txn.put(make_row("new", "q"))
            txn.delete("gone")
            return [*seen, txn.row("q", "k"), txn.row("q", "new"), txn.row("q", "gone")]

        rows = [("q", "k"), ("q", "new"), ("q", "gone"), ("p", "k")]
        first, second = make_row("k", "q", n=1), make_row("k", "q", n=2)
        assert store.update(change, ("p",), rows=rows) == [
            first,
            None,
            None,
            second,
            make_row("new", "q"),
            None,
        ]
        assert keys(store, "q") == ["k", "new", "other"]
        assert store.row("q", "k") == second

    def test_update_gives_back_what_the_change_gives(self, store: Store) -> None:
        marker = object()
        assert store.update(lambda txn: marker, ("p",)) is marker

    def test_a_change_sees_its_own_writes_in_order(self, store: Store) -> None:
        put(store, make_row("old"))

        def change(txn: Transaction) -> list[list[str]]:
            seen = []
            txn.put(make_row("new"))
            seen.append(sorted(row.key for row in txn.rows("p")))
            txn.delete("old")
            seen.append(sorted(row.key for row in txn.rows("p")))
            txn.delete("new")
            seen.append(sorted(row.key for row in txn.rows("p")))
            txn.put(make_row("old", n=2))
            seen.append(sorted(row.key for row in txn.rows("p")))
            return seen

        assert store.update(change, ("p",)) == [["new", "old"], ["new"], [], ["old"]]
        assert store.rows("p") == [make_row("old", n=2)]

    @pytest.mark.parametrize("problem", [_StopHereError, KeyboardInterrupt, SystemExit])
    def test_a_change_that_raises_is_undone_as_a_whole(
        self, store: Store, problem: type[BaseException]
    ) -> None:
        put(store, make_row("kept", n=1), make_row("kept too"))
        before = sorted(store.rows("p"), key=lambda row: row.key)

        def change(txn: Transaction) -> None:
            txn.put(make_row("kept", n=2))
            txn.delete("kept too")
            txn.put(make_row("new", "q"))
            raise problem

        with pytest.raises(problem):
            store.update(change, ("p", "q"), durable=True)
        assert sorted(store.rows("p"), key=lambda row: row.key) == before
        assert store.rows("q") == []
        put(store, make_row("after"))
        assert "after" in keys(store)

    def test_changes_of_many_threads_do_not_mix(self, store: Store) -> None:
        put(store, make_row("count", n=0))
        problems: list[BaseException] = []

        def add(txn: Transaction) -> None:
            (row,) = txn.rows("p")
            txn.put(make_row("count", n=row.value["n"] + 1))

        def work(number: int) -> None:
            try:
                for turn in range(25):
                    store.update(add, ("p",))
                    put(store, make_row(f"{number}-{turn}", f"q{number}"))
                    assert len(store.rows(f"q{number}")) == turn + 1
            except BaseException as problem:  # noqa: BLE001 -- told by the assertion below
                problems.append(problem)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert problems == []
        assert store.rows("p")[0].value == {"n": 200}

    # -- clear, epoch, generation ---------------------------------------------------------------

    def test_clear_wipes_everything_and_counts_it(self, store: Store) -> None:
        put(store, make_row("a", kind=Kind.ACCOUNT), make_row("b", "q"), make_row("c", "r"))
        counted = dict.fromkeys(Kind, 0) | {Kind.ACCOUNT: 1, Kind.ACCESS_TOKEN: 2}
        assert store.clear() == counted
        assert [keys(store, name) for name in "pqr"] == [[], [], []]
        assert not any(list(store.rows_of_kind(kind)) for kind in Kind)
        assert store.clear() == dict.fromkeys(Kind, 0)

    def test_a_store_can_be_used_after_a_clear(self, store: Store) -> None:
        put(store, make_row("k", n=1))
        store.clear()
        put(store, make_row("k", n=2))
        assert store.rows("p") == [make_row("k", n=2)]

    def test_each_clear_raises_the_epoch_and_nothing_else_does(self, store: Store) -> None:
        seen = [store.epoch()]
        for _ in range(3):
            put(store, make_row("k"))
            delete(store, "k")
            assert store.epoch() == store.update(lambda txn: txn.epoch, ()) == seen[-1]
            store.clear()
            seen.append(store.epoch())
        assert seen == sorted(set(seen)) and len(seen) == 4

    def test_a_change_can_tell_that_a_clear_came_before_it(self, store: Store) -> None:
        began = store.epoch()
        store.clear()

        def change(txn: Transaction) -> bool:
            if txn.epoch == began:
                txn.put(make_row("old"))
            return txn.epoch == began

        assert store.update(change, ("p",)) is False
        assert store.rows("p") == []

    def test_a_lease_is_held_and_admitted_until_it_is_given_back(self, store: Store) -> None:
        for _ in range(3):
            with store.lease("of somebody", 5) as lease:
                assert lease.renew()
                assert store.update(lambda txn, held=lease: txn.admits(held), ("p",))  # type: ignore[misc]

    def test_the_generation_rises_with_each_bump(self, store: Store) -> None:
        values = [store.generation.value]
        for _ in range(100):
            assert store.generation.bump() == store.generation.value
            values.append(store.generation.value)
        assert values == sorted(set(values))

    def test_it_describes_itself_without_showing_records(self, store: Store) -> None:
        put(store, make_row("k", text="canary-text"))
        told = store.describe()
        assert told.name and told.key_source
        assert "canary" not in repr(told)

"""S4: AES-256-GCM per record, AAD = version + key id + record key.

What the files tell (nothing), and that a record opens only where and as it was written. Each attack gives
back what it got: secrets found, records read that were never written so.
"""

import base64
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.cache.records import Kind
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.cache.store import Row
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.testing.store_contract import keys, put
from tests.security.off import switch_off
from tests.support.redis_server import RedisServer
from tests.unit.cache.samples import (
    ACCESS_TOKEN,
    ADA,
    BOB,
    CANARIES,
    CLIENT,
    ISSUER,
    NOW,
    REFRESH_TOKEN,
    USERNAME,
    account,
    database,
    open_redis,
    open_store,
    refresh_token,
    row,
    target,
    token,
)


def forms(text: str) -> Iterator[bytes]:
    """How a text may lie in a file."""
    for raw in (text.encode(), text.encode("utf-16-le"), text[::-1].encode()):
        yield raw
        yield raw.hex().encode()
        yield raw.hex().upper().encode()
        for shift in range(3):
            yield base64.b64encode(b"." * shift + raw)[4:-4]
            yield base64.urlsafe_b64encode(b"." * shift + raw)[4:-4]
            yield base64.b32encode(b"." * shift + raw)[8:-8]


def everything_on_disk(place: Path) -> dict[str, bytes]:
    found = {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}
    assert "store/tokens.db" in found
    return found


def told(files: Mapping[str, bytes]) -> set[tuple[str, str]]:
    """Which file tells which secret, in whatever form."""
    return {
        (name, canary)
        for name, content in files.items()
        for canary in CANARIES
        if any(form in content for form in forms(canary))
    }


def sign_ins_told(place: Path, store: SqliteStore) -> set[tuple[str, str]]:
    """What the files tell of two people, from sign-in to clear."""
    cache = TokenCache(store, clock=lambda: NOW)
    found = set()
    for who in (ADA, BOB):
        cache.save_sign_in(account(who), token(resource="canary-resource"), refresh_token())
    used = cache.refresh_token(ADA)
    assert used is not None
    cache.save_refresh(
        ADA, token=token("x y"), used=used, rotated=refresh_token(), claims={"sub": "s"}, epoch=store.epoch()
    )
    found |= told(everything_on_disk(place))
    cache.remove_account(BOB)
    found |= told(everything_on_disk(place))
    cache.clear()
    found |= told(everything_on_disk(place))
    store.close()
    return found | told(everything_on_disk(place))


def test_no_file_tells_a_token_a_name_or_a_provider(tmp_path: Path, sqlite: SqliteStore) -> None:
    assert sign_ins_told(tmp_path, sqlite) == set()


def test_nor_does_redis_in_memory_in_its_dump_or_in_its_log(tmp_path: Path) -> None:
    with RedisServer(fsync="always") as server:
        server.url_file(tmp_path)
        with closing(open_redis(tmp_path)) as store:
            cache = TokenCache(store, clock=lambda: NOW)
            cache.save_sign_in(account(), token(expires_on=NOW * 2), refresh_token())
            with server.client() as client:
                client.save()
                stored = sum(client.type(key) == b"hash" for key in client.scan_iter())
        files = {
            str(path): path.read_bytes()
            for path in server.folder.rglob("*")
            if path.is_file() and path.suffix in {".rdb", ".aof"}
        }
        assert {Path(name).suffix for name in files} == {".rdb", ".aof"} and stored
        assert told(files | {"redis": server.everything()}) == set()


# -- what was changed behind the store's back ---------------------------------------------------


def edit(place: Path, sql: str, *values: Any) -> int:
    """Change the file as another program would."""
    with closing(sqlite3.connect(database(place), isolation_level=None)) as db:
        return db.execute(sql, values).rowcount


def column(place: Path, name: str, at: str = "1") -> list[Any]:
    with closing(sqlite3.connect(database(place))) as db:
        return [value for (value,) in db.execute(f"SELECT {name} FROM records WHERE {at} ORDER BY id")]  # noqa: S608


def read_after_each_change(place: Path, store: SqliteStore) -> list[Row]:
    """Every byte of a record is changed in turn, and its end cut off; what was read of it all the same."""
    put(store, row("victim"), row("other"))
    name, original = column(place, "key")[0], column(place, "sealed")[0]
    changes = [bytearray(original) for _ in original]
    for at, changed in enumerate(changes):
        changed[at] ^= 1 << (at % 8)
    cut = [b"", original[:1], original[:12], original[:28], original[:-1], original + b"\0"]
    found: list[Row] = []
    for content in [*map(bytes, changes), *cut]:
        assert edit(place, "UPDATE records SET sealed = ? WHERE key = ?", content, name) == 1
        rows = {found.key: found for found in store.rows("p")}
        assert rows.pop("other") == row("other")
        found += rows.values()
    edit(place, "UPDATE records SET sealed = ? WHERE key = ?", original, name)
    assert keys(store) == ["other", "victim"]
    return found


def test_a_record_with_any_byte_changed_is_gone_and_the_others_live(
    tmp_path: Path, sqlite: SqliteStore
) -> None:
    assert read_after_each_change(tmp_path, sqlite) == []
    assert sqlite.describe().notes == ()


def read_after_a_swap(place: Path, store: SqliteStore, pair: tuple[str, str]) -> set[str]:
    """Two records are swapped; which of the two were read where they do not belong."""
    put(store, row("a"), row("b"), row("c", "q"), row("d", "q"))
    ids = {name: number for number, name in enumerate("abcd", start=1)}
    one, other = (column(place, "sealed", f"id = {ids[name]}")[0] for name in pair)
    edit(place, "UPDATE records SET sealed = ? WHERE id = ?", other, ids[pair[0]])
    edit(place, "UPDATE records SET sealed = ? WHERE id = ?", one, ids[pair[1]])
    read = {*keys(store, "p"), *keys(store, "q")}
    assert set("abcd") - set(pair) <= read
    return read & set(pair)


@pytest.mark.parametrize("pair", [("a", "b"), ("a", "c")], ids=["one partition", "two partitions"])
def test_two_records_that_were_swapped_are_both_gone(
    tmp_path: Path, sqlite: SqliteStore, pair: tuple[str, str]
) -> None:
    assert read_after_a_swap(tmp_path, sqlite, pair) == set()


def test_without_the_defence_every_attack_gets_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_off(monkeypatch, "s04")
    made = {name: tmp_path / name for name in ("flip", "swap", "told")}
    with closing(open_store(made["flip"])) as store:
        assert any(found != row("victim") for found in read_after_each_change(made["flip"], store))
    with closing(open_store(made["swap"])) as store:
        assert read_after_a_swap(made["swap"], store, ("a", "b")) == {"a", "b"}
    found = {canary for _, canary in sign_ins_told(made["told"], open_store(made["told"]))}
    assert {ACCESS_TOKEN, REFRESH_TOKEN, USERNAME, ISSUER} <= found


CHANGES = {
    "kind": "UPDATE records SET kind = 2 WHERE id = 1",
    "a kind that is none": "UPDATE records SET kind = 77 WHERE id = 1",
    "kind as text": "UPDATE records SET kind = 'one' WHERE id = 1",
    "expiry": "UPDATE records SET expires_on = expires_on + 1 WHERE id = 1",
    "expiry as text": "UPDATE records SET expires_on = 'never' WHERE id = 1",
    "expiry as a float": "UPDATE records SET expires_on = expires_on + 0.5 WHERE id = 1",
    "name": "UPDATE records SET key = zeroblob(32) WHERE id = 1",
    "name as text": "UPDATE records SET key = 'k' WHERE id = 1",
    "seal as text": "UPDATE records SET sealed = 'text' WHERE id = 1",
    "seal as a number": "UPDATE records SET sealed = 5 WHERE id = 1",
    "seal as text that is none": "UPDATE records SET sealed = CAST(sealed AS TEXT) WHERE id = 1",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_no_column_of_a_record_can_be_changed(tmp_path: Path, sqlite: SqliteStore, change: str) -> None:
    put(sqlite, row("victim"), row("other"), row("elsewhere", "q"))
    edit(tmp_path, change)
    assert keys(sqlite) == ["other"] and keys(sqlite, "q") == ["elsewhere"]
    for kind in Kind:
        assert all(found.key != "victim" and found.kind is kind for found in sqlite.rows_of_kind(kind))


def test_no_record_can_be_moved_to_another_partition(tmp_path: Path, sqlite: SqliteStore) -> None:
    put(sqlite, row("victim"), row("other"), row("elsewhere", "q"))
    edit(tmp_path, "UPDATE records SET partition = (SELECT partition FROM records WHERE id = 3) WHERE id = 1")
    assert keys(sqlite) == ["other"] and keys(sqlite, "q") == ["elsewhere"]


def test_a_writer_who_comes_by_removes_what_is_broken(tmp_path: Path, sqlite: SqliteStore) -> None:
    put(sqlite, row("victim"), row("other"))
    edit(tmp_path, "UPDATE records SET sealed = zeroblob(60) WHERE id = 1")
    assert keys(sqlite) == ["other"] and len(column(tmp_path, "id")) == 2  # a reader writes nothing
    sqlite.update(lambda txn: txn.rows("p"), ("p",))
    assert len(column(tmp_path, "id")) == 1


def test_a_broken_record_of_a_person_asks_that_person_only(tmp_path: Path, sqlite: SqliteStore) -> None:
    cache = TokenCache(sqlite, clock=lambda: NOW)
    for who in (ADA, BOB):
        cache.save_sign_in(account(who, username=str(who)), token(), refresh_token())
    edit(tmp_path, "UPDATE records SET sealed = zeroblob(60) WHERE id IN (1, 2, 3)")
    assert cache.refresh_token(ADA) is None and cache.find_token(ADA, target(), fold=False) is None
    assert (
        [a.account_key for a in cache.accounts(CLIENT)]
        == [BOB]
        == [a.account_key for a in cache.all_accounts()]
    )
    assert cache.refresh_token(BOB) is not None
    cache.save_sign_in(account(), token(), refresh_token())
    assert len(cache.accounts(CLIENT)) == 2 and len(column(tmp_path, "id")) == 6

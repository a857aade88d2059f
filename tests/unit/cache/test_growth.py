"""What a lookup costs does not depend on how many records there are."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.cache.records import Kind
from jupyter_auth.cache.rows import account_row
from jupyter_auth.cache.seals.sealing import Sealer
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.cache.token_cache import LONG, TokenCache
from jupyter_auth.testing.store_contract import FAR, put
from tests.unit.cache.samples import (
    ADA,
    CLIENT,
    NOW,
    account,
    database,
    key,
    refresh_token,
    row,
    target,
    token,
)

SIZES = (10, 20_000)


def _save_refresh(cache: TokenCache) -> None:
    used = cache.refresh_token(ADA)
    assert used is not None
    cache.save_refresh(
        ADA, token=token(), used=used, rotated=refresh_token(), claims={"sub": "x"}, epoch=cache.store.epoch()
    )


LOOKUPS: dict[str, Callable[[TokenCache], object]] = {
    "an exact hit": lambda cache: cache.find_token(ADA, target(), fold=False),
    "a hit by a subset": lambda cache: cache.find_token(ADA, target("b"), fold=False),
    "a miss": lambda cache: cache.find_token(ADA, target("nothing"), fold=False),
    "a refresh token": lambda cache: cache.refresh_token(ADA),
    "the accounts": lambda cache: cache.accounts(CLIENT),
    "a sign-in": lambda cache: cache.save_sign_in(account(), token("a b c"), refresh_token()),
    "a refresh": _save_refresh,
    "a dropped refresh token": lambda cache: cache.drop_refresh_token(ADA, refresh_token()),
    "all accounts": lambda cache: cache.all_accounts(),
    "a sign-out": lambda cache: cache.remove_account(ADA),
}


def statements(sqlite: SqliteStore, act: Callable[[], object]) -> list[str]:
    """What the store asks of SQLite."""
    said: list[str] = []
    sqlite._file.db.set_trace_callback(said.append)
    try:
        act()
    finally:
        sqlite._file.db.set_trace_callback(None)
    return said


def _fill(sqlite: SqliteStore, size: int) -> TokenCache:
    cache = TokenCache(sqlite, clock=lambda: NOW)
    put(sqlite, *(row(f"{n}", f"others{n // 3}", Kind(1 + n % 2)) for n in range(size)))
    cache.save_sign_in(account(), token("a b c"), refresh_token())
    return cache


def test_no_lookup_asks_more_of_a_larger_store_and_none_reads_a_whole_table(
    tmp_path: Path, sqlite: SqliteStore
) -> None:
    asked: dict[int, dict[str, int]] = {}
    for size in SIZES:
        cache = _fill(sqlite, size)
        asked[size] = {}
        for name, lookup in LOOKUPS.items():
            said = statements(sqlite, lambda lookup=lookup, cache=cache: lookup(cache))  # type: ignore[misc]
            asked[size][name] = len(said)
            assert 0 < len(said) < 40, name
            _assert_indexed(tmp_path, said)
    assert asked[SIZES[0]] == asked[SIZES[1]]


def _assert_indexed(place: Path, said: list[str]) -> None:
    with closing(sqlite3.connect(database(place))) as db:
        for statement in said:
            if not statement.startswith(("SELECT", "DELETE")):
                continue
            plan = [detail for *_, detail in db.execute(f"EXPLAIN QUERY PLAN {statement}")]
            assert plan and all(line.startswith("SEARCH") for line in plan), (statement[:60], plan)


ALONE: dict[str, Callable[[TokenCache], object]] = {
    "an account": lambda cache: cache.account(ADA),
    **{name: LOOKUPS[name] for name in ("a sign-in", "a refresh", "a refresh token", "a sign-out")},
}


@pytest.mark.parametrize("name", ALONE)
@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_who_else_is_signed_in_to_an_application_costs_nothing(
    kind: str, name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = (
        request.getfixturevalue("sqlite") if kind == "sqlite" else request.getfixturevalue("redis_opened")()
    )
    cache = TokenCache(store, clock=lambda: NOW)
    opened: list[int] = []
    real = Sealer.open

    def open_and_count(self: Sealer, *args: Any) -> Any:
        opened[-1] += 1
        return real(self, *args)

    monkeypatch.setattr(Sealer, "open", open_and_count)
    for others in (LONG + 1, 3 * LONG):  # a short list is read by the way
        opened.append(0)
        cache.remove_account(ADA)
        put(store, *(account_row(account(key(f"subject-{n}"))) for n in range(others)))
        cache.save_sign_in(account(), token("a b c", expires_on=FAR), refresh_token())
        opened[-1] = 0
        ALONE[name](cache)
    assert 0 < opened[0] == opened[1]


def test_memory_is_asked_nothing_of_the_store(sqlite: SqliteStore) -> None:
    cache = _fill(sqlite, 10)
    assert cache.peek_token(ADA, target("a"), fold=False) is not None and cache.peek_accounts(CLIENT)
    said = statements(
        sqlite, lambda: (cache.peek_token(ADA, target("a"), fold=False), cache.peek_accounts(CLIENT))
    )
    assert said == []


@pytest.mark.parametrize("durable", [True, False])
def test_only_what_must_be_is_synced_at_once(sqlite: SqliteStore, durable: bool) -> None:
    said = statements(sqlite, lambda: put(sqlite, row(), durable=durable))
    assert f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}" in said

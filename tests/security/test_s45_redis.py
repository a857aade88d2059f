"""S45: the store in Redis: what it shows, what it makes of what others wrote there, and how it gets in."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_auth.cache.records import Kind
from jupyter_auth.cache.redis import reading as redis_reading
from jupyter_auth.cache.redis.store import RedisStore, wipe
from jupyter_auth.cache.store import Row
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.errors import CacheError, CacheSealError
from jupyter_auth.testing.store_contract import keys, make_row, put
from tests.support.redis_server import PASSWORD, RedisServer
from tests.unit.cache.conftest import OpenRedis
from tests.unit.cache.samples import (
    ADA,
    BOB,
    CANARIES,
    CLIENT,
    NOW,
    account,
    key_file,
    refresh_token,
    target,
    token,
)

FAR = 4_000_000_000


def row_keys(server: RedisServer) -> list[bytes]:
    with server.client() as client:
        return sorted(client.scan_iter(match="*:r:*"))


# -- what it shows ----------------------------------------------------------------------------


def test_nobody_is_named_and_nothing_can_be_read(redis_opened: OpenRedis, redis_server: RedisServer) -> None:
    store = redis_opened(user="canary-user")
    cache = TokenCache(store, clock=lambda: NOW)
    cache.save_sign_in(account(), token(expires_on=FAR), refresh_token())
    with store.lease(ADA.lease, 0):
        found = redis_server.everything()
    assert len(row_keys(redis_server)) == 3
    for canary in (*CANARIES, ADA.home_account_id, "canary", PASSWORD, str(redis_server.socket)):
        assert canary.encode() not in found
    cache.clear()
    found = redis_server.everything()
    assert row_keys(redis_server) == [] and b":p:" not in found and b":k:" not in found


def test_the_url_is_told_to_nobody(
    redis_opened: OpenRedis, redis_server: RedisServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    store = redis_opened()
    redis_server.pause()
    try:
        with pytest.raises(CacheError) as caught:
            store.rows("p")
    finally:
        redis_server.go_on()
    told = [repr(store), repr(store.describe()), repr(store._place), caplog.text, repr(caught.value)]
    told += [str(caught.value), caught.value.hint]
    for secret in (PASSWORD, str(redis_server.socket), "unix://"):
        assert not [text for text in told if secret in text]
    assert str(tmp_path / "redis-unix.url") in store.describe().location


def test_two_users_do_not_meet_even_with_one_key(redis_opened: OpenRedis) -> None:
    ada, bob = redis_opened(), redis_opened(user="bob")
    put(ada, make_row("k", n=1))
    put(bob, make_row("k", n=2))
    assert ada.rows("p") == [make_row("k", n=1)]
    ada.clear()
    assert bob.rows("p") == [make_row("k", n=2)]


def test_two_servers_of_one_user_have_one_store(redis_opened: OpenRedis) -> None:
    first, second = redis_opened(), redis_opened()
    put(first, make_row("k"))
    assert keys(second) == ["k"] and second.epoch() == first.epoch()
    second.clear()
    assert keys(first) == [] and second.epoch() == first.epoch()
    put(first, make_row("after"))
    assert keys(second) == ["after"]


# -- ends -------------------------------------------------------------------------------------


def test_what_ends_goes_by_itself(redis_opened: OpenRedis, redis_server: RedisServer) -> None:
    store, now = redis_opened(), int(time.time())
    ends = {"stays": 0, "soon": now + 4, "over": now - 5}
    put(store, *(_ending(name, end) for name, end in ends.items()))
    put(store, _ending("alone", now + 4, "q"))
    assert keys(store) == ["soon", "stays"]
    time.sleep(max(0.0, now + 4.1 - time.time()))
    assert keys(store) == ["stays"] and len(row_keys(redis_server)) == 1
    assert list(store.rows_of_kind(Kind.ACCESS_TOKEN)) == store.rows("p")
    put(store, _ending("stays", 0))
    with redis_server.client() as client:
        assert len(list(client.scan_iter(match="*:p:*"))) == 1  # with the next change nothing is left of q
    assert store.clear()[Kind.ACCESS_TOKEN] == 1


# -- what others wrote there ------------------------------------------------------------------


def test_blobs_that_were_swapped_do_not_open(redis_opened: OpenRedis, redis_server: RedisServer) -> None:
    store = redis_opened()
    cache = TokenCache(store, clock=lambda: NOW)
    for who, text in ((ADA, "adas"), (BOB, "bobs")):
        cache.save_sign_in(account(who), token(version=text, expires_on=FAR), refresh_token(text))
    names = row_keys(redis_server)
    with redis_server.client() as client:
        values = [client.get(name) for name in names]
        for name, value in zip(names, values[1:] + values[:1], strict=True):
            client.set(name, value)
    for who in (ADA, BOB):
        assert cache.refresh_token(who) is None and cache.find_token(who, target(), fold=False) is None
    assert cache.accounts(CLIENT) == () and cache.all_accounts() == ()


@pytest.mark.parametrize("change", ["a row's bits", "a row's kind", "a row's end", "another index"])
def test_what_was_changed_does_not_open_and_the_next_writer_removes_it(
    redis_opened: OpenRedis, redis_server: RedisServer, change: str
) -> None:
    store = redis_opened()
    put(store, make_row("k"))
    put(store, make_row("other", "q"))
    with redis_server.client() as client:
        (name,) = (n for n in row_keys(redis_server) if n.endswith(_name(store, "k")))
        value = client.get(name)
        if change == "another index":
            (index,) = client.scan_iter(match=b"*:p:" + _name(store, "q"))
            client.zadd(index, {_name(store, "k"): FAR})
            assert keys(store, "q") == ["other"]
            return
        new = {
            "a row's bits": value[:-1] + bytes([value[-1] ^ 1]),
            "a row's kind": b"2" + value[1:],
            "a row's end": value.replace(b" 4000000000 ", b" 4000000001 "),
        }[change]
        assert new != value
        client.set(name, new)
        assert keys(store) == []
        put(store, make_row("new"))
        assert keys(store) == ["new"] and not client.exists(name)


def test_a_value_of_512_mb_is_not_read(redis_opened: OpenRedis, redis_server: RedisServer) -> None:
    store = redis_opened()
    put(store, make_row("k"), make_row("other"))
    with redis_server.client() as client:
        (name,) = (n for n in row_keys(redis_server) if n.endswith(_name(store, "k")))
        client.setrange(name, 512 * 1024 * 1024 - 1, b"x")
        before = client.info("stats")["total_net_output_bytes"]
        assert keys(store) == ["other"]
        assert client.info("stats")["total_net_output_bytes"] - before < 100_000
        put(store, make_row("new"))
        assert not client.exists(name)


def test_more_rows_than_a_user_can_have_are_not_read(
    redis_opened: OpenRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_reading, "MAX_READ", 10_000)
    store = redis_opened()
    put(store, *(make_row(f"k{n}") for n in range(100)))
    with pytest.raises(CacheError) as caught:
        store.rows("p")
    assert caught.value.reason == "too_large"
    store.clear()
    assert store.rows("p") == []


def test_a_token_that_is_too_large_is_refused(redis_opened: OpenRedis) -> None:
    store = redis_opened()
    with pytest.raises(CacheError) as caught:
        put(store, make_row("k", text="x" * redis_reading.MAX_VALUE))
    assert caught.value.reason == "too_large" and store.rows("p") == []


def foreign(use: Callable[[], object]) -> bool:
    """Whether that is told to be somebody else's."""
    with pytest.raises(CacheError) as caught:
        use()
    return caught.value.reason == "redis_foreign"


@pytest.mark.parametrize("part", ["header", "k:1", "p:", "r:"])
def test_other_types_in_the_place_of_ours_are_a_typed_error_or_gone(
    redis_opened: OpenRedis, redis_server: RedisServer, part: str, tmp_path: Path
) -> None:
    store = redis_opened()
    put(store, make_row("k"))
    with redis_server.client() as client:
        for name in list(client.scan_iter(match=f"*:{part}*")):
            client.delete(name)
            client.rpush(name, "x")
    if part == "r:":
        assert store.rows("p") == []
    elif part == "k:1":
        refused = foreign(lambda: list(store.rows_of_kind(Kind.ACCESS_TOKEN)))
        assert refused and foreign(lambda: put(store, make_row("other")))
    else:
        assert foreign(lambda: store.rows("p")) and foreign(lambda: put(store, make_row("other")))
    wipe(tmp_path / "redis-unix.url", "ada")
    with redis_server.client() as client:
        assert client.dbsize() == 0
    put(store, make_row("after"))
    assert keys(store) == ["after"]


def test_a_redis_that_was_emptied_is_begun_anew(redis_opened: OpenRedis, redis_server: RedisServer) -> None:
    store = redis_opened()
    put(store, make_row("k"))
    epoch, generation = store.epoch(), store.generation.value
    with redis_server.client() as client:
        client.flushall()
    assert store.rows("p") == [] and store.epoch() > epoch and store.generation.value > generation
    with store.lease("x", 1):
        put(store, make_row("new"))
    assert keys(store) == ["new"]


# -- the key ----------------------------------------------------------------------------------


def test_another_key_opens_nothing(redis_opened: OpenRedis, tmp_path: Path) -> None:
    put(redis_opened(), make_row("k"))
    key_file(tmp_path).write_text("00" * 32)
    with pytest.raises(CacheSealError) as caught:
        redis_opened()
    assert "not the key that sealed" in str(caught.value)
    key_file(tmp_path).unlink()
    with pytest.raises(CacheSealError):
        redis_opened()
    assert not key_file(tmp_path).exists()  # none is made for a store that has one


def test_a_store_of_another_version_is_left_alone(
    redis_opened: OpenRedis, redis_server: RedisServer, tmp_path: Path
) -> None:
    redis_opened()
    with redis_server.client() as client:
        (header,) = client.scan_iter(match="*:header")
        client.hset(header, mapping={"schema": "3", "written_by": "9.9"})
        before = client.hgetall(header)
        with pytest.raises(CacheError) as caught:
            redis_opened()
        assert caught.value.reason == "schema" and "9.9" in str(caught.value)
        assert client.hgetall(header) == before
    wipe(tmp_path / "redis-unix.url", "ada")
    assert redis_opened().rows("p") == []


def _ending(name: str, end: int, partition: str = "p") -> Row:
    return Row(partition=partition, key=name, kind=Kind.ACCESS_TOKEN, value={"n": name}, expires_on=end)


def _name(store: RedisStore, key: str) -> bytes:
    """How a row or a partition is called there."""
    return store._opened().current.name(key).hex().encode()

"""S45: what others changed in Redis, bit by bit and row by row: it counts as gone, and all else goes on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_auth.cache.redis.header import RedisNames
from jupyter_auth.cache.redis.store import RedisStore
from jupyter_auth.core.errors import CacheError, CacheSealError
from jupyter_auth.testing.store_contract import keys, make_row, put
from tests.support.redis_server import RedisServer
from tests.unit.cache.conftest import OpenRedis
from tests.unit.cache.samples import key_file, open_redis


def name_of(store: RedisStore, key: str) -> bytes:
    prefix = store._names.prefix
    return f"{prefix}r:{store._opened().current.name(key).hex()}".encode()


def test_a_record_with_any_byte_changed_is_gone_and_the_others_live(
    redis_opened: OpenRedis, redis_server: RedisServer
) -> None:
    store = redis_opened()
    put(store, make_row("victim"), make_row("other"))
    name = name_of(store, "victim")
    with redis_server.client() as client:
        original = client.get(name)
        for at in range(len(original)):
            changed = bytearray(original)
            changed[at] ^= 1 << (at % 8)
            client.set(name, bytes(changed))
            assert keys(store) == ["other"], at
        for short in (b"", original[:1], original[:20], original[:-1], original + b"\0"):
            client.set(name, short)
            assert keys(store) == ["other"]
        client.set(name, original)
    assert keys(store) == ["other", "victim"] and store.describe().notes == ()


@pytest.mark.parametrize("pair", [("a", "b"), ("a", "c")], ids=["one partition", "two partitions"])
def test_two_records_that_were_swapped_are_both_gone(
    redis_opened: OpenRedis, redis_server: RedisServer, pair: tuple[str, str]
) -> None:
    store = redis_opened()
    put(store, make_row("a"), make_row("b"), make_row("c", "q"), make_row("d", "q"))
    one, other = (name_of(store, key) for key in pair)
    with redis_server.client() as client:
        mine, theirs = client.get(one), client.get(other)
        client.set(one, theirs)
        client.set(other, mine)
    assert sorted(keys(store, "p") + keys(store, "q")) == sorted(set("abcd") - set(pair))


FIELDS = ("data_key", "lease_key", "epoch", "seq", "schema", "key_id", "store_id")


def outcome(use: Callable[[], RedisStore]) -> str:
    """What comes of reading: rows, or the reason of the error, which advises something."""
    try:
        return "rows" if keys(use()) in (["k"], []) else "wrong"
    except CacheError as problem:
        return problem.reason if problem.hint else "no hint"


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("change", ["flipped", "gone", "long"])
def test_a_header_that_was_changed_is_a_typed_error_or_goes_on(
    redis_opened: OpenRedis, redis_server: RedisServer, field: str, change: str
) -> None:
    store = redis_opened()
    put(store, make_row("k"))
    with redis_server.client() as client:
        name = store._names.header
        value = client.hget(name, field)
        if change == "gone":
            client.hdel(name, field)
        else:
            flipped = value[:-1] + bytes([value[-1] ^ 1])
            client.hset(name, field, flipped if change == "flipped" else "x" * 9000)
    for use in (lambda: store, redis_opened):
        assert outcome(use) in {"rows", "redis_foreign", "schema", "seal_key_missing"}
    store.clear()
    put(store, make_row("after"))
    assert keys(store) == ["after"]


def test_the_store_of_another_user_in_the_place_of_one_s_own_opens_nothing(
    redis_opened: OpenRedis, redis_server: RedisServer, tmp_path: Path
) -> None:
    """All that is bob's, copied to where ada's would be; they even have one key file."""
    bob = redis_opened(user="bob")
    put(bob, make_row("bobs"))
    theirs, own = RedisNames("bob").prefix.encode(), RedisNames("ada").prefix.encode()
    with redis_server.client() as client:
        for name in list(client.scan_iter(match=theirs + b"*")):
            client.restore(name.replace(theirs, own), 0, client.dump(name), replace=True)
    with pytest.raises(CacheSealError) as caught:
        redis_opened()
    assert str(key_file(tmp_path)) in caught.value.message
    assert keys(bob) == ["bobs"]


def test_rows_of_another_user_among_one_s_own_open_nothing(
    redis_opened: OpenRedis, redis_server: RedisServer
) -> None:
    ada, bob = redis_opened(), redis_opened(user="bob")
    put(ada, make_row("k", n=1))
    put(bob, make_row("k", n=2))
    with redis_server.client() as client:
        client.set(name_of(ada, "k"), client.get(name_of(bob, "k")))
    assert keys(ada) == [] and bob.rows("p") == [make_row("k", n=2)]


def test_a_value_of_an_earlier_time_opens_as_what_it_was(
    redis_opened: OpenRedis, redis_server: RedisServer
) -> None:
    """One record put back is not noticed by its seal: the provider refuses what it has replaced."""
    store = redis_opened()
    put(store, make_row("k", n=1))
    name = name_of(store, "k")
    with redis_server.client() as client:
        before = client.get(name)
        put(store, make_row("k", n=2))
        client.set(name, before)
    assert store.rows("p") == [make_row("k", n=1)]


def test_a_store_is_opened_by_its_own_key_only(redis_opened: OpenRedis, tmp_path: Path) -> None:
    put(redis_opened(), make_row("k"))
    place = tmp_path / "another host"
    place.mkdir()
    with pytest.raises(CacheSealError):
        open_redis(place, tmp_path / "redis-unix.url")
    assert not key_file(place).exists()

"""Stores of schema 1: a file that 0.1.0.dev0 wrote, kept in ``schema1``, and Redis as it wrote there."""

import hashlib
import hmac
import json
import os
import shutil
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from jupyter_auth import __version__
from jupyter_auth.cache.redis.header import RedisNames
from jupyter_auth.cache.sqlite import header, migrations
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.errors import CacheError, CacheSealError
from jupyter_auth.testing.store_contract import keys
from tests.support.redis_server import RedisServer
from tests.unit.cache.conftest import OpenRedis
from tests.unit.cache.elsewhere import Elsewhere
from tests.unit.cache.samples import (
    ADA,
    BOB,
    CLIENT,
    NOW,
    database,
    key_file,
    open_store,
    set_aside,
    target,
)

KEPT = Path(__file__).parent / "schema1"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The kept store, as if it had been made here."""
    for file, kept in ((database(tmp_path), "tokens.db"), (key_file(tmp_path), "seal.key")):
        file.parent.mkdir(mode=0o700)
        shutil.copy(KEPT / kept, file)
        file.chmod(0o600)
    with closing(sqlite3.connect(database(tmp_path), isolation_level=None)) as db:
        location = str(key_file(tmp_path))
        db.execute("UPDATE header SET value = ? WHERE name = 'key_location'", (location,))
    return tmp_path


def header_of(place: Path) -> dict[str, object]:
    with closing(sqlite3.connect(database(place))) as db:
        return dict(db.execute("SELECT name, value FROM header"))


def assert_whole(store: SqliteStore) -> None:
    cache = TokenCache(store, clock=lambda: NOW)
    assert keys(store) == sorted(f"k{n}" for n in range(20))
    assert {found.username for found in cache.accounts(CLIENT)} == {"canary.ada@contoso.com", "bob"}
    texts = [(cache.refresh_token(who), cache.find_token(who, target(), fold=False)) for who in (ADA, BOB)]
    assert [(r.secret.reveal(), t.version) for r, t in texts if r and t] == [("old", "old"), ("bobs", "bobs")]


def test_a_file_of_schema_1_goes_on_with_all_that_it_holds(old: Path) -> None:
    before = header_of(old)
    assert before["schema"] == 1 and "lease_key" not in before
    with closing(open_store(old)) as store:
        assert_whole(store)
        assert store.describe().notes == () and store.epoch() == before["epoch"]
    after = header_of(old)
    assert (after["schema"], after["written_by"]) == (header.SCHEMA_VERSION, __version__)
    assert after["key_id"] == before["key_id"] and after["data_key"] != before["data_key"]
    with closing(open_store(old)) as store:
        assert_whole(store)
        assert store.rotate_key() == 26


def test_many_who_open_it_at_once_take_the_step_once(old: Path) -> None:
    with ExitStack() as stack:
        others = [stack.enter_context(Elsewhere(old)) for _ in range(4)]
        for other in others:
            other.begin("keys")
        assert [len(other.answer()) for other in others] == [20] * 4
        assert {other("refresh_token") for other in others} == {"old"}


def test_without_the_key_it_is_left_as_it_is(old: Path) -> None:
    content = database(old).read_bytes()
    key = key_file(old).read_text()
    key_file(old).write_text("ab" * 32)
    with pytest.raises(CacheSealError):
        open_store(old)
    assert database(old).read_bytes() == content and set_aside(old) == []
    key_file(old).write_text(key)
    with closing(open_store(old)) as store:
        assert_whole(store)


def test_a_step_that_fails_is_undone_whole(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step = migrations.MIGRATIONS[1]

    def fails(db: sqlite3.Connection, *args: object) -> None:
        step(db, *args)  # type: ignore[arg-type]
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setitem(migrations.MIGRATIONS, 1, fails)
        with pytest.raises(CacheError):
            open_store(old)
    assert header_of(old)["schema"] == 1 and set_aside(old) == []
    with closing(open_store(old)) as store:
        assert_whole(store)


def test_a_record_that_was_damaged_before_is_gone_and_the_others_are_not(old: Path) -> None:
    with closing(sqlite3.connect(database(old), isolation_level=None)) as db:
        db.execute("UPDATE records SET sealed = zeroblob(60) WHERE id = (SELECT max(id) FROM records)")
    with closing(open_store(old)) as store:
        assert keys(store) == sorted(f"k{n}" for n in range(19))
        assert len(TokenCache(store).accounts(CLIENT)) == 2


# -- Redis --------------------------------------------------------------------------------------


def write_schema_1(server: RedisServer, place: Path, user: str) -> None:
    """What the first version wrote for one record and a header."""
    master = os.urandom(32)
    key_file(place).parent.mkdir(mode=0o700, exist_ok=True)
    key_file(place).write_text(master.hex() + "\n")
    key_file(place).chmod(0o600)
    own = hmac.new(master, b"jupyter_auth/redis\0" + user.encode(), hashlib.sha256).digest()
    key_id = hmac.new(own, b"jupyter_auth/key-id", hashlib.sha256).hexdigest()[:16]
    data_key, nonce = os.urandom(32), os.urandom(12)
    wrapped = nonce + AESGCM(own).encrypt(nonce, data_key, b"jupyter_auth/data-key/v1\0" + key_id.encode())
    names = hmac.new(data_key, b"jupyter_auth/names", hashlib.sha256).digest()
    cipher = AESGCM(hmac.new(data_key, b"jupyter_auth/seal", hashlib.sha256).digest())
    name, partition = (hmac.digest(names, plain, "sha256") for plain in (b"k", b"p"))
    covered = b"jupyter_auth/record/v1\0" + f"{key_id}\x001\x000\0".encode() + name
    sealed = nonce + cipher.encrypt(nonce, json.dumps(["p", "k", {"n": "old"}]).encode(), covered)
    prefix = RedisNames(user).prefix
    with server.client() as client:
        counters = dict.fromkeys(("epoch", "seq", "fence", "generation"), 1_700_000_000_000)
        texts = {"schema": "1", "key_source": "file", "key_id": key_id, "written_by": "0.1.0.dev0"}
        client.hset(f"{prefix}header", mapping={**texts, **counters, "data_key": wrapped})
        client.set(f"{prefix}r:{name.hex()}", b"1 0 " + sealed)
        client.zadd(f"{prefix}p:{partition.hex()}", {name.hex(): float("inf")})
        client.zadd(f"{prefix}k:1", {f"{partition.hex()}:{name.hex()}": float("inf")})


def test_a_store_in_redis_goes_on_too(
    tmp_path: Path, redis_server: RedisServer, redis_opened: OpenRedis
) -> None:
    write_schema_1(redis_server, tmp_path, "ada")
    first, second = redis_opened(), redis_opened()
    for store in (first, second):
        assert [found.value for found in store.rows("p")] == [{"n": "old"}]
    with redis_server.client() as client:
        (name,) = client.scan_iter(match="*:header")
        assert client.hmget(name, "schema", "written_by") == [b"2", __version__.encode()]
        assert len(list(client.scan_iter(match="*:r:*"))) == 1
    assert first.rotate_key() == 1 and keys(second) == ["k"] and first.describe().notes == ()

"""An older copy of a store that is put back: what is noticed, and what a provider makes of it."""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.generation import Generation
from jupyter_auth.testing.store_contract import put
from tests.support.redis_server import RedisServer
from tests.unit.cache.conftest import OpenRedis
from tests.unit.cache.elsewhere import Elsewhere
from tests.unit.cache.samples import (
    ADA,
    CLIENT,
    NOW,
    account,
    database,
    key_file,
    open_store,
    refresh_token,
    row,
    token,
)

FAR = 4_000_000_000
OLDER = "The token store is older than it was"
CLEARED = "from before it was cleared was put back; it is cleared again"


def save(cache: TokenCache, text: str) -> None:
    """A rotation of ada's refresh token."""
    used = cache.refresh_token(ADA)
    assert used
    newer, rotated = token(version=text, expires_on=FAR), refresh_token(text)
    epoch = cache.store.epoch()
    assert cache.save_refresh(ADA, token=newer, used=used, rotated=rotated, claims=None, epoch=epoch)


def text_of(cache: TokenCache) -> str | None:
    found = cache.refresh_token(ADA)
    return found.secret.reveal() if found else None


def copy(place: Path) -> Path:
    """A backup of the store's folder, taken while nobody uses it."""
    kept = place / "backup"
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(place / "store", kept)
    return kept


def put_back(place: Path) -> None:
    shutil.rmtree(place / "store")
    shutil.copytree(place / "backup", place / "store")


def used(place: Path, use: Callable[[TokenCache], None] = lambda cache: None) -> tuple[str | None, str]:
    """Open the store and use it: whose refresh token it has, and what it says."""
    with closing(open_store(place)) as store:
        cache = TokenCache(store, clock=lambda: NOW)
        use(cache)
        return text_of(cache), " ".join(store.describe().notes)


def sign_in(cache: TokenCache) -> None:
    cache.save_sign_in(account(), token(expires_on=FAR), refresh_token("first"))


def test_one_from_before_a_rotation_is_told_and_used(tmp_path: Path) -> None:
    """Providers that do not rotate go on; the others answer ``invalid_grant``, and a person is asked."""
    used(tmp_path, sign_in)
    copy(tmp_path)
    used(tmp_path, lambda cache: save(cache, "second"))
    put_back(tmp_path)
    text, told = used(tmp_path)
    assert text == "first" and told.startswith(OLDER) and "asked for again" in told
    assert used(tmp_path) == ("first", "")  # it is told once
    put_back(tmp_path)
    assert used(tmp_path)[1].startswith(OLDER)  # and again, when it happens again


def test_one_from_before_a_clear_stays_cleared(tmp_path: Path) -> None:
    used(tmp_path, sign_in)
    copy(tmp_path)
    used(tmp_path, lambda cache: [cache.clear(), sign_in(cache)])  # type: ignore[func-returns-value, arg-type]
    put_back(tmp_path)
    with closing(open_store(tmp_path)) as store:
        cache = TokenCache(store, clock=lambda: NOW)
        assert CLEARED in store.describe().notes[0]
        assert text_of(cache) is None and cache.accounts(CLIENT) == ()
        sign_in(cache)
    assert used(tmp_path) == ("first", "")
    put_back(tmp_path)
    assert used(tmp_path)[0] is None


def test_one_that_is_put_back_under_a_running_server_is_noticed(tmp_path: Path) -> None:
    used(tmp_path, sign_in)
    copy(tmp_path)
    with closing(open_store(tmp_path)) as store:
        cache = TokenCache(store, clock=lambda: NOW)
        save(cache, "second")
        kernels = Generation(tmp_path / "store" / "generation")
        before = kernels.value
        put_back(tmp_path)
        assert text_of(cache) == "first" and store.describe().notes[0].startswith(OLDER)
        assert kernels.value > before  # they ask anew
        kernels.close()


def test_a_copy_that_is_as_new_is_not_spoken_of(tmp_path: Path) -> None:
    used(tmp_path, sign_in)
    copy(tmp_path)
    used(tmp_path, lambda cache: put(cache.store, row("an access token")))  # nothing is lost with it
    put_back(tmp_path)
    assert used(tmp_path) == ("first", "")


def test_what_cannot_be_noticed(tmp_path: Path) -> None:
    """The folder of the key was put back as well: nothing here knows of what was."""
    used(tmp_path, sign_in)
    copy(tmp_path)
    shutil.copytree(key_file(tmp_path).parent, tmp_path / "keys of then")
    used(tmp_path, lambda cache: save(cache, "second"))
    put_back(tmp_path)
    shutil.rmtree(key_file(tmp_path).parent)
    shutil.copytree(tmp_path / "keys of then", key_file(tmp_path).parent)
    assert used(tmp_path) == ("first", "")


def test_writers_at_once_and_a_kill_raise_no_false_alarm(tmp_path: Path) -> None:
    with Elsewhere(tmp_path) as one, Elsewhere(tmp_path) as other:
        for turn in range(15):
            for process in (one, other):
                process.begin("put", f"k{turn}", 100, True)
            assert one.answer() is other.answer() is None
            with closing(open_store(tmp_path)) as store:
                assert store.describe().notes == ()
        one.begin("put", "last", 100, True)
        one.kill()
        with closing(open_store(tmp_path)) as store:
            assert store.describe().notes == ()


def test_a_copy_that_is_used_elsewhere_goes_its_own_way(tmp_path: Path) -> None:
    """With the same key folder: what is done to the one is not done to the other."""
    with closing(open_store(tmp_path)) as store:
        put(store, row(), durable=True)
    shutil.copytree(tmp_path / "store", tmp_path / "copy")
    with closing(SqliteStore(tmp_path / "copy", key_file(tmp_path))) as another:
        assert another.clear()
    with closing(open_store(tmp_path)) as store:
        assert store.rows(row().partition) == [row()] and store.describe().notes == ()


@pytest.mark.parametrize("content", [b"", b"x", b"\xff" * 16, b"\x7f" * 20, b"\0" * 20, b"\0" * 4096])
def test_a_mark_that_is_damaged_stops_nothing(tmp_path: Path, content: bytes) -> None:
    used(tmp_path, sign_in)
    (mark,) = key_file(tmp_path).parent.glob(".*.mark")
    assert mark.stat().st_mode & 0o777 == 0o600
    mark.write_bytes(content)
    text, told = used(tmp_path)
    assert (text, told) == ("first", "")
    used(tmp_path, lambda cache: save(cache, "second"))
    assert used(tmp_path)[0] == "second"


def test_a_mark_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    used(tmp_path, sign_in)
    (mark,) = key_file(tmp_path).parent.glob(".*.mark")
    mark.unlink()
    mark.mkdir()
    used(tmp_path, lambda cache: save(cache, "second"))
    assert used(tmp_path) == ("second", "")


# -- Redis, which comes back with what it had last written to its disk ------------------------------------


def snapshot(server: RedisServer) -> dict[bytes, tuple[bytes, int]]:
    with server.client() as client:
        return {name: (client.dump(name), max(0, client.pttl(name))) for name in client.scan_iter(count=1000)}


def restore(server: RedisServer, kept: dict[bytes, tuple[bytes, int]]) -> None:
    with server.client() as client:
        client.flushall()
        for name, (value, life) in kept.items():
            client.restore(name, life, value)


def test_a_redis_that_comes_back_older_is_told(
    tmp_path: Path, redis_opened: OpenRedis, redis_server: RedisServer
) -> None:
    store = redis_opened()
    cache = TokenCache(store, clock=lambda: NOW)
    sign_in(cache)
    kept = snapshot(redis_server)
    save(cache, "second")
    restore(redis_server, kept)
    assert text_of(cache) == "first"
    (note,) = store.describe().notes
    assert "older state" in note and "asked for again" in note
    save(cache, "third")  # and it is gone on with
    restore(redis_server, kept)
    late = redis_opened()  # a server that was started after it
    assert (
        text_of(TokenCache(late, clock=lambda: NOW)) == "first" and "older state" in late.describe().notes[0]
    )
    assert database(tmp_path).exists() is False


def test_a_redis_that_comes_back_from_before_a_clear_is_cleared(
    redis_opened: OpenRedis, redis_server: RedisServer
) -> None:
    store = redis_opened()
    cache = TokenCache(store, clock=lambda: NOW)
    sign_in(cache)
    kept = snapshot(redis_server)
    cache.clear()
    restore(redis_server, kept)
    assert text_of(cache) is None and cache.accounts(CLIENT) == ()
    assert "it is cleared again" in store.describe().notes[0]
    sign_in(cache)
    assert text_of(TokenCache(redis_opened(), clock=lambda: NOW)) == "first"

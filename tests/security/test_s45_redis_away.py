"""S45: a Redis that stalls, goes or comes back: nobody waits, nothing is lost."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from jupyter_auth.cache.redis.header import RedisNames
from jupyter_auth.cache.redis.store import RedisStore
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.errors import CacheError
from jupyter_auth.testing.store_contract import keys, make_row, put
from tests.support import until, without_a_processor
from tests.support.redis_server import RedisServer
from tests.unit.cache.conftest import OpenRedis
from tests.unit.cache.samples import ADA, CLIENT, NOW, account, open_redis, refresh_token, target, token

FAR = 4_000_000_000
AT_ONCE = 1.5  # seconds: less than one command's limit, of 2 s
WITHIN = 3.5  # seconds: one command's limit, and a little


def failure(use: Callable[[], object]) -> tuple[str, float]:
    """Why it fails, and after how many seconds."""
    started = time.monotonic() - without_a_processor()
    with pytest.raises(CacheError) as caught:
        use()
    return caught.value.reason, time.monotonic() - without_a_processor() - started


def answers_again(store: RedisStore) -> None:
    until(lambda: store.describe().notes == ())


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of this test's own, to be ended."""
    with RedisServer() as server:
        server.url_file(tmp_path)
        yield server


@pytest.fixture
def opened_mortal(tmp_path: Path, mortal: RedisServer) -> Iterator[Callable[[], RedisStore]]:
    with ExitStack() as stack:

        def opened() -> RedisStore:
            store = open_redis(tmp_path)
            stack.callback(store.close)
            return store

        yield opened


# -- it stalls ----------------------------------------------------------------------------------


def test_one_that_stalls_costs_two_seconds_once_and_then_nothing(
    redis_opened: OpenRedis, redis_server: RedisServer
) -> None:
    store = redis_opened()
    put(store, make_row("k"))
    before = store.generation.value
    redis_server.pause()
    try:
        reason, took = failure(lambda: store.rows("p"))
        assert reason == "redis_unavailable" and took < WITHIN
        calls = (lambda: store.rows("p"), store.epoch, store.clear, lambda: put(store, make_row("new")))
        for call in calls:
            reason, took = failure(call)
            assert reason == "redis_unavailable" and took < AT_ONCE
        (note,) = store.describe().notes
        assert "does not answer" in note and "memory" in note
    finally:
        redis_server.go_on()
    answers_again(store)
    assert keys(store) == ["k"]
    until(lambda: store.generation.value > before)  # nobody knows what others did meanwhile


def test_memory_goes_on(redis_opened: OpenRedis, redis_server: RedisServer) -> None:
    cache = TokenCache(redis_opened(), clock=lambda: NOW)
    cache.save_sign_in(account(), token(version="v", expires_on=FAR), refresh_token())
    time.sleep(0.2)  # the bump of a new account has been heard
    assert cache.find_token(ADA, target(), fold=False) and cache.accounts(CLIENT)
    redis_server.pause()
    try:
        failure(lambda: cache.refresh_token(ADA))
        found = cache.peek_token(ADA, target(), fold=False)
        assert found is not None and found.version == "v" and cache.peek_accounts(CLIENT)
    finally:
        redis_server.go_on()


class Cutting:
    """A way to Redis that is cut in the middle of an answer, as often as there is one."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self.cuts = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._pass, args=self._listener.accept()[:1], daemon=True).start()

    def _pass(self, near: socket.socket) -> None:
        far = socket.socket(socket.AF_UNIX)
        with near, far, suppress(OSError):
            far.connect(str(self._target))
            threading.Thread(target=self._there, args=(near, far), daemon=True).start()
            while answer := far.recv(65536):
                if self.cuts:
                    near.sendall(answer[: len(answer) // 2])
                    return
                near.sendall(answer)

    @staticmethod
    def _there(near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while asked := near.recv(65536):
                far.sendall(asked)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def test_one_that_goes_in_the_middle_of_an_answer(redis_server: RedisServer, tmp_path: Path) -> None:
    """Half an answer is none: no half token, no half row, and what is in memory serves."""
    way = Cutting(redis_server.socket)
    file = redis_server.url_file(tmp_path, "tcp")
    port = urlsplit(file.read_text().strip()).port
    file.write_text(file.read_text().replace(f":{port}/", f":{way.port}/"))
    store = open_redis(tmp_path, file)
    cache = TokenCache(store, clock=lambda: NOW)
    cache.save_sign_in(account(), token(version="v", expires_on=FAR), refresh_token("kept"))
    assert cache.find_token(ADA, target(), fold=False) and text_in(cache) == "kept"
    way.cuts = True
    for use in (lambda: store.rows("p"), lambda: put(store, make_row("k")), store.epoch):
        assert failure(use)[0] == "redis_unavailable"
    found = cache.peek_token(ADA, target(), fold=False)
    assert found is not None and found.version == "v"
    way.cuts = False
    until(lambda: store.describe().notes == ())
    assert text_in(cache) == "kept"
    store.close()
    way.close()


# -- it comes back older ------------------------------------------------------------------------


def test_one_that_has_lost_acknowledged_changes_is_told(
    redis_opened: OpenRedis, redis_server: RedisServer
) -> None:
    store = redis_opened()
    put(store, make_row("before"))
    with redis_server.client() as client:
        header = RedisNames("ada").header
        older = client.dump(header)
        put(store, make_row("after"))
        store.generation.bump()
        store.generation.look()  # type: ignore[attr-defined]  # it has seen that change
        assert store.describe().notes == ()
        client.restore(header, 0, older, replace=True)  # as a restart without the end of its log
    until(lambda: store.describe().notes != ())
    assert "lost changes" in store.describe().notes[0] and "default" in store.describe().notes[0]


# -- it goes ------------------------------------------------------------------------------------


def test_one_that_goes_and_comes_back_empty_is_gone_on_with(
    mortal: RedisServer, opened_mortal: Callable[[], RedisStore]
) -> None:
    store = opened_mortal()
    put(store, make_row("k"))
    mortal.kill()
    reason, took = failure(lambda: store.rows("p"))
    assert reason == "redis_unavailable" and took < AT_ONCE
    mortal.start()
    answers_again(store)
    assert keys(store) == []
    put(store, make_row("new"))
    assert keys(store) == ["new"]


def test_a_store_may_be_opened_before_its_redis(
    mortal: RedisServer, opened_mortal: Callable[[], RedisStore]
) -> None:
    mortal.kill()
    store = opened_mortal()
    assert failure(lambda: store.rows("p"))[0] == "redis_unavailable"
    assert store.describe().notes
    mortal.start()
    answers_again(store)
    put(store, make_row("k"))
    assert keys(store) == ["k"]


def test_one_that_takes_no_changes_says_so(redis_opened: OpenRedis, redis_server: RedisServer) -> None:
    store = redis_opened()
    put(store, make_row("k"))
    with redis_server.client() as client:
        client.replicaof("127.0.0.1", 1)
        try:
            assert failure(lambda: put(store, make_row("new")))[0] == "redis_unavailable"
        finally:
            client.replicaof("NO", "ONE")
    assert keys(store) == ["k"] and "takes no changes" in store.describe().notes[0]
    put(store, make_row("new"))
    assert keys(store) == ["k", "new"] and store.describe().notes == ()


# -- a rotated refresh token --------------------------------------------------------------------


def rotate(cache: TokenCache, meanwhile: Callable[[], object]) -> str:
    """Why a rotation that began before ``meanwhile`` is not saved."""
    used, epoch = cache.refresh_token(ADA), cache.store.epoch()
    assert used is not None
    meanwhile()
    newer, rotated = token(version="new", expires_on=FAR), refresh_token("rotated")
    return failure(
        lambda: cache.save_refresh(ADA, token=newer, used=used, rotated=rotated, claims=None, epoch=epoch)
    )[0]


def text_in(cache: TokenCache) -> str | None:
    found = cache.refresh_token(ADA)
    return found.secret.reveal() if found else None


def test_one_that_was_not_saved_is_saved_when_redis_is_back(
    redis_opened: OpenRedis, redis_server: RedisServer
) -> None:
    cache = TokenCache(redis_opened(), clock=lambda: NOW)
    cache.save_sign_in(account(), token(expires_on=FAR), refresh_token())
    try:
        assert rotate(cache, redis_server.pause) == "not_saved"
        assert "not saved yet: 1" in cache.describe().notes[-1]
    finally:
        redis_server.go_on()
    other = TokenCache(redis_opened(), clock=lambda: NOW)
    until(lambda: text_in(other) == "rotated")
    until(lambda: cache.describe().notes == ())


def test_one_that_was_not_saved_does_not_come_back_after_a_clear(
    redis_opened: OpenRedis, redis_server: RedisServer
) -> None:
    cache, other = (TokenCache(redis_opened(), clock=lambda: NOW) for _ in range(2))
    cache.save_sign_in(account(), token(expires_on=FAR), refresh_token())
    with redis_server.client() as client:
        assert rotate(cache, lambda: client.replicaof("127.0.0.1", 1)) == "not_saved"
        client.replicaof("NO", "ONE")
    other.clear()
    until(lambda: cache.describe().notes == ())
    assert cache.refresh_token(ADA) is None and cache.accounts(CLIENT) == ()

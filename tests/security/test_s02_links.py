"""S2: no link is followed: O_NOFOLLOW, regular file, one link."""

import os
import socket
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.broker.storage import open_store as open_at_usual_place
from jupyter_auth.cache.own_generation import own_generation
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.core.errors import CacheError, CacheSealError, NoSafeStoreError
from jupyter_auth.core.generation import Generation
from jupyter_auth.testing.store_contract import keys, put
from tests.support import Kernel, place
from tests.unit import in_the_way
from tests.unit.cache.conftest import OpenStore
from tests.unit.cache.samples import database, key_file, open_store, row, set_aside
from tests.unit.in_the_way import Make

EACH_THING = pytest.mark.parametrize("make", in_the_way.THINGS, ids=lambda f: f.__name__)
LETTER = "somebody's letter"


@EACH_THING
@pytest.mark.parametrize("name", ["tokens.db", "tokens.db-wal", "tokens.db-shm", "generation"])
def test_no_link_is_followed_and_nothing_strange_is_opened(tmp_path: Path, name: str, make: Make) -> None:
    other = tmp_path / "other"
    other.write_text(LETTER)
    path = tmp_path / "store" / name
    path.parent.mkdir()
    make(path, other)
    with pytest.raises(NoSafeStoreError) as caught:
        open_store(tmp_path)
    assert str(path) in str(caught.value) and caught.value.hint
    assert other.read_text() == LETTER and not (tmp_path / "nothing").exists()
    assert set_aside(tmp_path) == []


@EACH_THING
@pytest.mark.parametrize("name", ["seal.key", ".lock"])
def test_nor_where_the_key_is_made(tmp_path: Path, name: str, make: Make) -> None:
    (other := tmp_path / "other").write_text("cd" * 32)
    key_file(tmp_path).parent.mkdir()
    make(key_file(tmp_path).with_name(name), other)
    if make is in_the_way.dangling and name == "seal.key":  # what leads nowhere is replaced, not followed
        open_store(tmp_path).close()
        assert not key_file(tmp_path).is_symlink() and not (tmp_path / "nothing").exists()
        return
    with pytest.raises(CacheError) as caught:
        open_store(tmp_path)
    assert str(key_file(tmp_path).with_name(name)) in str(caught.value)
    assert other.read_text() == "cd" * 32 and not (tmp_path / "nothing").exists()


@EACH_THING
def test_what_is_in_the_way_of_a_key_s_draft_goes_and_is_not_written_to(tmp_path: Path, make: Make) -> None:
    (other := tmp_path / "other").write_text(LETTER)
    key_file(tmp_path).parent.mkdir()
    make(key_file(tmp_path).with_name(".seal.key.new"), other)
    if make is in_the_way.folder:
        with pytest.raises(NoSafeStoreError):
            open_store(tmp_path)
        return
    open_store(tmp_path).close()
    assert len(bytes.fromhex(key_file(tmp_path).read_text())) == 32
    assert other.read_text() == LETTER and not (tmp_path / "nothing").exists()


@EACH_THING
def test_nor_where_a_lease_is_taken(tmp_path: Path, opened: OpenStore, make: Make) -> None:
    (other := tmp_path / "other").write_text(LETTER)
    store = opened()
    with store.lease("ada", 1):
        (lease,) = (tmp_path / "store" / "leases").iterdir()
    lease.unlink(missing_ok=True)
    make(lease, other)
    with pytest.raises(NoSafeStoreError, match=lease.name), store.lease("ada", 1):
        pass
    assert other.read_text() == LETTER and not (tmp_path / "nothing").exists()


@EACH_THING
def test_nor_where_the_mark_of_a_store_is_written(tmp_path: Path, opened: OpenStore, make: Make) -> None:
    """It fails nobody, and writes to nobody's file either."""
    (other := tmp_path / "other").write_text(LETTER)
    put(opened(), row(), durable=True)
    (mark,) = key_file(tmp_path).parent.glob(".*.mark")
    mark.unlink()
    make(mark, other)
    with closing(open_store(tmp_path)) as store:
        put(store, row("more"), durable=True)
        assert keys(store) == ["k", "more"]
    assert other.read_text() == LETTER and not (tmp_path / "nothing").exists()


@EACH_THING
def test_nor_where_a_kernel_maps_the_generation(tmp_path: Path, make: Make) -> None:
    (other := tmp_path / "other").write_text("")  # eight bytes would be written into it
    make(tmp_path / "generation", other)
    with pytest.raises(OSError, match="generation"):
        Generation(tmp_path / "generation")
    assert other.read_text() == ""


@EACH_THING
def test_nor_where_redis_is_told_of(tmp_path: Path, make: Make) -> None:
    (other := tmp_path / "other").write_text("redis://127.0.0.1:1/0")
    other.chmod(0o600)
    make(tmp_path / "redis.url", other)
    settings = Settings(store="redis", redis_url_file=str(tmp_path / "redis.url"))
    with closing(open_at_usual_place(settings)) as store:
        told = store.describe()
    assert told.name == "memory" and "redis.url" in told.notes[0]


@EACH_THING
@pytest.mark.parametrize("name", ["store", "run"])
def test_the_folder_is_no_link_and_no_file(tmp_path: Path, name: str, make: Make) -> None:
    other = tmp_path / "other"
    if make is in_the_way.hard_link:
        other.write_text("x")
    else:
        other.mkdir()
    make(tmp_path / name, other)
    if make is in_the_way.folder:
        open_store(tmp_path).close()
        return
    if name == "run":
        assert own_generation(tmp_path / name) is None
    else:
        with pytest.raises(NoSafeStoreError, match=name):
            open_store(tmp_path)
    assert other.is_file() or list(other.iterdir()) == []


def test_a_link_that_takes_the_place_of_an_open_store_is_not_followed(
    tmp_path: Path, sqlite: SqliteStore
) -> None:
    other = database(tmp_path).rename(tmp_path / "moved")
    database(tmp_path).symlink_to(other)
    with pytest.raises(NoSafeStoreError):
        put(sqlite, row())
    database(tmp_path).unlink()
    put(sqlite, row())
    assert keys(sqlite) == ["k"]


# -- a server ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [*in_the_way.THINGS], ids=lambda f: f.__name__)
def test_a_server_says_what_lies_where_its_files_would_be(make: Make) -> None:
    """Its store and its key at once; kernels are told, and nothing is written."""
    with place() as made:
        (other := made.root / "other").write_text(LETTER)
        for folder in (made.store, made.config / "jupyter_auth"):
            folder.mkdir()
        for path in (made.store / "tokens.db", made.config / "jupyter_auth" / "seal.key"):
            make(path, other)
        with made.server() as server:
            notes = server.get("jupyter_auth/v1/status").json()["store"]["notes"]
            kernel = Kernel(server)
            assert kernel.run("import jupyter_auth as ja", "len(ja.get_accounts())") == 0
            kernel.close()
        assert str(made.store / "tokens.db") in notes[0] and "in memory only" in notes[0]
        assert other.read_text() == LETTER and not (made.root / "nothing").exists()


@EACH_THING
def test_a_socket_s_path_is_taken_and_nothing_behind_it_is_touched(tmp_path: Path, make: Make) -> None:
    """``bind`` follows no link; what lies there is unlinked by its name, or the socket is refused."""
    from jupyter_auth.broker.channel.channel import KernelChannel, server_socket

    (other := tmp_path / "other").write_text(LETTER)
    other.chmod(0o640)
    channel = KernelChannel(server_socket(tmp_path), None)  # type: ignore[arg-type]
    make(channel.path, other)
    if make is in_the_way.folder:
        with pytest.raises(OSError, match=channel.path.name):
            channel.bind()
        return
    with closing(channel.bind()) as sock:
        assert sock.family == socket.AF_UNIX and channel.path.is_socket()
        assert channel.path.lstat().st_mode & 0o777 == 0o600
    assert other.read_text() == LETTER and other.stat().st_mode & 0o777 == 0o640


def test_a_key_that_became_a_link_is_named(tmp_path: Path, opened: OpenStore) -> None:
    put(opened(), row())
    key_file(tmp_path).symlink_to(key_file(tmp_path).rename(tmp_path / "moved"))
    with pytest.raises(CacheSealError, match=r"seal\.key"):
        open_store(tmp_path)
    assert os.path.lexists(key_file(tmp_path))

"""Modes, links and keys: what lies on disk is this user's own and closed to others, or is not used."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_auth.cache import places
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.core.errors import CacheError, CacheSealError, NoSafeStoreError
from jupyter_auth.testing.store_contract import keys, put
from tests.unit import in_the_way
from tests.unit.cache.conftest import OpenStore
from tests.unit.cache.samples import database, key_file, open_store, row, set_aside
from tests.unit.in_the_way import Make


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o007], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    old = os.umask(request.param)
    yield
    os.umask(old)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def assert_closed_to_others(place: Path) -> None:
    for path in place.rglob("*"):
        assert mode(path) == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.usefixtures("umask")
def test_everything_is_private_whatever_the_umask(tmp_path: Path) -> None:
    place = tmp_path / "made" / "on the way"
    with closing(open_store(place)) as store:
        put(store, row())
        names = {path.name for path in place.rglob("*")}
        assert {"tokens.db", "tokens.db-wal", "tokens.db-shm", "generation", "seal.key"} <= names
        assert_closed_to_others(tmp_path)
        database(place).with_name("tokens.db").read_bytes()
    assert_closed_to_others(tmp_path)


@pytest.mark.parametrize("too_open", [(0o777, 0o666), (0o755, 0o644), (0o500, 0o400)], ids=str)
def test_what_was_made_too_open_or_too_closed_is_corrected(
    tmp_path: Path, opened: OpenStore, too_open: tuple[int, int]
) -> None:
    store = opened()
    put(store, row())
    for path in tmp_path.rglob("*"):
        path.chmod(too_open[path.is_file()])
    put(opened(), row("second"))
    for path in [tmp_path / "store", *tmp_path.rglob("*")]:
        if path.name not in {
            ".lock",
            "keys",
        }:  # the one is corrected when it is taken, the other may be shared
            assert mode(path) == (0o700 if path.is_dir() else 0o600), path
    assert keys(store) == ["k", "second"]


def test_an_empty_file_that_lay_there_open_to_all_is_closed_before_it_is_used(tmp_path: Path) -> None:
    for path in (database(tmp_path), key_file(tmp_path), database(tmp_path).with_name("generation")):
        path.parent.mkdir(exist_ok=True, mode=0o777)
        path.parent.chmod(0o777)
    database(tmp_path).touch()
    database(tmp_path).chmod(0o666)
    with closing(open_store(tmp_path)) as store:
        put(store, row())
    assert_closed_to_others(tmp_path)


# -- links and other things ---------------------------------------------------------------------


EACH_THING = pytest.mark.parametrize("make", in_the_way.THINGS, ids=lambda f: f.__name__)


@EACH_THING
@pytest.mark.parametrize("name", ["tokens.db", "tokens.db-wal", "tokens.db-shm", "generation"])
def test_no_link_is_followed_and_nothing_strange_is_opened(tmp_path: Path, name: str, make: Make) -> None:
    other = tmp_path / "other"
    other.write_text("somebody's letter")
    path = tmp_path / "store" / name
    path.parent.mkdir()
    make(path, other)
    with pytest.raises(NoSafeStoreError) as caught:
        open_store(tmp_path)
    assert str(path) in str(caught.value) and caught.value.hint
    assert other.read_text() == "somebody's letter" and not (tmp_path / "nothing").exists()
    assert set_aside(tmp_path) == []


@EACH_THING
def test_the_folder_is_no_link_and_no_file(tmp_path: Path, make: Make) -> None:
    other = tmp_path / "other"
    if make is in_the_way.hard_link:
        other.write_text("x")
    else:
        other.mkdir()
    make(tmp_path / "store", other)
    if make is in_the_way.folder:
        open_store(tmp_path).close()
        return
    with pytest.raises(NoSafeStoreError, match="store"):
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


def _somebody_elses(path: Path, system: str) -> Path:
    """``path``, given away where we may do that; else what belongs to the system."""
    if os.geteuid() != 0:
        return Path(system)
    os.chown(path, 12345, 12345)
    return path


def test_what_belongs_to_somebody_else_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    file, folder = (
        _somebody_elses(tmp_path / "file", "/etc/passwd"),
        _somebody_elses(tmp_path / "folder", "/"),
    )
    before = mode(file), mode(folder)
    for check, path in (
        (places.private_folder, folder),
        (places.check_private_file, file),
        (places.ensure_private_file, file),
        (lambda path: places.read_private(path, 9), file),
    ):
        with pytest.raises(NoSafeStoreError, match="another user"):
            check(path)
    assert (mode(file), mode(folder)) == before


# -- the sealing key ----------------------------------------------------------------------------


def _missing(path: Path) -> None:
    path.unlink()


def _no_folder(path: Path) -> None:
    path.unlink()
    path.parent.rmdir()


def _another(path: Path) -> None:
    path.write_text("ab" * 32 + "\n")


def _short(path: Path) -> None:
    path.write_text(path.read_text()[:32])


def _long(path: Path) -> None:
    path.write_text(path.read_text().strip() + "00")


def _empty(path: Path) -> None:
    path.write_text("")


def _no_hex(path: Path) -> None:
    path.write_text("not a key at all, but as long as one would be in hexadecimal....")


def _binary(path: Path) -> None:
    path.write_bytes(bytes(range(128, 192)))


def _linked(path: Path) -> None:
    path.symlink_to(path.rename(path.with_name("moved")))


def _second_name(path: Path) -> None:
    path.with_name("second").hardlink_to(path)


def _key_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _key_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    "change",
    [
        _missing, _no_folder, _another, _short, _long, _empty, _no_hex, _binary, _linked, _second_name,
        _key_fifo, _key_folder,
    ],
    ids=lambda f: f.__name__,
)  # fmt: skip
def test_a_store_without_its_key_says_which_key_and_makes_no_other(
    tmp_path: Path, opened: OpenStore, change: Callable[[Path], None]
) -> None:
    store = opened()
    put(store, row())
    store.close()
    key = key_file(tmp_path).read_bytes()
    for lock in tmp_path.rglob(".lock"):
        lock.unlink()
    change(key_file(tmp_path))
    left = key_file(tmp_path).read_bytes() if key_file(tmp_path).is_file() else None
    for _ in range(2):
        with pytest.raises(CacheSealError) as caught:
            opened()
        assert str(key_file(tmp_path)) in str(caught.value) and caught.value.hint
        assert key.decode().strip() not in str(caught.value)
    assert (key_file(tmp_path).read_bytes() if key_file(tmp_path).is_file() else None) == left
    assert set_aside(tmp_path) == []
    _put_back(tmp_path, key)
    assert keys(opened()) == ["k"]


def _put_back(place: Path, key: bytes) -> None:
    path = key_file(place)
    for old in path.parent.glob("*"):
        old.rmdir() if old.is_dir() else old.unlink()
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(key)


@pytest.mark.parametrize("change", [_short, _no_hex, _linked, _key_fifo], ids=lambda f: f.__name__)
def test_a_new_store_takes_no_unsafe_key(tmp_path: Path, change: Callable[[Path], None]) -> None:
    key_file(tmp_path).parent.mkdir()
    key_file(tmp_path).write_text("cd" * 32)
    change(key_file(tmp_path))
    with pytest.raises(CacheError, match=r"seal\.key"):
        open_store(tmp_path)


def test_a_new_store_takes_the_key_there_is(tmp_path: Path, opened: OpenStore) -> None:
    key_file(tmp_path).parent.mkdir()
    key_file(tmp_path).write_text("cd" * 32)
    put(opened(), row())
    assert key_file(tmp_path).read_text() == "cd" * 32
    assert opened().describe().key_source == f"file {key_file(tmp_path)}"


def test_a_copied_folder_opens_nothing(tmp_path: Path, opened: OpenStore) -> None:
    put(opened(), row())
    key_file(tmp_path).rename(tmp_path / "elsewhere")
    with pytest.raises(CacheSealError):
        SqliteStore(tmp_path / "store", tmp_path / "new" / "seal.key")
    assert not (tmp_path / "new").exists()


def test_a_half_written_key_of_a_crash_is_replaced(tmp_path: Path, opened: OpenStore) -> None:
    key_file(tmp_path).parent.mkdir()
    (key_file(tmp_path).parent / ".seal.key.new").write_text("ab")
    put(opened(), row())
    assert len(bytes.fromhex(key_file(tmp_path).read_text())) == 32
    assert not (key_file(tmp_path).parent / ".seal.key.new").exists()


def test_keys_are_never_made_twice(tmp_path: Path) -> None:
    folder = places.private_folder(tmp_path / "keys")
    places.create_private(folder / "k", b"first")
    places.create_private(folder / "k", b"second")
    assert places.read_private(folder / "k", 100) == b"first"
    assert places.process_name() != places.process_name()

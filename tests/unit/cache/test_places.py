"""Keys and other private files: what a crash leaves, what is made once."""

from pathlib import Path

from jupyter_auth.cache import places
from jupyter_auth.testing.store_contract import put
from tests.unit.cache.conftest import OpenStore
from tests.unit.cache.samples import key_file, row


def test_a_new_store_takes_the_key_there_is(tmp_path: Path, opened: OpenStore) -> None:
    key_file(tmp_path).parent.mkdir()
    key_file(tmp_path).write_text("cd" * 32)
    put(opened(), row())
    assert key_file(tmp_path).read_text() == "cd" * 32
    assert opened().describe().key_source == f"file {key_file(tmp_path)}"


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

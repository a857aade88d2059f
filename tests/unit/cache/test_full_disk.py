"""A disk that takes no more: a typed error, the old data as it was, and work goes on when there is room.

The disk is a limit on the size of any file of the other process, which needs neither root nor a mount.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.testing.store_contract import keys, put
from tests.unit.cache.conftest import OpenStore
from tests.unit.cache.elsewhere import Elsewhere
from tests.unit.cache.samples import database, key_file, row, set_aside

OLD = ["old0", "old1", "old2"]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Elsewhere]:
    with Elsewhere(tmp_path) as process:
        yield process


def fails(answer: object) -> bool:
    """True for the typed error of a store; it is never "damaged" for want of room."""
    return isinstance(answer, dict) and answer["error"] in {"cache_error", "no_safe_store"}


@pytest.mark.parametrize("durable", [True, False])
def test_a_write_that_finds_no_room_is_undone_and_told(
    tmp_path: Path, elsewhere: Elsewhere, opened: OpenStore, durable: bool
) -> None:
    for name in OLD:
        elsewhere("put", name, 100, True)
    elsewhere("limit", database(tmp_path).with_name("tokens.db-wal").stat().st_size + 5000)
    answers = [elsewhere("put", f"new{n}", 20_000, durable) for n in range(5)]
    assert all(fails(answer) for answer in answers)
    assert elsewhere("keys") == OLD
    assert elsewhere("notes") == [] and set_aside(tmp_path) == []
    elsewhere("limit", -1)
    assert elsewhere("put", "with room", 20_000, durable) is None
    assert keys(opened()) == [*OLD, "with room"]


def test_writes_go_on_failing_until_one_fits(elsewhere: Elsewhere) -> None:
    """Each acknowledged write is there, and no refused one, wherever exactly the room ends."""
    acknowledged = []
    elsewhere("put", "first", 10, True)
    for turn in range(40):
        elsewhere("limit", 40_000 + 1_000 * turn)
        if not fails(elsewhere("put", f"{turn:02}", 1_500, turn % 2 == 0)):
            acknowledged.append(f"{turn:02}")
    assert 0 < len(acknowledged) < 40
    assert elsewhere("keys") == [*acknowledged, "first"]
    elsewhere("limit", -1)
    assert elsewhere("keys") == [*acknowledged, "first"]
    assert elsewhere("notes") == []


def test_a_sign_in_and_a_rotation_that_cannot_be_saved_are_errors(elsewhere: Elsewhere) -> None:
    elsewhere("sign_in", "old")
    elsewhere("limit", 0)
    assert fails(elsewhere("refresh", "rotated", elsewhere("epoch")))
    assert fails(elsewhere("sign_in", "new", "bob"))
    assert elsewhere("peek") == "old"  # what is in memory still serves
    assert fails(elsewhere("refresh_token"))  # what the store holds would be taken for stolen
    elsewhere("limit", -1)
    assert elsewhere("refresh_token") == "rotated" and elsewhere("accounts") == ["ada"]


def test_a_clear_needs_no_room(tmp_path: Path, elsewhere: Elsewhere, opened: OpenStore) -> None:
    for _ in range(4):
        elsewhere("sign_in", "old")
    log = database(tmp_path).with_name("tokens.db-wal").stat().st_size
    assert log > 60_000
    elsewhere("limit", log)
    assert fails(elsewhere("put", "k", 20_000, True))
    assert elsewhere("clear") == 3
    assert elsewhere("accounts") == [] and elsewhere("notes") == []
    elsewhere("sign_in", "new")
    assert [found.username for found in TokenCache(opened()).all_accounts()] == ["ada"]


def test_a_clear_wipes_even_where_no_new_store_can_be_made(
    tmp_path: Path, elsewhere: Elsewhere, opened: OpenStore
) -> None:
    store = opened()
    elsewhere("sign_in", "old")
    assert len(TokenCache(store).all_accounts()) == 1
    generation = elsewhere("generation")
    elsewhere("limit", 0)
    assert fails(elsewhere("clear"))
    assert elsewhere("peek") is None and elsewhere("generation") > generation
    assert TokenCache(store).all_accounts() == ()  # another process, which had the old file open
    elsewhere("limit", -1)
    assert elsewhere("accounts") == [] and elsewhere("clear") == 0


@pytest.mark.parametrize("room", [0, 4, 8, 70, 4096, 8192, 20_000])
def test_a_store_that_cannot_be_made_is_an_error_and_made_later(
    tmp_path: Path, elsewhere: Elsewhere, room: int
) -> None:
    elsewhere("limit", room)
    assert fails(elsewhere("open"))
    elsewhere("limit", -1)
    assert elsewhere("open") is None and elsewhere("put", "k", 10, True) is None
    assert elsewhere("keys") == ["k"] and elsewhere("notes") == []
    assert len(bytes.fromhex(key_file(tmp_path).read_text())) == 32


def test_a_store_that_cannot_be_opened_for_want_of_room_is_left_as_it_is(
    tmp_path: Path, elsewhere: Elsewhere, opened: OpenStore
) -> None:
    store = opened()
    put(store, *(row(name) for name in OLD))
    store.close()
    content = database(tmp_path).read_bytes()
    elsewhere("limit", 0)
    assert fails(elsewhere("open"))
    assert database(tmp_path).read_bytes() == content and set_aside(tmp_path) == []
    elsewhere("limit", -1)
    assert elsewhere("keys") == OLD

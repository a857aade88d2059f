"""The pieces of sealing: seals, names, master keys."""

import pytest

from jupyter_auth.cache.seals.sealing import BrokenSealError, MasterKey, Sealer
from tests.unit.cache.samples import NOW, row


def test_each_seal_is_another() -> None:
    sealer = Sealer(b"k" * 32, "id")
    seals = {sealer.seal(b"n", row()) for _ in range(200)}
    assert len(seals) == 200 and len({seal[:12] for seal in seals}) == 200


def test_a_seal_opens_under_its_own_key_only() -> None:
    one, other, third = Sealer(b"k" * 32, "id"), Sealer(b"K" * 32, "id"), Sealer(b"k" * 32, "ID")
    sealed = one.seal(b"n", row())
    assert one.open(b"n", 1, NOW, sealed) == row()
    for sealer in (other, third):
        with pytest.raises(BrokenSealError):
            sealer.open(b"n", 1, NOW, sealed)
    assert one.name("p") == third.name("p") != other.name("p")


def test_a_master_key_shows_nothing_and_wraps_for_itself_only() -> None:
    master = MasterKey(b"\x41" * 32, "file", "/k")
    assert "A" * 8 not in repr(master) and "41" * 4 not in repr(master)
    assert master.unwrap(master.wrap(b"d" * 32)) == b"d" * 32
    for broken in (
        b"",
        b"x",
        master.wrap(b"d" * 32)[:-1],
        MasterKey(b"\x42" * 32, "file", "/k").wrap(b"d" * 32),
    ):
        with pytest.raises(BrokenSealError):
            master.unwrap(broken)

"""Stores that other packages bring, by entry points."""

import sys
from pathlib import Path

import pytest

from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.broker.storage import open_store

MODULE = """
from jupyter_auth.cache.memory import MemoryStore

def open_store(settings):
    return MemoryStore(notes=("of " + settings.store,))

def broken(settings):
    raise RuntimeError("canary-secret")
"""
POINTS = "[jupyter_auth.stores]\nvault = vault_of_a_test:open_store\nbroken = vault_of_a_test:broken\n"


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another package, installed."""
    info = tmp_path / "vault_of_a_test-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: vault-of-a-test\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(POINTS)
    (tmp_path / "vault_of_a_test.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "vault_of_a_test", raising=False)


def notes(store: str) -> tuple[str, ...]:
    opened = open_store(Settings(store=store))
    try:
        return opened.describe().notes
    finally:
        opened.close()


def test_it_is_opened_with_the_settings() -> None:
    assert notes("vault") == ("of vault",)


def test_one_that_fails_is_told_without_its_words() -> None:
    (note,) = notes("broken")
    assert "memory only" in note and "RuntimeError" in note and "canary" not in note

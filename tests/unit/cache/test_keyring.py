"""The key in a desktop's keyring: GNOME's daemon on a D-Bus session of the test's own."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_auth.cache.seals import keyrings
from tests.support.keyring_session import KeyringSession
from tests.unit.cache.elsewhere import Elsewhere
from tests.unit.cache.samples import database, key_file

TAKEN = "keyring: taken (jupyter-token-broker/seal-key)"


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyringSession]:
    with KeyringSession() as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


def test_the_keyring_keeps_the_key_and_no_file_does(tmp_path: Path, session: KeyringSession) -> None:
    with Elsewhere(tmp_path) as process:
        source, (operator, keyring) = process("key")
        assert (
            source == "keyring seal-key" and keyring == TAKEN and operator.startswith("operator's file: none")
        )
        assert process("put", "k", 10, True) is None
    assert not key_file(tmp_path).exists()
    with Elsewhere(tmp_path) as process:
        assert process("keys") == ["k"]
    with Elsewhere(tmp_path / "another") as process:  # stores of one user share it
        assert process("key")[0] == "keyring seal-key"
    with Elsewhere(tmp_path) as process:
        assert process("keys") == ["k"]


def test_the_keyring_is_asked_when_the_store_is_opened_and_not_again(
    tmp_path: Path, session: KeyringSession
) -> None:
    with Elsewhere(tmp_path) as process:
        process("sign_in", "v")
        session.pause()
        started = time.monotonic()
        process("sign_in", "w", "bob")
        assert process("accounts") == ["ada", "bob"] and time.monotonic() - started < keyrings.WAIT - 1
        session.go_on()


def test_who_waits_for_the_keyring_keeps_nobody_from_writing(tmp_path: Path, session: KeyringSession) -> None:
    with Elsewhere(tmp_path) as process, Elsewhere(tmp_path) as late:
        process("sign_in", "v")
        assert late("notes") == []
        late("shut")
        session.pause()
        late.begin("told", "open")
        time.sleep(1)  # by now it waits
        started = time.monotonic()
        assert process("sign_in", "w", "bob") is None
        assert time.monotonic() - started < keyrings.WAIT - 2
        assert "did not answer within" in late.answer()
        session.go_on()


def test_a_store_whose_keyring_is_not_there_names_it(
    tmp_path: Path, session: KeyringSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Elsewhere(tmp_path) as process:
        process("put", "k", 10, True)
    content = database(tmp_path).read_bytes()
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    with Elsewhere(tmp_path) as process:
        assert process("open") == {"error": "cache_seal_error", "reason": "seal_key_missing"}
        told = process("told", "open")
        assert "jupyter-token-broker/seal-key of the keyring: there is none" in told
    assert database(tmp_path).read_bytes() == content and not key_file(tmp_path).exists()


def test_a_keyring_that_never_answers_keeps_nobody_for_ever(tmp_path: Path, session: KeyringSession) -> None:
    """It is locked, and nobody is there to unlock it: a new store takes the next place and says why."""
    session.pause()
    started = time.monotonic()
    with Elsewhere(tmp_path) as process:
        source, reasons = process("key")
        assert time.monotonic() - started < keyrings.WAIT + 40
        assert source == f"file {key_file(tmp_path)}"
        assert "keyring: it did not answer within 8 s: is it locked?" in reasons
    session.go_on()


def test_an_existing_store_waits_a_while_and_is_then_told(tmp_path: Path, session: KeyringSession) -> None:
    with Elsewhere(tmp_path) as process:
        process("put", "k", 10, True)
    session.pause()
    with Elsewhere(tmp_path) as process:
        assert "did not answer within" in process("told", "open")
        started = time.monotonic()
        assert "a short while ago" in process("told", "open")  # it is not asked again at once
        assert time.monotonic() - started < keyrings.WAIT - 1
    session.go_on()
    with Elsewhere(tmp_path) as process:
        assert process("keys") == ["k"]


def test_a_rotation_takes_the_key_to_the_keyring_and_others_follow(
    tmp_path: Path, session: KeyringSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that was made before there was a keyring; a process of then has it open."""
    with monkeypatch.context() as before:
        before.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
        with Elsewhere(tmp_path) as process:
            assert process("key")[0].startswith("file ")
    with Elsewhere(tmp_path) as old, Elsewhere(tmp_path) as process:
        old("put", "k", 10, True)
        assert process("rotate_key") == 1
        assert process("key")[0] == "keyring seal-key" and TAKEN in process("key")[1]
        assert old("keys") == ["k"] and old("put", "late", 10, True) is None
        assert process("keys") == ["k", "late"]
        key_file(tmp_path).unlink()  # what opened it before opens nothing now
        assert old("rotate_key", True) == 2  # the entry holds the new one only
        assert process("keys") == ["k", "late"]
    with closing(sqlite3.connect(database(tmp_path))) as db:
        assert db.execute("SELECT value FROM header WHERE name = 'key_source'").fetchone() == ("keyring",)


def test_an_entry_that_is_not_ours_is_left_alone(tmp_path: Path, session: KeyringSession) -> None:
    write = "import keyring; keyring.set_password('jupyter-token-broker', 'seal-key', 'something else')"
    read = "import keyring; print(keyring.get_password('jupyter-token-broker', 'seal-key'))"
    subprocess.run([sys.executable, "-c", write], check=True)
    with Elsewhere(tmp_path) as process:
        source, reasons = process("key")
        assert source.startswith("file ") and "is not ours" in reasons[1]
    said = subprocess.run([sys.executable, "-c", read], check=True, capture_output=True, text=True)
    assert said.stdout.strip() == "something else"

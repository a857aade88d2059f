"""What is known is learned by any thread, in a finalizer and after a fork; nobody waits for ever for it."""

import os
import secrets
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from jupyter_auth.core import known
from jupyter_auth.core.redaction import REDACTED, masked
from jupyter_auth.core.secret import Secret


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    known.forget_all()
    yield
    known.forget_all()


def ended(child: int, within: float = 10.0) -> int | None:
    """The exit code of a process; None where it had to be killed."""
    for _ in range(round(within / 0.02)):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def masks_a_new_one() -> bool:
    token = secrets.token_urlsafe(40)
    known.note(token)
    return masked(token) == REDACTED


@pytest.mark.filterwarnings("ignore:This process.*multi-threaded:DeprecationWarning")
def test_a_child_learns_though_another_thread_was_learning_when_it_was_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, go_on, learn = threading.Event(), threading.Event(), known._learn

    def learn_slowly(*what: object) -> None:
        begun.set()
        go_on.wait(60)
        learn(*what)  # type: ignore[arg-type]

    monkeypatch.setattr(known, "_learn", learn_slowly)
    thread = threading.Thread(target=known.note, args=(secrets.token_urlsafe(40),))
    thread.start()
    assert begun.wait(60)
    known._learn = learn
    child = os.fork()
    if not child:
        with suppress(BaseException):
            os._exit(0 if masks_a_new_one() else 1)
        os._exit(2)
    go_on.set()
    thread.join()
    assert ended(child) == 0


def test_a_finalizer_that_reveals_a_secret_meanwhile_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, index = secrets.token_urlsafe(40), secrets.token_urlsafe(40), known._index

    def index_and_collect() -> None:
        monkeypatch.setattr(known, "_index", index)
        known.note(second)  # as a `__del__` would, wherever the collector runs
        index()

    monkeypatch.setattr(known, "_index", index_and_collect)
    thread = threading.Thread(target=known.note, args=(first,), daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    assert masked(f"{first} {second}") == f"{REDACTED} {REDACTED}"


def test_what_others_send_pushes_out_nothing_of_our_own() -> None:
    ours = secrets.token_urlsafe(40)
    known.note(ours)
    for _ in range(known.MOST + 1):
        Secret(secrets.token_urlsafe(40), sent=True).reveal()
    assert masked(ours) == REDACTED
    assert len(known._ends) <= known.SENT + 1


def test_what_was_sent_becomes_our_own_when_we_have_it_ourselves() -> None:
    token = secrets.token_urlsafe(40)
    known.note(token, sent=True)
    known.note(token)
    assert not known._sent and masked(token) == REDACTED

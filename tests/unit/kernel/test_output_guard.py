"""What is printed in pieces: nothing of it is lost, and no token comes together in it."""

import random
import re
import secrets
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from jupyter_auth.core import known, redaction
from jupyter_auth.kernel import output_guard, own
from jupyter_auth.kernel.output_guard import SessionGuard, StreamText

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ." + secrets.token_urlsafe(40)
OTHER = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJib2IifQ." + secrets.token_urlsafe(30)


@pytest.fixture(autouse=True)
def one_known() -> Iterator[None]:
    known.forget_all()
    known.note(TOKEN)
    yield
    known.forget_all()


def pieces(text: str, chance: random.Random) -> Iterator[str]:
    while text:
        size = chance.choice([1, 2, 5, 9, 40, 200])
        yield text[:size]
        text = text[size:]


@pytest.mark.parametrize("seed", range(300))
def test_pieces_are_masked_as_the_whole_is(seed: int) -> None:
    chance = random.Random(seed)
    words = [
        chance.choice([TOKEN, OTHER, TOKEN[:20], OTHER[:9], "eyJhb", "word", "\n", " "]) for _ in range(12)
    ]
    text, stream = "".join(words), StreamText()
    shown = "".join([stream.next(piece) for piece in pieces(text, chance)] + [stream.rest()])
    assert TOKEN not in shown and TOKEN[8:40] + TOKEN[-12:] not in shown
    # at most the six characters that told nothing when they came
    heads = "|".join(TOKEN[:length] for length in range(known.ANCHOR - 1, 0, -1))
    plain = [
        re.sub(f"(?:{heads})+{redaction.REDACTED}", redaction.REDACTED, it)
        for it in (shown, redaction.masked(text))
    ]
    assert plain[0] == plain[1]


class Session:
    """Keeps what it is given to send, as jupyter_client's does."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any]] = []

    def send(
        self, stream: Any, kind: Any, content: Any = None, parent: Any = None, *more: Any, **named: Any
    ) -> None:
        is_message = isinstance(kind, dict)
        self.sent.append((kind["msg_type"], kind["content"]) if is_message else (kind, content))


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"msg_type": "stream", "parent_header": {"msg_id": "1"}, "content": {"name": name, "text": text}}


def test_what_is_held_back_comes_before_whatever_follows() -> None:
    session = Session()
    SessionGuard(session)
    session.send(None, stream(f"a {OTHER[:30]}"))
    session.send(None, stream("err", "stderr"))
    session.send(None, "status", {"execution_state": "idle"})
    assert session.sent == [
        ("stream", {"name": "stdout", "text": "a "}),
        ("stream", {"name": "stderr", "text": "err"}),
        ("stream", {"name": "stdout", "text": OTHER[:30]}),
        ("status", {"execution_state": "idle"}),
    ]


def test_messages_without_a_token_are_the_same_objects() -> None:
    session = Session()
    SessionGuard(session)
    content = {"data": {"text/plain": OTHER, "application/json": [1, {"a": None}]}}
    session.send(None, "display_data", content)
    assert session.sent[0][1] is content


def test_a_guard_that_fails_takes_no_output_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise RuntimeError

    session = Session()
    SessionGuard(session)
    monkeypatch.setattr(redaction, "masked_in", fail)
    session.send(None, "display_data", {"data": {}})
    session.send(None, {"msg_type": "stream", "content": None})
    assert session.sent == [("display_data", {"data": {}}), ("stream", None)]


def test_what_is_freed_while_texts_are_masked_may_send(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a widget's `__del__` does, wherever the collector runs."""
    session, masked_in, inside = Session(), redaction.masked_in, [False]
    SessionGuard(session)

    def mask_and_collect(value: object, **how: Any) -> object:
        if not inside[0]:
            inside[0] = True
            session.send(None, "comm_close", {"data": TOKEN})
        return masked_in(value, **how)

    monkeypatch.setattr(redaction, "masked_in", mask_and_collect)
    thread = threading.Thread(
        target=session.send, args=(None, "display_data", {"data": {"a": 1}}), daemon=True
    )
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    assert session.sent == [
        ("comm_close", {"data": redaction.REDACTED}),
        ("display_data", {"data": {"a": 1}}),
    ]


def test_nothing_is_sent_under_the_lock() -> None:
    session = Session()
    guard = SessionGuard(session)
    free: list[bool] = []

    def is_free() -> None:
        free.append(guard._lock.acquire(blocking=False))
        guard._lock.release()

    def send(*_: object) -> None:
        thread = threading.Thread(target=is_free)
        thread.start()
        thread.join()

    guard._send = send
    session.send(None, stream(f"a {OTHER[:30]}"))
    session.send(None, "status", {"execution_state": "idle"})
    assert free == [True, True, True]


class Writer:
    """All that print() asks of a stream: no flush, and a value of its own."""

    def write(self, text: str) -> str:
        return f"{text!r} written"


def test_streams_of_any_kind_are_left_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", Writer())
    monkeypatch.setattr(output_guard, "_has_begun", False)
    monkeypatch.setattr(own, "shell", object)
    output_guard.begin()
    output_guard.output_guard(True)
    shown: Any = sys.stderr
    assert sys.stdout is None and shown.write(TOKEN) == f"'{redaction.REDACTED}' written"
    assert shown.write(None) == "None written"

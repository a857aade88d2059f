"""Known secrets are found in any text, whatever became of them there, and nothing else is."""

import base64
import gc
import json
import secrets
import textwrap
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from jupyter_auth.core import known, redaction
from jupyter_auth.core.known import note
from jupyter_auth.core.redaction import REDACTED, masked, masked_in
from jupyter_auth.core.secret import Secret

TOKEN = "aB3-" + "xY7_kQ9zL2vN8wM4pR6tS1uD5fG0hJc.~+/=" * 2


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    known.forget_all()
    yield
    known.forget_all()


def jwt(**claims: str) -> str:
    parts = ({"typ": "JWT", "alg": "RS256"}, claims)
    head, body = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return f"{head}.{body}.{secrets.token_urlsafe(64)}"


def lines(text: str) -> str:
    return "\n   ".join(textwrap.wrap(text, 20, break_on_hyphens=False))


LOOKS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "glued": lambda text: f"x{text}x",
    "header": lambda text: str({"Authorization": f"Bearer {text}"}),
    "percent": lambda text: f"?access_token={quote(text, safe='')}&a=b",
    "percent but for slashes": lambda text: f"/{quote(text)}/",
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64, second place": lambda text: base64.b64encode(b"x" + text.encode() + b"x").decode(),
    "base64, third place": lambda text: base64.b64encode(b"xx" + text.encode() + b"xx").decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(b"user:" + text.encode()).decode(),
    "base64 in lines": lambda text: base64.encodebytes(b"user:" + text.encode()).decode(),
    "lines": lines,
    "lines of a table": lambda text: lines(text).replace("\n", " │\n│ "),
    "quoted lines": lambda text: "'\n'".join(textwrap.wrap(text, 24, break_on_hyphens=False)),
    "colours": lambda text: f"\x1b[31m{text[:30]}\x1b[0m\x1b[32m{text[30:]}\x1b[0m",
    "HTML": lambda text: f"<b>{text[:20]}</b><i class='x'>{text[20:]}</i>",
    "JSON in JSON": lambda text: json.dumps(json.dumps({"token": text})),
}


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
@pytest.mark.parametrize("token", [TOKEN, jwt(sub="ada")], ids=["opaque", "jwt"])
def test_a_known_secret_is_masked_however_it_looks(
    token: str, look: Callable[[str], str], many: bool
) -> None:
    for _ in range(40 * many):  # then texts are looked at in another way
        note(secrets.token_urlsafe(40))
    text = look(token)
    assert masked(f"before {text} after") == f"before {text} after"
    note(token)
    for padding in ("", "." * 5000):
        shown = masked(f"before {text} {padding}after")
        assert shown.startswith("before ") and shown.endswith(f" {padding}after") and REDACTED in shown
        for piece in (token[8:20], token[-12:], *pieces(text)):
            assert piece not in shown


def pieces(text: str) -> list[str]:
    """The middle of what was encoded."""
    longest = max(text.replace("\n", " ").split(), key=len)
    return [longest[len(longest) // 3 : len(longest) // 3 + 12]] if len(longest) > 40 else []


def test_what_is_around_it_stays_as_it_was() -> None:
    note(TOKEN)
    assert masked(f"a={TOKEN}&b={TOKEN};c") == f"a={REDACTED}&b={REDACTED};c"
    other = "nothing to see"
    assert masked(other) is other


def test_another_token_with_the_same_header_is_left_alone_unless_it_is_a_log() -> None:
    ours, other = jwt(sub="ada"), jwt(sub="bob")
    note(ours)
    text = f"{other} {other[:40]} {lines(other)}"
    assert masked(text) is text
    assert masked(f"{other[:8]}… {other} end", starts=True) == f"{REDACTED}… {REDACTED} end"
    assert masked(f"{other} {ours} {other}") == f"{other} {REDACTED} {other}"


def test_first_eight_characters_are_masked_in_logs_and_seven_are_not() -> None:
    note(TOKEN)
    assert masked(f"{TOKEN[:8]}... {TOKEN[:7]}", starts=True) == f"{REDACTED} {TOKEN[:7]}"


@pytest.mark.parametrize("word", ["", "password", "hunter2", "eleven-char"])
def test_what_is_short_is_not_known(word: str) -> None:
    note(word)
    assert not redaction.knows_any()


def test_data_is_masked_in_its_depth_and_is_the_same_where_nothing_was() -> None:
    note(TOKEN)
    data = {"a": [1, 2.5, None, {"b": ("x", TOKEN)}], TOKEN: True, "c": "d"}
    assert masked_in(data) == {"a": [1, 2.5, None, {"b": ["x", REDACTED]}], REDACTED: True, "c": "d"}
    plain = {"a": [1, {"b": ("x",)}], "c": "d"}
    assert masked_in(plain) is plain


def test_a_secret_is_known_from_its_making_and_again_when_it_is_revealed() -> None:
    secret = Secret(TOKEN)
    assert masked(TOKEN) == REDACTED
    known.forget_all()
    assert repr(secret) and secret != Secret("another, that is as long") and hash(secret)
    assert masked(TOKEN) == TOKEN
    secret.reveal()
    assert masked(TOKEN) == REDACTED


def test_comparing_with_what_somebody_sent_makes_it_no_secret() -> None:
    assert not Secret("short").equals(TOKEN) and Secret("short").equals("short")
    assert not redaction.knows_any()


def test_it_ends_when_the_token_does(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0
    monkeypatch.setattr(known, "time", lambda: now)
    lasting = secrets.token_urlsafe(40)
    note(TOKEN)
    note(lasting, now + 86_400)
    now += known.LIFE + 1
    note(secrets.token_urlsafe(40))
    assert masked(TOKEN) == REDACTED, "it may have been revealed just before"
    now += known.LIFE
    note(secrets.token_urlsafe(40))  # whoever comes lets go of the others
    assert masked(TOKEN) == TOKEN and masked(lasting) == REDACTED


def test_it_goes_on_while_it_is_in_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    now, secret = 1_000_000.0, Secret(TOKEN)
    monkeypatch.setattr(known, "time", lambda: now)
    for _ in range(6):
        secret.reveal()
        now += known.LIFE * 0.6
        note(secrets.token_urlsafe(40))
        assert masked(TOKEN) == REDACTED


def test_there_are_never_more_than_a_bounded_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "MOST", 256)
    kept = [jwt(sub=str(number)) for number in range(known.MOST + 50)]
    for number, token in enumerate(kept):
        note(token, 4e9 + number)
    is_masked = [masked(token) == REDACTED for token in kept]
    assert not any(is_masked[:50]) and all(is_masked[50 + known.MOST // 16 :])
    assert len(known._ends) <= known.MOST
    digests = [alike.digests for those in known.forms.values() for alike in those.values()]
    assert sum(map(len, digests)) == 4 * len(known._ends)


def test_nothing_of_it_can_be_read_from_what_is_kept() -> None:
    token = "".join(["zQ", "9-", secrets.token_urlsafe(40)])
    note(token)
    todo: list[object] = [known.forms, known._looks_of, known.anchors, known.odd]
    texts, seen = [], set()
    while todo:
        thing = todo.pop()
        if isinstance(thing, str):
            texts.append(thing)
        elif not isinstance(thing, type) and id(thing) not in seen:
            seen.add(id(thing))
            todo += gc.get_referents(thing)
    assert len(texts) >= 4 and all(len(text) <= known.ANCHOR for text in texts)


@pytest.mark.parametrize("key", [bytes(range(32)), secrets.token_bytes(32)], ids=["in order", "random"])
def test_a_key_of_bytes_is_known_as_text(key: bytes) -> None:
    known.note_key(key)
    assert masked(f"<{key.hex()}>") == f"<{REDACTED}>"
    assert base64.b64encode(key).decode()[:-2] not in masked(base64.b64encode(key).decode())


@pytest.mark.parametrize("cut", range(1, 60, 4))
def test_where_a_text_may_go_on_as_a_secret(cut: int) -> None:
    note(TOKEN)
    begun = f"before {TOKEN[:cut]}"
    assert redaction.open_end(begun) == (7 if cut >= known.ANCHOR else len(begun))
    assert redaction.open_end(f"{begun} after") == len(f"{begun} after")


def test_words_that_only_begin_like_tokens_are_not_looked_at_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(50):
        note(jwt(sub="x" * number))
    head, closely, end = jwt()[:8], 0, redaction._end

    def counted(*what: Any) -> int:
        nonlocal closely
        closely += 1
        return end(*what)

    monkeypatch.setattr(redaction, "_end", counted)
    begun = time.monotonic()
    for sign in (" ", "'", "<b>"):
        for starts in (False, True):
            shown = masked(f"{head}{sign}" * 100_000, starts=starts)
            assert shown.count(REDACTED) >= 100_000 - redaction.LOOKS
    assert closely <= 6 * redaction.LOOKS and time.monotonic() - begun < 100


def test_a_token_after_many_words_that_begin_like_it_is_masked() -> None:
    token = jwt(sub="ada")
    note(token)
    assert token[8:] not in masked(f"{token[:8]} " * 200 + token)


@pytest.mark.parametrize("before", ["", "a word ", "A" * 5000])
def test_a_long_text_is_searched_when_very_many_are_known(before: str) -> None:
    tokens = [secrets.token_urlsafe(40) for _ in range(redaction.MANY // 4 + 10)]
    for token in tokens:
        known.note(token)
    assert len(known.anchors) > redaction.MANY
    rest = "\n".join(["nothing is said here"] * 300)
    assert masked(f"{rest} {before}{tokens[0]} {rest}") == f"{rest} {before}{REDACTED} {rest}"
    assert masked(rest) == rest

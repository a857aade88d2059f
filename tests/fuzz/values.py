"""Hostile values: JSON of any shape, right documents with something wrong in them, changed bytes."""

import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

#: Text that something somewhere takes for more than text.
ODD_TEXT = (
    "", " ", "\0", "\x1b[31m", "\u202egnp", "\ud800", "\udfff\ud800", "a\r\nSet-Cookie: a=b", "İ", "ß", "ﬀ",
    "𝕬", "é", "\u0301" * 40, "a" * 5000, "'\"<script>", "${jndi:ldap://x}", "%s%n%(x)s{0}",
    "../../etc/passwd",
    "file:///etc/passwd", "javascript:alert(1)", "http://[::1", "https://a@b", "https://\\evil", "//evil",
    "https://127.0.0.1:99999/x", "https://xn--/", "null", "NaN", "1e999", "-0", "Bearer", "none", "0x10",
    "http://127.0.0.1:1/", "http://localhost:1/", "https://127.0.0.1:1/x", "openid", "a b  c", '"', "\\",
)  # fmt: skip
ODD_NUMBERS = (
    0, -1, 1, 299, 3600, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63), 10**18, 10**400, -0.0, 1e308, 1e-320, 0.5,
)  # fmt: skip
ODD_FLOATS = (float("nan"), float("inf"), float("-inf"))

#: What decides how an input is made. hypothesis likes the ends of a range, which is right for a value; of the
#: ways in which something may be wrong it would take the first far too often.
dice = st.integers(0, 2**62).map(random.Random)

#: Any text, surrogates included, as a JSON escape may bring them.
any_text = st.one_of(
    st.sampled_from(ODD_TEXT),
    st.text(st.characters(), max_size=30),
    st.text(st.characters(min_codepoint=0xD7F0, max_codepoint=0xE010), max_size=4),
)
numbers = st.one_of(
    st.sampled_from(ODD_NUMBERS), st.integers(), st.floats(allow_nan=False, allow_infinity=False)
)
scalars = st.one_of(st.none(), st.booleans(), numbers, any_text)
any_json = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(any_text, inner, max_size=5),
    max_leaves=10,
)


def nested(depth: int, kind: str = "[") -> Any:
    """A list or an object in itself, so often."""
    value: Any = 1
    for _ in range(depth):
        value = [value] if kind == "[" else {"a": value}
    return value


deep = st.builds(nested, st.sampled_from([2, 8, 30, 63, 64, 65, 200, 900]), st.sampled_from("[{"))
hostile = st.one_of(any_json, any_json, any_json, deep)


def _wrapped(value: Any, way: str) -> Any:
    match way:
        case "list":
            return [value]
        case "object":
            return {"value": value}
        case "text":
            return str(value)
        case "twice":
            return [value, value]
        case _:
            return value


@st.composite
def changed(
    draw: st.DrawFn, right: Mapping[str, Any], *, values: st.SearchStrategy[Any] = hostile
) -> dict[str, Any]:
    """``right`` with up to four of its values changed, wrapped or gone, and up to two more. No value comes
    to stand under another name."""
    made, chance = dict(right), draw(dice)
    for name in chance.sample(sorted(right), min(len(right), chance.choice([0, 1, 1, 1, 2, 2, 3, 4]))):
        match chance.choice(["other", "other", "other", "gone", "list", "object", "text", "twice"]):
            case "other":
                made[name] = draw(values)
            case "gone":
                del made[name]
            case way:
                made[name] = _wrapped(made[name], way)
    return made | (draw(st.dictionaries(any_text, values, max_size=2)) if chance.random() < 0.2 else {})


def json_bytes(value: Any) -> bytes:
    """JSON as others may write it: with NaN and infinity, and surrogates as escapes."""
    return json.dumps(value).encode("ascii")


_ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1")


@st.composite
def encoded(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> bytes:
    """A JSON text, now and then in another encoding, or with a key that stands there twice."""
    raw, chance = json_bytes(draw(values)), draw(dice)
    match chance.randrange(20):
        case 0:
            return raw.decode("ascii").encode(chance.choice(_ENCODINGS))
        case 1 if raw.startswith(b'{"'):
            return raw[:-1] + b", " + raw[1:]
        case _:
            return raw


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """One of ``seeds`` with bytes flipped, cut, put in, doubled or replaced by ones that mean something."""
    chance = draw(dice)
    raw = bytearray(chance.choice(seeds))
    for _ in range(chance.choice([1, 1, 1, 2, 3, 4])):
        at, size = chance.randrange(len(raw) + 1), chance.choice([1, 1, 2, 4, 16, 64])
        match chance.randrange(11):
            case 0 | 1:
                raw[at : at + 1] = chance.randbytes(1)
            case 2 | 3:
                del raw[at : at + size]
            case 4:
                raw[at:at] = draw(st.binary(max_size=20))
            case 5:
                raw[at:at] = raw[at : at + size] * chance.choice([1, 2, 40])
            case 6:
                del raw[at:]
            case _:
                raw[at:at] = chance.choice(_TOKENS)
    return bytes(raw)


_TOKENS = (
    b'"', b"{", b"}", b"[", b"]", b",", b":", b"null", b"NaN", b"Infinity", b"1e999", b"-", b"\\ud800",
    b"\\u0000", b"\xff", b"\xed\xa0\x80", b"\0", b"\xef\xbb\xbf", b"true", b"9" * 5000, b"0x" + b"f" * 5000,
    b"[" * 200, b'{"a":' * 200, b"\\", b"\n", b"=", b"'''", b'"""', b"[[", b"1979-13-01", b"# ", b"\r\n\r\n",
    b"0\r\n",
)  # fmt: skip

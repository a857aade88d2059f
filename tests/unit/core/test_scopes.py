"""Reading scopes, and which token serves which request."""

import itertools
import random
import string
from typing import Any

import pytest

from jupyter_auth.core.scopes import covers, parse_scopes, resource_scopes, union


@pytest.mark.parametrize(
    ("value", "scopes"),
    [
        (None, ()),
        ("", ()),
        ("   ", ()),
        ([], ()),
        ("User.Read", ("User.Read",)),
        ("User.Read  Mail.Read ", ("User.Read", "Mail.Read")),
        (["User.Read", "Mail.Read"], ("User.Read", "Mail.Read")),
        (["a b", "c"], ("a", "b", "c")),
        ("b a b", ("b", "a")),
        (("https://graph.example.org/.default", "api://x/y:z"),) * 2,
        ("a A", ("a", "A")),
    ],
)
def test_a_list_and_oauth_s_own_form_mean_the_same(value: Any, scopes: tuple[str, ...]) -> None:
    assert parse_scopes(value) == scopes
    assert parse_scopes(" ".join(scopes)) == parse_scopes(list(scopes)) == scopes


@pytest.mark.parametrize(
    "value",
    [
        "a\tb",
        "a\nb",
        "a\n",
        "a\x00",
        "a\x7f",
        'a"b',
        "a\\b",
        "\N{CYRILLIC SMALL LETTER A}",
        "a\u00a0b",
        "a\u202eb",
        "a\ud800",
        "x" * 513,
        ["a", None],
        ["a", 5],
        [["a"]],
        b"ab",
        [f"scope{n}" for n in range(101)],
    ],
)
def test_what_is_no_scope_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="scope"):
        parse_scopes(value)


def test_the_refusal_does_not_repeat_control_characters_or_megabytes() -> None:
    with pytest.raises(ValueError, match="scope") as caught:
        parse_scopes("\x1b[31m" + "x" * 10**6)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 200


def test_every_scope_token_of_rfc_6749_is_read() -> None:
    alphabet = [chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"\\']
    assert parse_scopes("".join(alphabet)) == ("".join(alphabet),)
    assert parse_scopes(" ".join(alphabet)) == tuple(alphabet)


def test_reserved_scopes_are_no_part_of_what_a_token_covers() -> None:
    assert resource_scopes(["openid", "profile", "offline_access", "a"]) == {"a"}
    assert resource_scopes(["OpenID", "A"]) == {"OpenID", "A"}


def test_folding_ignores_case_everywhere() -> None:
    assert resource_scopes(["OpenID", "Offline_Access", "User.Read"], fold=True) == {"user.read"}


def test_cover_rules() -> None:
    everything = [frozenset(c) for size in range(4) for c in itertools.combinations("abc", size)]
    for granted, wanted in itertools.product(everything, repeat=2):
        expected = wanted <= granted if wanted else not granted
        assert covers(granted, wanted) is expected


def test_an_empty_request_matches_no_other_token() -> None:
    assert covers(frozenset(), frozenset())
    assert not covers(frozenset("a"), frozenset())
    assert not covers(frozenset(), frozenset("a"))


def test_union_keeps_order_and_drops_repeats() -> None:
    assert union(["b", "a"], (), ("a", "c", "b")) == ("b", "a", "c")


def test_parsing_is_stable_for_any_text_it_takes() -> None:
    chance = random.Random(7)
    for _ in range(2000):
        text = "".join(chance.choices(string.printable + "é\u202e\ud800", k=chance.randint(0, 12)))
        try:
            scopes = parse_scopes(text)
        except ValueError:
            continue
        assert parse_scopes(scopes) == scopes == parse_scopes(" ".join(scopes))
        assert len(set(scopes)) == len(scopes)
        assert all(scope.isascii() and scope.isprintable() and " " not in scope for scope in scopes)

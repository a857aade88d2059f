import pytest

from jupyter_auth.ui.words import duration, scope_words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (0.2, "1 s"),
        (59, "59 s"),
        (60, "1 min"),
        (200, "3 min 20 s"),
        (299, "4 min 59 s"),
        (299.4, "5 min"),
        (300, "5 min"),
        (329, "5 min"),
        (840, "14 min"),
        (899, "15 min"),
        (3480, "58 min"),
        (3590, "1 h"),
        (3900, "1 h 5 min"),
        (7200, "2 h"),
        (86400, "1 day"),
        (3 * 86400, "3 days"),
    ],
)
def test_durations_read_as_people_write_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def _said(scopes: list[object], titles: dict[object, object] | None = None) -> list[tuple[str, str]]:
    return [(str(scope.words), scope.raw) for scope in scope_words(scopes, titles or {})]


def test_the_words_of_the_profile_come_before_ours() -> None:
    said = _said(["User.Read", "lake.read"], {"User.Read": "See who you are", "lake.read": "Read the lake"})
    assert said == [("See who you are", "User.Read"), ("Read the lake", "lake.read")]


def test_known_and_unknown_scopes() -> None:
    assert _said(["Files.Read", "offline_access", "lake.read"]) == [
        ("Read your files", "Files.Read"),
        ("Stay signed in until you sign out", "offline_access"),
        ("Use lake.read", ""),
    ]


def test_the_scopes_of_every_sign_in_are_left_out() -> None:
    assert _said(["openid", "profile", "email", "lake.read"]) == [("Use lake.read", "")]


def test_the_scopes_of_every_sign_in_are_named_when_they_stand_alone() -> None:
    assert _said(["openid", "email"]) == [("Use openid", ""), ("Use email", "")]


def test_a_scope_named_like_one_of_our_sentences_is_still_unknown() -> None:
    assert _said(["unknown"]) == [("Use unknown", "")]


def test_what_is_no_scope_is_left_out() -> None:
    assert _said(["a", "a", "", None, 3, ["b"], "\x1b"]) == [("Use a", "")]


def test_an_empty_title_does_not_hide_a_scope() -> None:
    assert _said(["a", "b"], {"a": "\u202e", "b": None}) == [("Use a", ""), ("Use b", "")]

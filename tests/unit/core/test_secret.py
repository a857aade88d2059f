"""A secret can be told from another, and read only by asking."""

from typing import Any

import pytest

from jupyter_auth.core.secret import Secret
from tests.unit.core.samples import CANARY


def test_only_reveal_gives_the_text() -> None:
    assert Secret(CANARY).reveal() == CANARY


def test_equal_texts_are_equal_secrets() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert Secret("a") != "a" and "a" != Secret("a")  # noqa: SIM300 -- both sides are asked
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert hash(Secret("a")) != hash("a")


def test_an_empty_one_is_false() -> None:
    assert Secret("x") and not Secret("")


@pytest.mark.parametrize("value", [None, 5, b"bytes", ["x"], Secret("x")])
def test_it_holds_text_only(value: Any) -> None:
    with pytest.raises(TypeError):
        Secret(value)


@pytest.mark.parametrize("name", ["_read", "_value", "reveal", "anything"])
def test_it_is_read_only(name: str) -> None:
    secret = Secret("x")
    with pytest.raises(AttributeError, match="read-only"):
        setattr(secret, name, "y")
    with pytest.raises(AttributeError, match="read-only"):
        delattr(secret, name)
    assert secret.reveal() == "x"


def test_half_a_surrogate_pair_is_compared_like_any_text() -> None:
    assert Secret("a\ud800") == Secret("a\ud800") != Secret("a\ud801")

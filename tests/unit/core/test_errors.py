"""The error tree: as drawn, over the wire, through pickle, and with nothing in it that was not put there."""

import copy
import json
import pickle
import re
from collections.abc import Iterator
from typing import Any

import pytest

from jupyter_auth.core import errors, frames
from jupyter_auth.core.errors import AuthError, OAuthError, TransportError, error_from_wire, error_to_wire
from jupyter_auth.core.secret import Secret
from tests.unit.core.samples import CANARY, assert_hidden


def _classes(base: type[AuthError] = AuthError) -> Iterator[type[AuthError]]:
    yield base
    for child in base.__subclasses__():
        yield from _classes(child)


TREE = [cls for cls in _classes() if cls.__module__ == errors.__name__]
VALUES: dict[str, Any] = {
    "profile": "lake",
    "scopes": ["lake.read", "openid"],
    "claims": '{"access_token":{}}',
    "accounts": ["ada@contoso.com", "bob@contoso.com"],
    "interaction_id": "int-1",
    "error": "invalid_grant",
    "error_description": "It has run out • vorbei",
    "error_uri": "https://idp.example.org/errors/5",
    "status": 400,
    "correlation_id": "corr-1",
    "trace_id": "trace-1",
    "retryable": False,
    "retry_after": 1.5,
    "faults": ["a.toml: profiles.x: is missing"],
}


def _full(cls: type[AuthError]) -> AuthError:
    return cls(
        "What happened.", reason="own_reason", hint="Do that.", **{name: VALUES[name] for name in cls.fields}
    )


def _same(one: AuthError, other: AuthError) -> bool:
    return type(one) is type(other) and vars(one) == vars(other) and str(one) == str(other)


def _drawn() -> dict[str, str]:
    """Each class in the docstring's drawing with its parent, by indentation."""
    parents: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"([│├└─ ]*)(\w+Error)\b", line)
        if not match:
            continue
        depth, name = len(match[1]), match[2]
        above = [(d, n) for d, n in above if d < depth]
        parents[name] = above[-1][1] if above else "Exception"
        above.append((depth, name))
    return parents


def test_the_tree_that_is_drawn_is_the_tree_there_is() -> None:
    assert _drawn() == {cls.__name__: cls.__bases__[0].__name__ for cls in TREE}


def test_each_has_a_code_of_its_own() -> None:
    assert len({cls.code for cls in TREE}) == len(TREE)
    assert all(re.fullmatch(r"[a-z_]+", cls.code) and 400 <= cls.http_status < 600 for cls in TREE)
    assert all(cls("x").reason for cls in TREE)


def test_a_class_elsewhere_travels_as_one_of_the_tree() -> None:
    for cls in _classes():
        assert cls.code in {known.code for known in TREE}
        assert isinstance(cls("x"), type(error_from_wire(error_to_wire(cls("x")))))


@pytest.mark.parametrize("cls", TREE)
def test_an_error_survives_the_wire(cls: type[AuthError]) -> None:
    full = _full(cls)
    wire = error_to_wire(full)
    assert wire["error"] == cls.code
    assert _same(error_from_wire(json.loads(json.dumps(wire))), full)
    assert _same(error_from_wire(frames.decode(frames.encode(wire)[frames.HEADER :])), full)
    assert _same(error_from_wire(error_to_wire(cls("bare"))), cls("bare"))


@pytest.mark.parametrize("cls", TREE)
def test_an_error_survives_pickle_and_copy(cls: type[AuthError]) -> None:
    full = _full(cls)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert _same(pickle.loads(pickle.dumps(full, protocol)), full)  # noqa: S301 -- our own bytes
    assert _same(copy.copy(full), full) and _same(copy.deepcopy(full), full)


@pytest.mark.parametrize("cls", TREE)
def test_there_are_no_fields_but_its_own(cls: type[AuthError]) -> None:
    with pytest.raises(TypeError, match="takes no access_token"):
        cls("x", access_token="x")
    for name in VALUES.keys() - set(cls.fields):
        with pytest.raises(TypeError):
            cls("x", **{name: VALUES[name]})
    wire = error_to_wire(_full(cls)) | {"access_token": CANARY, "args": [CANARY], "code": CANARY}
    assert_hidden(repr(vars(error_from_wire(wire))))


def test_oauth_s_error_does_not_collide_with_the_slug() -> None:
    wire = error_to_wire(OAuthError("no", error="access_denied"))
    assert (wire["error"], wire["oauth_error"]) == ("oauth_error", "access_denied")


@pytest.mark.parametrize(
    "wire", [{}, {"error": "from_the_future"}, {"error": ["x"]}, {"error": None, "message": 5, "hint": {}}]
)
def test_an_unknown_answer_becomes_a_plain_error(wire: dict[str, Any]) -> None:
    error = error_from_wire(wire)
    assert type(error) is AuthError and isinstance(str(error), str) and error.reason == "unknown"


def test_false_and_zero_are_values() -> None:
    error = error_from_wire(error_to_wire(TransportError("x", retryable=False, retry_after=0.0)))
    assert isinstance(error, TransportError) and error.retryable is False and error.retry_after == 0.0


def test_text_says_what_happened_and_what_to_do() -> None:
    assert str(AuthError("It broke.", hint="Mend it.")) == "It broke. Mend it."
    assert str(AuthError("It broke.")) == "It broke."
    assert str(AuthError("a.toml: x: is missing", hint="Mend it.")) == "a.toml: x: is missing. Mend it."
    assert str(AuthError("Did it break?", hint="Mend it.")) == "Did it break? Mend it."
    assert str(AuthError("", hint="Mend it.")) == "Mend it."


def test_a_secret_in_an_error_does_not_travel() -> None:
    with pytest.raises(TypeError):
        json.dumps(error_to_wire(OAuthError("x", error_description=Secret(CANARY))))
    with pytest.raises(TypeError):
        pickle.dumps(OAuthError("x", error_description=Secret(CANARY)))

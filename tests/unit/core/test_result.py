"""A result: what it says of itself, what it reveals on purpose, and that nothing of it can be changed."""

import json
import time
from dataclasses import asdict
from typing import Any

import pytest

from jupyter_auth.core.metadata import CacheLevel, CacheRefreshReason, TokenSource
from jupyter_auth.core.result import AuthenticationResult, Provenance
from tests.unit.core.samples import ACCOUNT, CANARY, result


def test_its_repr_is_the_one_that_was_promised() -> None:
    assert repr(result()) == "<AuthenticationResult graph ada@contoso.com · User.Read · 58 min>"


def test_its_str_redacts() -> None:
    assert str(result()) == "<AuthenticationResult graph ada@contoso.com · User.Read · 58 min · •••>"


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (-5, "expired"),
        (0, "expired"),
        (1.5, "1 s"),
        (59.5, "59 s"),
        (60.5, "1 min"),
        (3599.5, "59 min"),
        (3600.5, "1 h 0 min"),
        (90_000.5, "25 h 0 min"),
    ],
)
def test_the_time_left_is_told_in_words(left: float, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jupyter_auth.core.result.time", lambda: 1_800_000_000 - left)
    assert repr(result(expires_on=1_800_000_000)).endswith(f" · {words}>")


def test_an_application_has_no_account() -> None:
    app = result(account=None, scopes=())
    assert app.account is None
    assert repr(app) == "<AuthenticationResult graph · 58 min>"


def test_the_ways_to_reveal() -> None:
    tok = result()
    assert tok.reveal() == tok.access_token.reveal() == CANARY
    assert tok.headers() == {"Authorization": f"Bearer {CANARY}"}


def test_its_fields() -> None:
    tok = result()
    assert (tok.profile, tok.token_type, tok.scopes, tok.tenant_id) == (
        "graph",
        "Bearer",
        ["User.Read"],
        "contoso",
    )
    assert tok.account == ACCOUNT and tok.correlation_id == "corr-1"
    assert tok.issued_on < tok.refresh_on < tok.expires_on
    assert all(type(when) is int for when in (tok.issued_on, tok.refresh_on, tok.expires_on, tok.expires_in))


def test_expires_in_ends_at_zero() -> None:
    assert 3500 <= result(expires_on=int(time.time()) + 3510).expires_in <= 3510
    assert result(expires_on=1).expires_in == 0


@pytest.mark.parametrize("name", [n for n in dir(AuthenticationResult) if not n.startswith("__")] + ["other"])
def test_it_is_read_only(name: str) -> None:
    tok = result()
    with pytest.raises(AttributeError, match="read-only"):
        setattr(tok, name, None)
    with pytest.raises(AttributeError, match="read-only"):
        delattr(tok, name)


def test_what_it_hands_out_is_a_copy() -> None:
    tok = result()
    claims: dict[str, Any] = tok.id_token_claims
    claims["address"]["country"] = "FR"
    claims["sub"] = "eve"
    tok.scopes.append("Mail.Read")
    tok.headers()["Authorization"] = "none"
    assert tok.id_token_claims == {"sub": "ada", "address": {"country": "UK"}}
    assert tok.scopes == ["User.Read"]


@pytest.mark.parametrize(
    ("origin", "wire"),
    [
        (Provenance("cache", "kernel"), ("cache", "kernel", "not_applicable")),
        (Provenance("cache", "memory"), ("cache", "memory", "not_applicable")),
        (Provenance("cache", "store"), ("cache", "store", "not_applicable")),
        (
            Provenance("identity_provider", None, "proactively_refreshed"),
            ("identity_provider", None, "proactively_refreshed"),
        ),
    ],
)
def test_metadata_is_json_as_written_in_the_contract(origin: Provenance, wire: tuple[Any, ...]) -> None:
    metadata = json.loads(json.dumps(asdict(result(origin).metadata)))
    assert (metadata["token_source"], metadata["cache_level"], metadata["cache_refresh_reason"]) == wire
    assert metadata["token_endpoint"] == "https://idp.example.org/token"


def test_metadata_durations_are_seconds() -> None:
    metadata = result(Provenance("cache", "store", total=0.25, in_cache=0.125, in_http=0.0)).metadata
    assert (metadata.duration_total, metadata.duration_in_cache, metadata.duration_in_http) == (
        0.25,
        0.125,
        0,
    )


def test_the_enums_hold_the_contract_s_words_and_no_others() -> None:
    assert [*TokenSource] == ["cache", "identity_provider"]
    assert [*CacheLevel] == ["kernel", "memory", "store"]
    assert [*CacheRefreshReason] == [
        "not_applicable",
        "force_refresh_or_claims",
        "no_cached_access_token",
        "expired",
        "proactively_refreshed",
    ]
    for word in (*TokenSource, *CacheLevel, *CacheRefreshReason):
        assert json.dumps(word) == f'"{word.value}"' and isinstance(word, str)

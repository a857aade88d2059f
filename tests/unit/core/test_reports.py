"""What a sign-out and a clear say they did."""

import json
from typing import Any, get_args

import pytest
from IPython.lib.pretty import pretty

from jupyter_auth.core.reports import AccountOutcome, ClearReport, Outcome, SignOutReport

STAYS = "The browser's own session with the provider stays."


def outcome(what: Outcome = "revoked", **changes: str) -> AccountOutcome:
    values = {"home_account_id": "YWRh.x", "username": "ada", "profile": "lake", "host": "idp.example.org"}
    return AccountOutcome(outcome=what, **values | changes)


SIGN_OUT = SignOutReport(accounts=(outcome(), outcome("failed", username="bob")))
CLEAR = ClearReport(accounts=(outcome("not_asked"),), access_tokens=2, refresh_tokens=1)


@pytest.mark.parametrize("report", [SignOutReport(), SIGN_OUT, ClearReport(), CLEAR])
def test_a_report_survives_the_wire(report: SignOutReport) -> None:
    assert type(report).from_wire(json.loads(json.dumps(report.to_wire()))) == report


@pytest.mark.parametrize("word", get_args(Outcome))
def test_each_outcome_has_words_for_people(word: Outcome) -> None:
    told = str(SignOutReport(accounts=(outcome(word),)))
    assert told.startswith(f"1 account signed out. {STAYS}\n  ada · lake: ")
    assert ("idp.example.org" in told) is (word in {"revoked", "unsupported", "failed"})


def test_a_failed_revocation_is_not_glossed_over() -> None:
    assert "it may still be valid there" in str(SIGN_OUT)


def test_counts_are_told_in_words() -> None:
    assert str(ClearReport()) == f"Cache cleared: 0 accounts, 0 access tokens, 0 refresh tokens. {STAYS}"
    assert str(CLEAR).startswith("Cache cleared: 1 account, 2 access tokens, 1 refresh token. ")


def test_a_notebook_shows_the_words() -> None:
    assert pretty(SIGN_OUT) == str(SIGN_OUT)  # type: ignore[no-untyped-call]


def test_who_has_no_name_is_told_by_id() -> None:
    assert "  YWRh.x · lake: " in str(SignOutReport(accounts=(outcome(username=""),)))


def test_braces_in_a_name_are_only_braces() -> None:
    told = str(SignOutReport(accounts=(outcome(username="{host.__class__}", host="{0}"),)))
    assert "{host.__class__}" in told and "{0}" in told


@pytest.mark.parametrize(
    "wire",
    [
        {},
        {"accounts": None},
        {"accounts": "ada"},
        {"accounts": [None, 5, "x"]},
        {"accounts": [], "access_tokens": "many", "browser_session_stays": None, "new": 1},
    ],
)
def test_a_broker_of_another_version_is_understood_as_far_as_it_goes(wire: dict[str, Any]) -> None:
    assert ClearReport.from_wire(wire) == ClearReport()
    assert SignOutReport.from_wire(wire) == SignOutReport()


def test_unknown_outcomes_and_fields_are_shown_without_an_error() -> None:
    row = {"username": "ada", "profile": "lake", "outcome": "escrowed", "new": 1}
    report = SignOutReport.from_wire({"accounts": [row]})
    assert "ada · lake: forgotten here" in str(report)


def test_the_providers_own_sign_out_page_is_told_once() -> None:
    page = "https://idp.example.org/end?client_id=nb"
    told = str(SignOutReport(accounts=(outcome(end_session_uri=page), outcome(end_session_uri=page))))
    assert told.count(page) == 1 and told.endswith(f"  To end it, too: {page}")
    assert "To end it" not in str(SIGN_OUT)

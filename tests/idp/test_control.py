"""What a test may turn on the provider, and what it may count."""

import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from .base import PUBLIC_CLIENT, Provider
from .client import error, refresh, signed_in
from .errors import ProviderError


def test_lifetimes_can_change(idp: Provider) -> None:
    idp.set(at_ttl=7)
    token = signed_in(idp)["refresh_token"]
    answer = refresh(idp, token).json()
    assert answer["expires_in"] == 7
    idp.set(at_ttl=70)
    assert refresh(idp, answer["refresh_token"]).json()["expires_in"] == 70


def test_hold_keeps_the_answer_back_after_processing(idp: Provider) -> None:
    token = signed_in(idp)["refresh_token"]
    idp.set(hold_ms=3000)
    begun = time.monotonic()
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(refresh, idp, token)
        while not idp.token_responses("refresh_token"):
            assert not answer.done(), "the refresh was not processed before it was held"
            time.sleep(0.01)
        assert not answer.done()
    assert answer.result().status_code == 200
    assert time.monotonic() - begun >= 3


def test_fail_answers_without_processing(idp: Provider) -> None:
    token = signed_in(idp)["refresh_token"]
    idp.set(
        fail={"status": 503, "body": "<p>busy", "content_type": "text/html", "headers": {"Retry-After": "3"}}
    )
    answer = refresh(idp, token)
    assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (503, "<p>busy", "3")
    assert answer.headers["Content-Type"] == "text/html"
    assert refresh(idp, token).status_code == 200  # once only, and the token was not used up


def test_fail_can_be_kept_to_a_grant_type(idp: Provider) -> None:
    failure = {"status": 400, "body": {"error": "invalid_grant"}, "count": 2, "grant_type": "refresh_token"}
    idp.set(fail=failure)
    token = signed_in(idp)["refresh_token"]
    assert [error(refresh(idp, token)) for _ in range(2)] == ["invalid_grant"] * 2
    assert refresh(idp, token).status_code == 200
    assert [entry["error"] for entry in idp.log() if entry["grant_type"] == "refresh_token"] == [
        "invalid_grant",
        "invalid_grant",
        None,
    ]


def test_refresh_without_id_token_or_rotation(idp: Provider) -> None:
    token = signed_in(idp)["refresh_token"]
    idp.set(issue_id_token_on_refresh=False, rotate=False)
    answer = refresh(idp, token).json()
    assert "id_token" not in answer
    assert answer["refresh_token"] == token


def test_an_unknown_setting_is_told(idp: Provider) -> None:
    with pytest.raises(ProviderError, match="unknown setting: hold; known: at_ttl"):
        idp.set(hold=1)


def test_counters_and_log(idp: Provider) -> None:
    token = signed_in(idp)["refresh_token"]
    refresh(idp, token)
    refresh(idp, token)  # reuse: refused
    assert (
        idp.token_responses(),
        idp.token_responses("refresh_token"),
        idp.token_responses("device_code"),
    ) == (2, 1, 1)
    last = idp.log()[-1]
    assert (last["endpoint"], last["status"], last["ok"], last["error"]) == (
        "token",
        400,
        False,
        "invalid_grant",
    )
    assert last["client_id"] == PUBLIC_CLIENT
    assert token not in str(idp.log())
    idp.reset_log()
    assert idp.log() == []


def test_parallel_requests(idp: Provider) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: signed_in(idp, f"user{n}"), range(8)))
    assert len({answer["refresh_token"] for answer in answers}) == 8
    assert idp.token_responses() == 8


def test_two_providers_are_strangers(idp: Provider) -> None:
    with type(idp)(at_ttl=5) as other:
        assert other.issuer != idp.issuer
        token = signed_in(idp)["refresh_token"]
        assert error(refresh(other, token)) == "invalid_grant"
        assert other.alive()
        assert signed_in(other)["expires_in"] == 5
    assert not other.alive()


def test_a_provider_that_cannot_start_says_why(idp: Provider) -> None:
    taken = urlsplit(idp.issuer).port
    assert taken is not None
    with pytest.raises(ProviderError, match=r"EADDRINUSE|Address already in use"):
        type(idp)(port=taken).start()
    with pytest.raises(ProviderError, match="not running"):
        _ = type(idp)().issuer

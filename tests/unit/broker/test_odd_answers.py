"""Answers that are odd and yet answers: whoever signs in so stays signed in, also over a restart."""

import json
from typing import Any

import pytest

from tests.idp import MisbehavingProvider, Request, Responder, faults
from tests.unit.broker.bench import Bench, refreshes
from tests.unit.broker.conftest import MakeBench

LEFT_OUT = object()

ODD: dict[str, dict[str, Any]] = {
    "no expires_in": {"expires_in": LEFT_OUT},
    "expires_in as text": {"expires_in": "3600"},
    "expires_in below zero": {"expires_in": -1},
    "expires_in without end": {"expires_in": float("inf")},
    "expires_in huge": {"expires_in": 10**300},
    "expires_in that is no number": {"expires_in": float("nan")},
    "refresh_in that is no number": {"refresh_in": float("nan")},
    "refresh_in below zero": {"refresh_in": -600},
    "refresh_in past the end": {"refresh_in": 10**9},
    "no id token": {"id_token": LEFT_OUT},
    "no scope": {"scope": LEFT_OUT},
    "scope as a list": {"scope": ["lake.read", "openid", "offline_access"]},
    "scope in another order": {"scope": "lake.read offline_access profile openid"},
    "token type in capitals": {"token_type": "BEARER"},
    "no token type": {"token_type": LEFT_OUT},
    "every field it knows, null": {"error": None, "error_description": None, "error_uri": None},
    "an empty error": {"error": ""},
    "fields that nobody knows": {"x" * 2000: [{"\u202e": "\x00"}] * 50, "": None, "ext_expires_in": "never"},
}


def odd(right: Responder, changes: dict[str, Any]) -> Responder:
    """The right answers to what was granted, changed."""

    def respond(request: Request) -> faults.Answer | None:
        answer = right(request)
        assert answer is not None
        status, headers, body = answer
        if status != 200:
            return answer
        changed = json.loads(body) | changes
        kept = {name: value for name, value in changed.items() if value is not LEFT_OUT}
        return status, headers, json.dumps(kept).encode()

    return respond


@pytest.mark.parametrize("name", ODD)
async def test_an_odd_answer_signs_in_and_refreshes_all_the_same(
    idp: MisbehavingProvider, fresh: Bench, make_bench: MakeBench, name: str
) -> None:
    idp.answers["token"] = odd(idp.answers["token"], ODD[name])
    first = await fresh.sign_in()
    assert first.account is not None and first.token_type == "Bearer" and "lake.read" in first.scopes
    assert 0 < first.expires_on - first.issued_on <= 366 * 86_400
    assert first.issued_on <= first.refresh_on < first.expires_on
    seen = [first.reveal()]
    for _ in range(3):
        before = fresh.refresh_token()
        seen.append((await fresh.refresh()).reveal())
        after = fresh.refresh_token()
        assert before is not None and after is not None and before.secret != after.secret
    assert len(set(seen)) == 4 and refreshes(idp) == 3
    again = await make_bench(idp).get()
    assert again.reveal() == seen[-1] and len(fresh.accounts()) == 1

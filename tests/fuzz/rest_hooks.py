"""What schemathesis has from us, in its own process: a check that no answer holds a secret in any form, and
text that is printable, as requests want it; and waiting for what a request needs to be right."""

import json
import os
from typing import Any

import requests
import schemathesis
from hypothesis import strategies as st

from tests.support.waiting import until

NEEDLES, URL, TOKEN = "FUZZ_NEEDLES", "FUZZ_URL", "FUZZ_TOKEN"
PRINTABLE = "printable"
_NEEDLES = [bytes.fromhex(needle) for needle in json.loads(os.environ.get(NEEDLES, "[]"))]


@schemathesis.check
def no_secret(_ctx: schemathesis.CheckContext, response: schemathesis.Response, _case: object) -> None:
    """Head and body."""
    seen = repr(response.headers).encode() + response.content
    assert not any(needle in seen for needle in _NEEDLES), "the answer holds a secret: no_secret"


schemathesis.openapi.format(
    PRINTABLE,
    st.text(st.characters(categories=["L", "N", "P", "S"], include_characters=" "), max_size=50).filter(
        str.isprintable
    ),
)


@schemathesis.hook
def before_call(
    _ctx: schemathesis.HookContext, case: schemathesis.Case[Any], _kwargs: dict[str, Any]
) -> None:
    """A grant for a person is asked for while that person is signed in, who may have been removed just now:
    somebody signs in again."""
    if case.path.endswith("/grants") and isinstance(case.body, dict) and case.body.get("account"):
        until(_is_anybody_there, 60)


def _is_anybody_there() -> bool:
    authorization = {"Authorization": f"token {os.environ[TOKEN]}"}
    return bool(requests.get(f"{os.environ[URL]}/accounts", headers=authorization, timeout=60).json())

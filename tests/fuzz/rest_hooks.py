"""What schemathesis has from us, in its own process: a check that no answer holds a secret in any form, and
text that is printable, as requests want it."""

import json
import os

import schemathesis
from hypothesis import strategies as st

NEEDLES = "FUZZ_NEEDLES"
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

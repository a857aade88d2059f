"""Secrets of a request that a provider repeats in its words. Without ``requests``, since the server imports
this at its start (``callback``)."""

import re
import urllib.parse
from collections.abc import Iterable

from jupyter_auth.core.redaction import REDACTED

_SHOWN = 8  # characters: of no secret is so long a piece repeated


def redacted(text: str, values: Iterable[str]) -> str:
    """Without ``values``, plain or encoded; and without what is in one of them: a beginning or an end is
    often repeated to tell which it was."""
    shown = list(text)
    forms = (str, urllib.parse.quote_plus, lambda value: urllib.parse.quote(value, safe=""))
    for secret in {form(value) for value in values if value for form in forms}:
        size = min(_SHOWN, len(secret))
        pieces = {secret[at : at + size] for at in range(len(secret) - size + 1)}
        for at in range(len(text) - size + 1):
            if text[at : at + size] in pieces:
                shown[at : at + size] = "\0" * size  # which no clean text holds
    return re.sub("\0+", REDACTED, "".join(shown))

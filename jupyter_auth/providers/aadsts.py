"""Entra's errors in words a person understands, from the codes in ``aadsts.toml``."""

import json
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import requests

from jupyter_auth.core.errors import OAuthError
from jupyter_auth.providers.answers import oauth_body, refusal
from jupyter_auth.providers.base import TOKEN_STAYS

_CODE = re.compile(r"AADSTS(\d{5,8})\b")
_MAX_CLAIMS = 8192  # characters
#: Suberrors that say more than the code does.
_TELLING = TOKEN_STAYS | {"bad_token"}


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("aadsts.toml").read_text("utf-8"))


def entra_refusal(response: requests.Response, authority: str, *, by_device: bool = False) -> Exception:
    """As ``answers.refusal``, with Entra's code as reason and hint.

    ``by_device``: it ends a sign-in by device code. Where that is why, the reason is ``device_code_blocked``.
    """
    problem = refusal(response, authority)
    if isinstance(problem, OAuthError):
        body = oauth_body(response)
        explain(problem, codes_in(body), by_device=by_device)
        if body.get("suberror") in _TELLING:
            problem.reason = str(body["suberror"])
        problem.claims = _challenge(body.get("claims"))
    return problem


def codes_in(body: Mapping[str, Any]) -> list[int]:
    """The codes of an error, the one in its description first."""
    description, listed = body.get("error_description"), body.get("error_codes")
    found = [int(code) for code in _CODE.findall(description if isinstance(description, str) else "")]
    found += [code for code in (listed if isinstance(listed, list) else ()) if type(code) is int]
    return list(dict.fromkeys(found))


def explain(problem: OAuthError, codes: list[int], *, by_device: bool = False) -> None:
    """Set reason and hint of ``problem`` by the first code that is known."""
    known = next((entry for code in codes if (entry := _table()["codes"].get(str(code)))), None)
    if known is not None:
        problem.reason, problem.hint = known["reason"], known["hint"]
    elif codes and problem.error == "invalid_grant":
        problem.reason = "interaction_required"  # a rule that is not known here: the token may still do
    if by_device and set(codes) & set(_table()["device_code_blocked"]):
        problem.reason = "device_code_blocked"
        problem.hint = "Sign in with the browser instead (flow='authorization_code'). " + problem.hint


def _challenge(value: Any) -> str | None:
    """The claims that the next request must carry, where Entra names them (a claims challenge)."""
    if not isinstance(value, str) or not value.isprintable() or len(value) > _MAX_CLAIMS:
        return None
    try:
        return value if isinstance(json.loads(value), dict) else None
    except (ValueError, RecursionError):
        return None

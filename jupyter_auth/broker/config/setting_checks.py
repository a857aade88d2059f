"""What a setting must be: each gives the value as it is used, or raises ``ValueError`` with what is wrong."""

import math
import os

from jupyter_auth.broker.config.settings import AGENT, PEOPLE, store_problem
from jupyter_auth.core.grant import ACCESS
from jupyter_auth.core.policy import ALL_FLOWS
from jupyter_auth.core.profile import did_you_mean
from jupyter_auth.core.scopes import parse_scopes
from jupyter_auth.core.urls import checked_split, is_loopback


def a_store(value: str) -> str:
    """The name of a store."""
    problem = store_problem(value)
    if problem:
        raise ValueError(problem)
    return value


def an_access(value: str) -> str:
    """What kernels may."""
    if value not in ACCESS:
        raise ValueError(f"must be {', '.join(ACCESS[:-1])} or {ACCESS[-1]}")
    return value


def people(value: str) -> str:
    """How many use a server."""
    if value not in PEOPLE:
        raise ValueError(f"must be {' or '.join(map(repr, PEOPLE))}")
    return value


def agent(value: str) -> str:
    """What becomes of the agent."""
    if value not in AGENT:
        raise ValueError(f"must be {' or '.join(map(repr, AGENT))}")
    return value


def above_zero(value: int) -> int:
    """A number of something."""
    if value < 1:
        raise ValueError("must be at least 1")
    return value


def exact(values: list[str]) -> list[str]:
    """Texts that others are compared with. What reads like a pattern, or can never be met, is refused:
    whoever wrote it meant something else than it would do."""
    for value in values:
        if not value or not value.isascii() or not value.isprintable() or value != value.strip():
            raise ValueError(
                f"{value[:40]!r} is nothing to compare with: plain letters, no spaces around them"
            )
        if "*" in value:
            raise ValueError(f"{value[:40]!r} is no pattern: each entry is compared as it stands")
    return values


def issuers(values: list[str]) -> list[str]:
    """URLs of issuers."""
    for value in exact(values):
        if checked_split(value) is None or "?" in value or "#" in value:
            raise ValueError(f"{value[:80]!r} is no issuer's URL")
    return values


def scopes(values: list[str]) -> list[str]:
    """Scopes, one each."""
    for value in exact(values):
        if parse_scopes(value) != (value,):
            raise ValueError(f"{value[:40]!r} is no single scope")
    return values


def flows(values: list[str]) -> list[str]:
    """Ways to a token."""
    for value in values:
        if value not in ALL_FLOWS:
            raise ValueError(f"{value[:40]!r} is not a flow{did_you_mean(value, ALL_FLOWS)}")
    return values


def a_path(value: str | None) -> str | None:
    """An absolute path with ``~`` expanded; None where there is none."""
    expanded = os.path.expanduser(value or "")  # noqa: PTH111 -- Path.expanduser raises without a home
    if expanded and not os.path.isabs(expanded):  # noqa: PTH117
        raise ValueError("must be an absolute path, or begin with ~")
    return expanded or None


def seconds(value: float) -> float:
    """A time in seconds."""
    if not 0 <= value < math.inf:
        raise ValueError("must be a number of seconds, 0 or more")
    return value


def a_callback(value: str | None) -> str | None:
    """The URL of a callback; None where there is none."""
    if not value:
        return None
    parts = checked_split(value)
    if parts is None or "?" in value or "#" in value:
        raise ValueError("must be an absolute URL without query and fragment")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("must begin with https; plain http is accepted only for a loopback host")
    return value

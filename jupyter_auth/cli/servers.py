"""Asking running Jupyter servers over REST, with the token they left for their own user."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import requests
from jupyter_core.paths import jupyter_runtime_dir

from jupyter_auth.core.account import Account
from jupyter_auth.core.errors import AuthError, TransportError, error_from_wire
from jupyter_auth.core.text import clean

TIMEOUT = 10.0  # seconds
TIMEOUT_WITH_PROVIDER = 100.0  # where the server asks a provider before it answers


def running() -> Iterator[dict[str, Any]]:
    """What each running server of this user says of itself (``url``, ``token``, ``pid``, …).

    As ``jupyter_server.serverapp.list_running_servers`` reads it, whose import takes longer than a command.
    """
    for file in sorted(Path(jupyter_runtime_dir()).glob("jpserver-*.json")):
        try:
            told = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # it has gone meanwhile, or is being written
            continue
        if isinstance(told, dict) and isinstance(told.get("url"), str) and _runs(told.get("pid")):
            yield told


def _runs(pid: Any) -> bool:
    return isinstance(pid, int) and pid > 0 and psutil.pid_exists(pid)


def ask(
    server: dict[str, Any],
    resource: str,
    method: str = "GET",
    body: dict[str, Any] | None = None,
    *,
    timeout: float = TIMEOUT,
) -> Any:
    """The JSON of a resource of ours. Raises the error that the server tells of, and ``TransportError`` where
    it does not answer, has no broker (``no_extension``), lets nobody in with its token (``not_let_in``), or
    does not have what is meant any more (``not_found``)."""
    url = f"{server['url'].rstrip('/')}/jupyter_auth/v1/{resource}"
    headers = {"Authorization": f"token {server['token']}"} if server.get("token") else {}
    with requests.Session() as session:
        session.trust_env = False  # the server is on this machine: no proxy, no ~/.netrc
        try:
            answer = session.request(
                method, url, headers=headers, json=body, timeout=timeout, allow_redirects=False
            )
        except requests.RequestException as problem:
            told = f"{server['url']} did not answer ({type(problem).__name__})."
            raise TransportError(told, retryable=True) from None
    told = _json(answer)
    if answer.status_code != requests.codes.ok:
        raise _refusal(server, answer.status_code, told, method)
    if told is None:
        raise TransportError(f"{server['url']} gave an answer that is no JSON.", reason="bad_answer")
    return told


def accounts(server: dict[str, Any]) -> list[dict[str, Any]]:
    """Who is signed in there, one row for each profile. What answers at a port need not be what was there, so
    nothing of it is printed as it came. Raises as ``ask`` does."""
    told = ask(server, "accounts")
    if not isinstance(told, list) or not all(isinstance(row, dict) for row in told):
        raise TransportError(f"{server['url']} gave an answer that is no list.", reason="bad_answer")
    return [
        {**Account.from_wire(row).to_wire(), "state": row.get("state")}
        | {key: clean(row.get(key)) for key in ("username", "name", "profile", "environment")}
        for row in told
    ]


@contextmanager
def reading(server: dict[str, Any]) -> Iterator[None]:
    """What is done within with an answer raises ``TransportError`` where that has not the shape of ours."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError):
        told = f"{server['url']} gave an answer that cannot be read."
        raise TransportError(told, reason="bad_answer") from None


def _json(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except (ValueError, RecursionError):
        return None


def _refusal(server: dict[str, Any], status: int, told: Any, method: str) -> AuthError:
    if isinstance(told, dict) and isinstance(told.get("error"), str):
        return error_from_wire(told)
    if status in (302, 401, 403):
        return TransportError(
            f"{server['url']} does not let this command in (HTTP {status}).",
            reason="not_let_in",
            hint="It takes a password, or the people of a hub: do it in a notebook there.",
        )
    if method != "GET" and status == 404:
        return TransportError(f"{server['url']} does not have it any more.", reason="not_found")
    return TransportError(
        f"{server['url']} has no jupyter_auth (HTTP {status}).",
        reason="no_extension",
        hint="Install jupyter-token-broker where that server runs, and restart it.",
    )

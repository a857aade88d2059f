"""Asking running Jupyter servers over REST, with the token they left for their own user."""

from collections.abc import Iterator
from typing import Any

import requests
from jupyter_server.serverapp import list_running_servers

from jupyter_auth.core.errors import TransportError, error_from_wire

TIMEOUT = 10.0  # seconds
_REFUSED = (400, 403, 404)


def running() -> Iterator[dict[str, Any]]:
    """What each running server of this user says of itself (``url``, ``token``, ``pid``, …)."""
    yield from list_running_servers()


def ask(
    server: dict[str, Any], resource: str, method: str = "GET", body: dict[str, Any] | None = None
) -> Any:
    """The JSON of a resource of ours; raises ``TransportError`` where the server has none, and the error that
    it answers where it refuses a change."""
    url = f"{server['url'].rstrip('/')}/jupyter_auth/v1/{resource}"
    headers = {"Authorization": f"token {server['token']}"} if server.get("token") else {}
    session = requests.Session()
    session.trust_env = False  # the server is on this machine: no proxy, no ~/.netrc
    try:
        answer = session.request(
            method, url, headers=headers, json=body, timeout=TIMEOUT, allow_redirects=False
        )
    except requests.RequestException as problem:
        raise TransportError(f"{server['url']} did not answer ({type(problem).__name__}).") from None
    if method != "GET" and answer.status_code in _REFUSED:
        raise error_from_wire(answer.json())
    if answer.status_code != requests.codes.ok:
        raise TransportError(
            f"{server['url']} has no jupyter_auth (HTTP {answer.status_code}).",
            reason="no_extension",
            hint="Install jupyter-token-broker where that server runs, and restart it.",
        )
    return answer.json()

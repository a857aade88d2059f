"""What the tests of the redirect sign-in share: a person's browser at a Jupyter server."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess

FLOWS = 'flows = ["authorization_code"]\n'
CALLBACK = "jupyter_auth/v1/callback"


@contextmanager
def browser(server: JupyterProcess, *, is_logged_in: bool = True) -> Iterator[requests.Session]:
    """A browser with Jupyter's cookie, or a visitor without it. It follows no redirect by itself."""
    with requests.Session() as session:
        session.trust_env = False
        if is_logged_in:
            session.get(f"{server.url}api/status?token={server.token}", timeout=20).raise_for_status()
        yield session


def visit(session: requests.Session, url: str, method: str = "GET") -> requests.Response:
    """Open a page."""
    return session.request(method, url, allow_redirects=False, timeout=30)


def parameters(url: str) -> dict[str, str]:
    """Those of an address, each once."""
    return {name: value for name, (value,) in parse_qs(urlsplit(url).query, strict_parsing=True).items()}


def state_of(server: JupyterProcess, waiting: dict[str, Any]) -> str:
    """How an interaction stands now."""
    answer = server.get(f"jupyter_auth/v1/interactions/{waiting['id']}").json()
    return str(answer["state"])

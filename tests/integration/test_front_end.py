"""With a front end of ours open, a cell holds a request's id and nothing else; without, the whole card."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import websocket

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import Provider
from tests.integration.conftest import pending
from tests.support import CellError, Kernel, until

MIME_TYPE = "application/vnd.jupyter_auth.interaction.v1+json"
ASK = "tok = ja.get_token('lake')"


@contextlib.contextmanager
def front_end(server: JupyterProcess, **options: Any) -> Iterator[websocket.WebSocket]:
    """What the extension does in each page."""
    url = f"{server.url.replace('http', 'ws', 1)}jupyter_auth/v1/frontend"
    options.setdefault("header", {"Authorization": f"token {server.token}"})
    options.setdefault("timeout", 60)
    socket = websocket.create_connection(url, **options)
    try:
        yield socket
    finally:
        socket.close()
        socket.shutdown()  # type: ignore[no-untyped-call]  # when the server has closed it, close() leaves the socket open


def open_ones(server: JupyterProcess) -> int:
    return int(server.get("jupyter_auth/v1/status").json()["broker"]["front_ends"])


def test_the_cell_holds_the_id_alone(kernel: Kernel, provider: Provider) -> None:
    with front_end(kernel.server):
        cell = kernel.start(ASK, "tok.account.username")
        waiting = pending(kernel.server)
        shown = kernel.shows(cell)
        assert shown[MIME_TYPE] == {"id": waiting["id"]}
        assert set(shown) == {MIME_TYPE, "text/plain"}
        provider.approve(waiting["user_code"])
        assert kernel.result_of(cell) == "ada"
    last = kernel.displays(cell)[-1]
    assert last["text/plain"] == "✓ Signed in as ada · lake"
    assert (last[MIME_TYPE]["state"], last[MIME_TYPE]["username"]) == ("succeeded", "ada")
    for secret in (waiting["user_code"], waiting["verification_uri"]):
        assert secret not in kernel.text()


def test_a_page_that_is_closed_meanwhile_brings_no_code_into_the_notebook(
    kernel: Kernel, provider: Provider
) -> None:
    with front_end(kernel.server):
        cell = kernel.start("try:\n    ja.get_token('lake')\nexcept ja.InteractionError: pass", "None")
        waiting = pending(kernel.server)
        kernel.shows(cell)
    until(lambda: open_ones(kernel.server) == 0)
    kernel.server.delete(f"jupyter_auth/v1/interactions/{waiting['id']}")
    kernel.result_of(cell)
    assert waiting["user_code"] not in kernel.text()
    assert kernel.displays(cell)[-1][MIME_TYPE]["state"] == "cancelled"


def test_without_one_the_cell_shows_the_card(kernel: Kernel, provider: Provider) -> None:
    with front_end(kernel.server):
        until(lambda: open_ones(kernel.server) == 1)
    until(lambda: open_ones(kernel.server) == 0)
    cell = kernel.start(ASK, "None")
    waiting = pending(kernel.server)
    shown = kernel.shows(cell)
    assert waiting["user_code"] in shown["text/html"] and MIME_TYPE not in shown
    kernel.interrupt()
    with pytest.raises(CellError):
        kernel.result_of(cell)


def cookie(server: JupyterProcess) -> str:
    """What a browser holds after it has opened the server's page."""
    with requests.Session() as session:
        session.trust_env = False
        session.get(f"{server.url}api/status", params={"token": server.token}, timeout=60).raise_for_status()
        assert session.cookies
        return "; ".join(f"{name}={value}" for name, value in session.cookies.items())


def test_who_may_open_one(server: JupyterProcess) -> None:
    host, own = server.url.split("/")[2], {"Cookie": cookie(server)}
    refused: list[dict[str, str]] = [
        {},
        {"Authorization": "token wrong"},
        {**own, "Origin": "https://evil.example"},
        {**own, "Origin": f"http://{host}.evil.example"},
    ]
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    for headers in refused:
        headers |= {**upgrade, "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
        with requests.Session() as session:
            session.trust_env = False
            url = f"{server.url}jupyter_auth/v1/frontend"
            assert session.get(url, headers=headers, timeout=60).status_code == 403
    with front_end(server, header=own, origin=f"http://{host}"), front_end(server):
        until(lambda: open_ones(server) == 2)
    until(lambda: open_ones(server) == 0)
    assert server.get("jupyter_auth/v1/frontend").status_code == 400


def test_nothing_is_said_in_it(server: JupyterProcess) -> None:
    with front_end(server) as socket:
        socket.send(json.dumps({"state": "succeeded"}))
        code, frame = socket.recv_data()
        assert (code, frame[:2]) == (websocket.ABNF.OPCODE_CLOSE, (1003).to_bytes(2, "big"))
    until(lambda: open_ones(server) == 0)

"""Serving a Flask application on a free port of 127.0.0.1, from a daemon thread; requests are not logged."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

#: The only address the demo listens on.
HOST = "127.0.0.1"


class QuietHandler(WSGIRequestHandler):
    """A request line can hold a code in its query string: requests are not logged."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass

    def log(self, type: str, message: str, *args: Any) -> None:
        """Broken connections and the like; a Flask application logs its own failures."""


@contextmanager
def serving(make_app: Callable[[str], Flask]) -> Iterator[str]:
    """Serve what `make_app` makes for the address it is served at, and yield that address.

    The port is taken before the application exists: an issuer must know its own address.
    """
    with socket.create_server((HOST, 0)) as listener:
        address = f"http://{HOST}:{listener.getsockname()[1]}"
        server = make_server(
            HOST,
            0,
            make_app(address),
            threaded=True,
            request_handler=QuietHandler,
            fd=listener.fileno(),
        )
    thread = threading.Thread(
        target=server.serve_forever, args=(0.05,), name=f"serving {address}", daemon=True
    )
    thread.start()
    try:
        yield address
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()

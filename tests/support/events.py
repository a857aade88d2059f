"""A page that hears Jupyter's events."""

import json
import socket
import threading
from contextlib import suppress
from queue import Queue
from typing import Any

import websocket
import yaml
from jsonschema import Draft7Validator

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from jupyter_auth.server.events import AUDIT, SCHEMAS

PREFIX = "https://events.jupyter.org/jupyter_auth/"


class EventPage:
    """It has subscribed; ``text`` is all that it was ever sent."""

    def __init__(self, server: JupyterProcess) -> None:
        self.text = ""
        schemas = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in SCHEMAS]
        self._validators = {schema["$id"]: Draft7Validator(schema) for schema in schemas}
        self._heard: Queue[dict[str, Any]] = Queue()
        self._socket = websocket.create_connection(
            f"{server.url.replace('http', 'ws', 1)}api/events/subscribe",
            timeout=60,
            header=[f"Authorization: token {server.token}"],
            http_no_proxy=["127.0.0.1"],
        )
        self._socket.settimeout(None)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def next(self, count: int, timeout: float = 60, *, audit: bool = False) -> list[dict[str, Any]]:
        """The next ``count`` events of ours, each as its schema says; ``Empty`` where one takes too long.

        Without those of the audit, or (``audit``) these alone.
        """
        found: list[dict[str, Any]] = []
        while len(found) < count:
            event = self._heard.get(timeout=timeout)
            schema_id = event.pop("schema_id")
            if schema_id.startswith(PREFIX):
                is_audit = schema_id == AUDIT
                self._validators[schema_id].validate(event)
                if is_audit is audit:
                    found.append({"topic": schema_id.removeprefix(PREFIX).removesuffix("/v1"), **event})
        return found

    def close(self) -> None:
        if self._socket.sock is not None:
            with suppress(OSError):  # it may be closed already; who reads from it is woken by this alone
                self._socket.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(60)
        self._socket.shutdown()  # type: ignore[no-untyped-call]

    def _listen(self) -> None:
        with suppress(OSError, websocket.WebSocketException):
            while received := str(self._socket.recv()):
                self.text += received
                self._heard.put(json.loads(received))

"""A kernel of a running server, driven as a front end drives it, with everything it says kept."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from jupyter_auth.cli.demo.kernel_channel import CellError, CellTimeoutError, KernelChannel
from jupyter_auth.cli.demo.servers import DemoError

__all__ = ["CellError", "Kernel"]


class Kernel(KernelChannel):
    """A kernel; ``run`` executes a cell, ``messages`` holds what came back."""

    def __init__(self, server: JupyterProcess, name: str | None = None) -> None:
        self.server = server
        self.messages: list[dict[str, Any]] = []
        with self._servers_log():
            super().__init__(server, name=name)

    def run(self, code: str, value: str = "None", *, timeout: float = 110) -> Any:
        """Run ``code``, then give back the JSON value of the expression ``value``."""
        return super().run(code, value, timeout=timeout)

    def start(self, code: str, value: str) -> str:
        """Send a cell. The value comes backwards: the kernel would mask a token in it."""
        return super().start(code, f"__import__('json').dumps({value})[::-1]")

    def value(self, expression: str, *, timeout: float = 110) -> Any:
        """The JSON value of an expression."""
        return self.run("", expression, timeout=timeout)

    def fails(self, code: str, *, timeout: float = 110) -> str:
        """Run ``code``, which must raise; what the kernel said."""
        try:
            self.run(code, timeout=timeout)
        except CellError as problem:
            return str(problem)
        raise AssertionError(f"{code!r} did not raise")

    def result_of(self, message_id: str, *, timeout: float = 110) -> Any:
        """Wait for a cell's end, and for all that it displayed on its way."""
        with self._servers_log():
            try:
                if early := self._replies(message_id):  # it may come before what the cell displays
                    return self._value_of(early[0])
                return super().result_of(message_id, timeout=timeout)
            finally:
                self.listen_until(lambda: self.is_idle(message_id))

    @contextmanager
    def _servers_log(self) -> Iterator[None]:
        """What the server had to say when its kernel was lost, beside the error."""
        try:
            yield
        except CellError:
            raise
        except DemoError as problem:
            problem.add_note("\n".join(["The last lines of the server's log:", *self.server.last_lines()]))
            raise

    def listen_until(self, enough: Callable[[], bool], timeout: float = 60) -> None:
        """Read what the kernel says until ``enough``."""
        deadline = time.monotonic() + timeout
        while not enough():
            for message in self._messages(max(0.01, deadline - time.monotonic())):
                self._remember(message)
                break
            else:
                raise CellTimeoutError(f"What was waited for did not come in {timeout:.0f} s.")

    def shows(self, message_id: str) -> dict[str, Any]:
        """The first thing a running cell displays."""
        self.listen_until(lambda: bool(self.displays(message_id)))
        return self.displays(message_id)[0]

    def is_idle(self, message_id: str) -> bool:
        """Whether a cell has ended, and all that it said has arrived."""
        return any(
            m["msg_type"] == "status"
            and m["content"]["execution_state"] == "idle"
            and m["parent_header"].get("msg_id") == message_id
            for m in self.messages
        )

    def open_subshell(self) -> str:
        """A second thread of the kernel that runs cells (JEP 91)."""
        asked = self.send("control", "create_subshell_request", {})
        return str(self.reply(asked)["subshell_id"])

    def in_subshell(self, subshell: str, code: str) -> str:
        """Run ``code`` there; what it printed."""
        content = {"code": code, "silent": False, "allow_stdin": True, "stop_on_error": True}
        asked = self.send("shell", "execute_request", content, subshell_id=subshell)
        assert self.reply(asked)["status"] == "ok"
        self.listen_until(lambda: self.is_idle(asked))
        return "".join(
            message["content"]["text"]
            for message in self.messages
            if message["msg_type"] == "stream" and message["parent_header"].get("msg_id") == asked
        )

    def reply(self, asked: str) -> dict[str, Any]:
        """What the kernel answers to a request, waited for if need be."""
        self.listen_until(lambda: bool(self._replies(asked)))
        return self._replies(asked)[0]

    def _replies(self, asked: str) -> list[dict[str, Any]]:
        return [
            message["content"]
            for message in self.messages
            if message["msg_type"].endswith("_reply") and message["parent_header"].get("msg_id") == asked
        ]

    def interrupt(self) -> None:
        """The stop button."""
        self.server.post(f"api/kernels/{self.kernel_id}/interrupt", {}).raise_for_status()

    def restart(self) -> None:
        """The restart button."""
        self.server.post(f"api/kernels/{self.kernel_id}/restart", {}).raise_for_status()
        self.reconnect()  # what a kernel says while its channels are set up anew may be lost

    def shut_down(self) -> requests.Response:
        """The end of the kernel."""
        return self.server.delete(f"api/kernels/{self.kernel_id}")

    def displays(self, message_id: str | None = None) -> list[dict[str, Any]]:
        """The mime bundles shown by a cell (or all), first displays and updates, in order."""
        return [
            message["content"]["data"]
            for message in self.messages
            if message["msg_type"] in {"display_data", "update_display_data"}
            and (message_id is None or message["parent_header"].get("msg_id") == message_id)
        ]

    def text(self) -> str:
        """All that the kernel ever said, as one text to search in."""
        return json.dumps(self.messages)

    def _value_of(self, reply: dict[str, Any]) -> Any:
        return json.loads(super()._value_of(reply)[::-1])

    def _remember(self, message: dict[str, Any]) -> None:
        self.messages.append(message)
        super()._remember(message)

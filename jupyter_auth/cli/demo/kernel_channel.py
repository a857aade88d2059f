"""A kernel of a running Jupyter server, used as a front end uses it: started by REST, run by websocket."""

from __future__ import annotations

import ast
import json
import re
import time
import uuid
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import websocket

from .jupyter_process import JupyterProcess
from .servers import DemoError

#: How many kernels are started until one answers: of the ports that Jupyter chooses for one, another process
#: may take one before the kernel does, which is then never heard.
KERNELS = 3


class CellError(DemoError):
    """A cell raised; the text holds what the kernel said."""


class CellTimeoutError(DemoError):
    """A cell did not end in time; it may still run."""


class ChannelLostError(DemoError):
    """The server has closed the channel, or is gone; what the kernel was to do is not known to be done."""


class KernelChannel:
    """One kernel and the channel to it."""

    def __init__(self, server: JupyterProcess, *, name: str | None = None, timeout: float = 30) -> None:
        """Start a kernel of the kernelspec ``name``; the server's default one without.

        It answers when this returns; raises DemoError where none of three does, each in
        ``timeout`` seconds.
        """
        self._server = server
        self._session = uuid.uuid4().hex
        self._said: deque[str] = deque(maxlen=25)
        self.allow_stdin = True
        why: DemoError | None = None
        for _ in range(KERNELS):
            self.kernel_id = self._start_kernel(name)
            try:
                self._open(timeout)
            except DemoError as problem:
                why = problem
                server.delete(f"api/kernels/{self.kernel_id}")
            else:
                return
        raise DemoError("The kernel has started, but does not answer.") from why

    def reconnect(self, timeout: float = 60) -> None:
        """Open the channel anew, after the kernel was restarted."""
        self._socket.close()
        self._open(timeout)

    def close(self) -> None:
        """End the channel, also one whose server has died."""
        try:
            self._socket.close(timeout=1)
        except (OSError, websocket.WebSocketException):
            pass
        finally:
            if self._socket.sock is not None:
                self._socket.sock.close()

    def run(self, code: str, value: str, *, timeout: float = 60) -> Any:
        """Run a cell as somebody who can answer questions; returns an expression's value after it."""
        return self.result_of(self.start(code, value), timeout=timeout)

    def start(self, code: str, value: str) -> str:
        """Send a cell without waiting; returns the request's id."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "allow_stdin": self.allow_stdin,
            "stop_on_error": True,
            "user_expressions": {"value": f"__import__('json').dumps({value})"},
        }
        return self.send("shell", "execute_request", content)

    def send(self, channel: str, kind: str, content: dict[str, Any], **header: str) -> str:
        """Send a message of Jupyter's protocol; returns its id."""
        message_id = uuid.uuid4().hex
        named = {
            "msg_id": message_id,
            "msg_type": kind,
            "session": self._session,
            "username": "demo",
            "version": "5.4",
        }
        message = {
            "channel": channel,
            "header": named | header,
            "parent_header": {},
            "metadata": {},
            "content": content,
        }
        try:
            self._socket.send(json.dumps(message))
        except (OSError, websocket.WebSocketException) as problem:
            raise self._lost(problem) from problem
        return message_id

    def result_of(self, message_id: str, *, timeout: float = 60) -> Any:
        """Wait for a cell's end."""
        for message in self._messages(timeout):
            self._remember(message)
            if message["parent_header"].get("msg_id") != message_id:
                continue
            if message["msg_type"] == "input_request":
                raise CellError("The cell asks for a line of input.")
            if message["msg_type"] == "execute_reply":
                return self._value_of(message["content"])
        raise CellTimeoutError("\n".join([f"The cell did not end in {timeout:.0f} s.", *self._said]))

    def _messages(self, timeout: float) -> Iterator[dict[str, Any]]:
        """What the kernel says from now on, for ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                received = self._socket.recv()
            except websocket.WebSocketTimeoutException:
                return
            except (OSError, websocket.WebSocketException) as problem:
                raise self._lost(problem) from problem
            if isinstance(received, str) and received:  # binary: a widget's buffers
                yield json.loads(received)

    def _lost(self, problem: Exception) -> ChannelLostError:
        gone = "" if self._server.running() else " The server is gone."
        return ChannelLostError(f"The channel to the kernel was lost: {problem}{gone}")

    def _start_kernel(self, name: str | None) -> str:
        answer = self._server.post("api/kernels", {"name": name} if name else {})
        answer.raise_for_status()
        return str(answer.json()["id"])

    def _open(self, timeout: float) -> None:
        """Connect, and wait until the kernel answers: a server connects also to one that has ended."""
        address = f"{self._server.url.replace('http', 'ws', 1)}api/kernels/{self.kernel_id}/channels"
        try:
            self._socket = websocket.create_connection(
                f"{address}?session_id={self._session}",
                timeout=timeout,
                header=[f"Authorization: token {self._server.token}"],
                http_no_proxy=["127.0.0.1"],
            )
        except (OSError, websocket.WebSocketException) as problem:
            raise ChannelLostError(f"The channel to the kernel cannot be opened: {problem}") from problem
        with ExitStack() as on_failure:
            on_failure.callback(self.close)
            asked = self.send("shell", "kernel_info_request", {})
            for message in self._messages(timeout):
                if message["parent_header"].get("msg_id") == asked and message["channel"] == "shell":
                    on_failure.pop_all()
                    return
        raise CellTimeoutError(f"The kernel does not answer in {timeout:.0f} s.")

    def _value_of(self, reply: dict[str, Any]) -> Any:
        if reply["status"] != "ok":
            raise CellError("\n".join([f"{reply.get('ename')}: {reply.get('evalue')}", *self._said]))
        value = reply["user_expressions"]["value"]
        if value["status"] != "ok":
            raise CellError(f"{value.get('ename')}: {value.get('evalue')}")
        return json.loads(ast.literal_eval(value["data"]["text/plain"]))

    def _remember(self, message: dict[str, Any]) -> None:
        content = message["content"]
        if message["msg_type"] == "stream":
            self._said.extend(content["text"].splitlines())
        elif message["msg_type"] == "error":
            plain = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(content["traceback"]))
            self._said.extend(plain.splitlines())

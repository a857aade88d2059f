"""A real IRkernel of a running server."""

import shutil
from typing import Any

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from jupyter_auth.cli.demo.kernel_channel import CellError
from tests.support.kernel import Kernel


class RKernel(Kernel):
    """``run`` executes R code and gives back what it printed."""

    def __init__(self, server: JupyterProcess) -> None:
        assert shutil.which("R"), "these tests need R and its kernel: see PROGRAMS in tasks.py"
        super().__init__(server, name="ir")

    def run(self, code: str, value: str = "", *, timeout: float = 60) -> str:
        cell = self.start(code, value)
        self.result_of(cell, timeout=timeout)
        return self.said(cell)

    def said(self, cell: str) -> str:
        """What a cell printed."""
        return "".join(
            message["content"]["text"]
            for message in self.messages
            if message["msg_type"] == "stream" and message["parent_header"].get("msg_id") == cell
        )

    def _value_of(self, reply: dict[str, Any]) -> None:
        """R answers no expressions of Python's."""
        if reply["status"] != "ok":
            raise CellError("\n".join([f"{reply.get('ename')}: {reply.get('evalue')}", *self._said]))

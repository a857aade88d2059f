"""A stranger's path, by one page's words: ``python -m tests.docs.stranger``.

Somebody who has read nothing else follows ``docs/how-to/connect-your-own-provider.md``: its blocks are run in
the page's order, in a home folder of their own, at a provider that is nobody's but theirs (the certified
oidc-provider of ``tests/idp``), up to the answer of an API that asks this provider about each token. What a
person does is done by its words too: the link and the code are read from the cell.

Options: ``--here`` uses the environment that runs this in place of a new one (the suite does so); ``--wheel``
is installed in place of the clone. What the page tells the reader to replace is replaced, and the transcript
says by what. ``--write`` puts it into ``docs/reference/stranger.md``.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from jupyter_auth.cli.demo.workspace import Workspace
from tests.docs.collecting import Block, blocks
from tests.docs.lake import Lake, lake_api
from tests.docs.marks import ROOT
from tests.idp import PUBLIC_CLIENT, OidcProvider
from tests.support import Kernel, tables

PAGE = ROOT / "docs" / "how-to" / "connect-your-own-provider.md"
TRANSCRIPT = ROOT / "docs" / "reference" / "stranger.md"
VENV = "~/notebooks"
#: Of what a command prints, as much as tells something.
LINES_SHOWN, WIDTH = 14, 100
PATIENCE = 900.0
SERVER = "jupyter lab"
#: For a server that nobody looks at, beside others on this machine.
UNSEEN = ("--no-browser", "--ServerApp.port=0", "--allow-root")
KEPT = ("PATH", "LANG", "LC_ALL", "TERM", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")


class StrangerError(RuntimeError):
    """The page's words have led nowhere."""


class Home(Workspace):
    """A person's home folder, with Jupyter's folders where they are by themselves."""

    @property
    def config(self) -> Path:
        return self.root / ".jupyter"

    @property
    def runtime(self) -> Path:
        return self.root / ".local" / "share" / "jupyter" / "runtime"

    @property
    def notebooks(self) -> Path:
        return self.root


@dataclass(slots=True)
class Stranger:
    """Who follows the page; ``tell`` gets the transcript line by line."""

    home: Home
    provider: OidcProvider
    lake: Lake
    wheel: Path | None
    here: bool
    tell: Callable[[str], object]
    closing: ExitStack
    began: float = field(default_factory=time.monotonic)
    server: JupyterProcess | None = None
    kernel: Kernel | None = None
    said: list[str] = field(default_factory=list)

    def follow(self) -> float:
        """Every block of the page, in its order; the seconds that took."""
        for name, value in self.own.items():
            self.tell(f"           (the reader's own: {value} for {name})")
        for block in blocks(PAGE):
            self._step(block)
        if "'cache'" not in self.said[-1]:
            raise StrangerError(f"the last cell shows {self.said[-1]}, not 'cache'")
        return time.monotonic() - self.began

    @property
    def own(self) -> dict[str, str]:
        """What the page tells the reader to replace, and by what."""
        return {
            "https://idp.example.org/realms/science": self.provider.issuer,
            'client_id = "notebooks"': f'client_id = "{PUBLIC_CLIENT}"',
            "https://lake.example.org": self.lake.url,
        }

    def _step(self, block: Block) -> None:
        text = block.text
        for name, value in self.own.items():
            text = text.replace(name, value)
        if block.language == "toml":
            self._write(text)
        elif block.language == "python":
            self._cell(text, in_another_notebook=block.marks.new_kernel)
        elif text.strip() == SERVER:
            self._start_server()
        else:
            self._shell(text)

    def _write(self, text: str) -> None:
        self.home.config.mkdir(mode=0o700, exist_ok=True)
        (self.home.config / "jupyter_auth.toml").write_text(text, encoding="utf-8")
        self._show("writes ~/.jupyter/jupyter_auth.toml:", text.splitlines())

    def _shell(self, text: str) -> None:
        if self.here and "venv" in text:
            self._show("has an environment already, in place of:", text.splitlines())
            return
        if self.wheel:
            text = text.replace("pip install jupyterlab .", f"pip install jupyterlab {self.wheel.name}")
        self._show("$", text.splitlines())
        done = subprocess.run(
            ["bash", "-e", "-c", self._in_environment(text)],
            cwd=self.wheel.parent if self.wheel else ROOT,
            env=dict(self.home.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        self._show("", done.stdout.splitlines())
        if done.returncode:
            raise StrangerError(f"{text!r} exits with {done.returncode}")

    def _in_environment(self, text: str) -> str:
        """As in the terminal in which the environment was activated."""
        there = (self.home.root / VENV.removeprefix("~/") / "bin" / "activate").exists()
        return f". {VENV}/bin/activate\n{text}" if there else text

    def _start_server(self) -> None:
        self._show("$", [f"{SERVER} {' '.join(UNSEEN)}"])
        server = JupyterProcess("jupyterlab", self.home)
        server.command = ["bash", "-c", self._in_environment(f"exec {SERVER} {' '.join(UNSEEN)}")]
        self.server = self.closing.enter_context(server)
        self._show("", [f"JupyterLab answers at {server.url}"])

    def _cell(self, text: str, *, in_another_notebook: bool) -> None:
        if self.server is None:
            raise StrangerError("a cell comes before the server")
        if self.kernel is None or in_another_notebook:
            self._show("opens a notebook" if self.kernel is None else "opens another notebook", [])
            self.kernel = Kernel(self.server)
            self.closing.callback(self.kernel.close)
        kernel = self.kernel
        self._show("runs a cell:", text.splitlines())
        asked = kernel.start(text, "None")
        seen = len(kernel.messages)
        kernel.listen_until(lambda: kernel.is_idle(asked) or bool(kernel.displays(asked)), timeout=60)
        if shown := kernel.displays(asked):
            self._sign_in(shown[0]["text/plain"])
        kernel.listen_until(lambda: kernel.is_idle(asked), timeout=60)
        reply = kernel.reply(asked)
        if reply["status"] != "ok":
            raise StrangerError(f"a cell raises {reply['ename']}: {reply['evalue']}")
        self.said = [
            message["content"]["data"]["text/plain"]
            for message in kernel.messages[seen:]
            if message["msg_type"] == "execute_result"
        ]
        self._show("", [row for said in self.said for row in said.splitlines()])

    def _sign_in(self, card: str) -> None:
        """What the card says is what is done."""
        self._show("sees:", card.strip().splitlines())
        address, code = re.search(r"Open\s+(\S+)", card), re.search(r"Enter\s+(\S+)", card)
        if not address or not code:
            raise StrangerError("the card names no address and code")
        self._show(f"opens {address[1]}, enters {code[1]}, signs in as ada", [])
        self.provider.approve(code[1], verification_uri=address[1])

    def _show(self, act: str, lines: list[str]) -> None:
        left_out = len(lines) - LINES_SHOWN
        rows = lines if left_out <= 1 else [f"… {left_out} lines …", *lines[-LINES_SHOWN:]]
        head = f"{time.monotonic() - self.began:7.1f} s  "
        if act == "$":
            rows, act = [f"$ {row}" for row in rows], ""
        for row in [act, *rows] if act else rows:
            self.tell(head + (row if len(row) < WIDTH else f"{row[:WIDTH]}…"))
            head = " " * 11


@contextmanager
def stranger(
    tell: Callable[[str], object], *, here: bool = False, wheel: Path | None = None
) -> Iterator[Stranger]:
    """A stranger before the first word, with a provider and an API."""
    with ExitStack() as closing:
        root = Path(tempfile.mkdtemp(prefix="ja-"))
        closing.callback(shutil.rmtree, root, ignore_errors=True)
        own = {name: os.environ[name] for name in KEPT if name in os.environ}
        own |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        own |= {"HOME": str(root), "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        if here:
            own["PATH"] = f"{Path(sys.executable).parent}:{own['PATH']}"
        provider = closing.enter_context(OidcProvider())
        provider.set(interval=1)
        lake = closing.enter_context(lake_api(provider))
        home = Home(root=root, environment=own)
        yield Stranger(
            home=home, provider=provider, lake=lake, wheel=wheel, here=here, tell=tell, closing=closing
        )


def main() -> int:
    """Print the transcript; 0 where the path led to the API."""
    parser = argparse.ArgumentParser(prog="python -m tests.docs.stranger", description=__doc__)
    parser.add_argument("--here", action="store_true")
    parser.add_argument("--wheel", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line.rstrip())
        print(line, flush=True)

    with stranger(tell, here=options.here, wheel=options.wheel) as who:
        try:
            took = who.follow()
        except StrangerError as problem:
            print(f"The page leads nowhere: {problem}.")
            return 1
        tell(f"From the first command to the second notebook: {took:.0f} s.")
    if options.write:
        text = "\n".join(told)
        tables.write("transcript", f"```text\n{text}\n```\n", TRANSCRIPT)
    return 0


if __name__ == "__main__":
    sys.exit(main())

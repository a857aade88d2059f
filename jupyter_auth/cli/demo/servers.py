"""The demo's two servers, the OpenID provider and the API, in a process of their own.

`python -m jupyter_auth.cli.demo.servers` prints one line of JSON, `{"issuer": …, "api": …}`, and serves until
its standard input ends: so it ends with whoever started it, however that one ends. `DemoServers` starts and
stops it.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from queue import Empty, Queue
from typing import IO, Self

from .lifetime import Lifetime, end_by_stdin

#: Log lines kept to tell why a start failed.
LINES_KEPT = 40


class DemoError(RuntimeError):
    """The demo cannot go on; the text says why."""


class DemoServers(Lifetime):
    """Both servers as a context manager: `issuer` and `api` are their addresses while it is entered."""

    def __init__(self, *, access_token_lifetime: int = 3600, interval: int = 2, timeout: float = 90) -> None:
        self.issuer = ""
        self.api = ""
        self._options = [f"--access-token-lifetime={access_token_lifetime}", f"--interval={interval}"]
        self._timeout = timeout
        self._process: subprocess.Popen[str] | None = None
        self._log: deque[str] = deque(maxlen=LINES_KEPT)

    def start(self) -> Self:
        """Start the process and wait until both servers listen."""
        # -P: a file of the current folder that is called like a module must not be taken for it.
        command = [sys.executable, "-P", "-m", "jupyter_auth.cli.demo.servers", *self._options]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, encoding="utf-8")
        self._process = process
        said: Queue[str] = Queue()
        _drain(process.stdout, said.put)
        log = _drain(process.stderr, self._log.append)
        try:
            addresses = json.loads(said.get(timeout=self._timeout))
            self.issuer, self.api = addresses["issuer"], addresses["api"]
        except (Empty, ValueError, KeyError) as error:
            self.stop()
            log.join(2)
            raise DemoError("\n".join(["The demo's provider did not start.", *self._log])) from error
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            end_by_stdin(process)

    def log_lines(self) -> list[str]:
        """The last lines the servers wrote."""
        return list(self._log)


def _drain(stream: IO[str] | None, take: Callable[[str], object]) -> threading.Thread:
    """Hand every line on, from a thread; at the end an empty one, so that nobody waits for the dead."""

    def drain() -> None:
        if stream:
            with stream:
                for line in stream:
                    take(line.rstrip("\n"))
        take("")

    thread = threading.Thread(target=drain, daemon=True)
    thread.start()
    return thread


def serve(*, access_token_lifetime: int, interval: int) -> None:
    """Serve until standard input ends."""
    # The demo speaks http, and only to this machine; this process is the only one that is told so.
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    from .api import create_api
    from .provider import create_app
    from .serving import serving

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    if not sys.stdin.isatty():  # Ctrl+C reaches the whole terminal: whoever started this ends it by its input
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    provider = partial(create_app, access_token_lifetime=access_token_lifetime, interval=interval)
    with serving(provider) as issuer, serving(lambda address: create_api(issuer)) as api:
        print(json.dumps({"issuer": issuer, "api": api}), flush=True)
        sys.stdin.read()


def main() -> None:
    """The command line of the process."""
    parser = argparse.ArgumentParser(
        prog="python -m jupyter_auth.cli.demo.servers", description=serve.__doc__
    )
    parser.add_argument("--access-token-lifetime", type=int, default=3600, metavar="SECONDS")
    parser.add_argument("--interval", type=int, default=2, metavar="SECONDS")
    options = parser.parse_args()
    serve(access_token_lifetime=options.access_token_lifetime, interval=options.interval)


if __name__ == "__main__":
    main()

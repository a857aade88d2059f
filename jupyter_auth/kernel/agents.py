"""The agent (``jupyter auth agent``), from the side of those who use it: finding it, and starting it.

Imported only where no Jupyter server has a broker for this process.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep

from jupyter_auth.core.agent_place import IDLE_TIMEOUT, agent_log, agent_socket
from jupyter_auth.core.browsers import has_browser
from jupyter_auth.core.errors import AuthError, TransportError, error_from_wire
from jupyter_auth.kernel import asking
from jupyter_auth.kernel.connection import Connection

START_TIMEOUT = 30.0  # seconds: it imports, and opens its socket
LISTENS_WITHIN = 1.0  # seconds from its lock to its socket
ENDS_WITHIN = 15.0  # seconds: one that is about to end still has its lock, and no socket any more
#: What is this process's own, and must not be every caller's.
PROFILE_VARIABLE = "JUPYTER_AUTH_PROFILE"
OWN_VARIABLES = (PROFILE_VARIABLE, "JUPYTER_AUTH_AGENT", "JUPYTER_AUTH_CONNECTION_FILE")
RUNS = "agent_runs"  # the reason of its error where there is one already
WHY = "No Jupyter server here knows this process."


def path() -> Path:
    """Where the agent listens, if there is one."""
    from jupyter_core.paths import jupyter_runtime_dir  # noqa: PLC0415 -- loaded by ipykernel already

    return agent_socket(Path(jupyter_runtime_dir()))


def connect() -> tuple[Connection | None, AuthError | None]:
    """A connection to the agent, or why it does not agree; neither where there is none."""
    try:
        connection = Connection.open(path(), WHY)
    except OSError:
        return None, None
    try:
        connection.introduce(_this_process())
    except AuthError as problem:
        connection.close()
        # one that ends just then has said nothing: it is as good as none
        return None, None if problem.reason in {"broker_lost", "agent_off"} else problem
    return connection, None


def process() -> int | None:
    """The process that listens as the agent, also where it would not agree: it is switched off, or another
    version. None where there is none.

    Raises ``TransportError`` where something listens there and does not answer as a broker does.
    """
    try:
        connection = Connection.open(path(), WHY)
    except OSError:
        return None
    with closing(connection):
        pid = connection.peer
        if connection.peek() is None:
            raise TransportError(
                f"What listens on the agent's socket (process {pid or 'unknown'}) does not answer.",
                reason="agent_silent",
                hint="See what it is. If it is the agent, end it: kill -KILL, and its process id.",
            )
    return pid


def log_file() -> Path | None:
    """The log of the agent that runs, or of the last that ran; None where none has left one."""
    kept = agent_log(path())
    return kept if kept.exists() else None


def start(idle_timeout: float = IDLE_TIMEOUT) -> int:
    """Start an agent that outlives this process; its process id.

    Raises what it says against its start (``PolicyError``, reason ``agent_runs``: there is one already), and
    ``TransportError`` where it says nothing.
    """
    environment = {name: value for name, value in os.environ.items() if name not in OWN_VARIABLES}
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "jupyter_auth.agent", str(idle_timeout)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # what ends this process's terminal or group does not end it
    ) as launched:
        said = _first_line(launched.stdout.fileno()) if launched.stdout is not None else b""
        launched.wait()  # it has forked: the agent is nobody's child
    try:
        told = json.loads(said)
    except ValueError:
        kept = log_file()
        raise TransportError(
            "The agent did not start.",
            reason="agent_failed",
            hint=f"See what it says: jupyter auth agent run{f'. Its log: {kept}' if kept else ''}",
            retryable=True,
        ) from None
    if "error" in told:
        raise error_from_wire(told)
    return int(told["pid"])


def _first_line(fd: int) -> bytes:
    """What comes until a line has ended, or the time."""
    said, until = b"", monotonic() + START_TIMEOUT
    while not said.endswith(b"\n") and (left := until - monotonic()) > 0:
        readable, _, _ = select.select([fd], [], [], left)
        chunk = os.read(fd, 4096) if readable else b""
        if not chunk:
            break
        said += chunk
    return said


def started() -> Connection | None:
    """A connection to an agent that is started for it; several processes that come at once get the same.

    None where it cannot be: this process then has a broker of its own, which explains the rest.
    """
    until = monotonic() + ENDS_WITHIN
    while True:
        try:
            start()
        except AuthError as problem:
            if problem.reason != RUNS:
                return None
        connection, is_there = _listening()
        if is_there or monotonic() > until:
            return connection


def _listening() -> tuple[Connection | None, bool]:
    """A connection, and whether there is an agent: another process's may have its lock already, and its
    socket a little later."""
    until = monotonic() + LISTENS_WITHIN
    while True:
        connection, problem = connect()
        if connection is not None or problem is not None:
            return connection, True
        if monotonic() > until:
            return None, False
        sleep(0.05)


def _this_process() -> dict[str, object]:
    """What people are shown of it, where it asks them."""
    version = ".".join(map(str, sys.version_info[:3]))
    return {
        "kernel_name": f"Python {version}",
        "notebook": asking.notebook(),
        "profile": os.environ.get(PROFILE_VARIABLE),
        "browser": has_browser(),
    }

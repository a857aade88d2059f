"""Where the agent of this user is found on this machine, by it and by those who look for it."""

from __future__ import annotations

import os
import re
from pathlib import Path

IDLE_TIMEOUT = 1800.0  # seconds without a caller after which it ends by itself

#: Shown wherever people see that it is the agent which answers.
KNOWS_BY = "the agent knows callers by user and process only"


def agent_socket(folder: Path) -> Path:
    """Its socket in Jupyter's runtime folder. With the machine's name: a home on a network is many machines',
    and a socket one's."""
    name = re.sub(r"[^A-Za-z0-9.-]", "-", os.uname().nodename)[:64]
    return folder / f"jupyter_auth_agent-{name}.sock"


def agent_log(socket: Path) -> Path:
    """The log of a detached one, beside its socket."""
    return socket.with_suffix(".log")


def agent_lock(socket: Path) -> Path:
    """The file that the one agent holds a lock of, beside its socket."""
    return socket.with_suffix(".lock")

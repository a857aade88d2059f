"""Which broker to ask, and with whose key: the socket of this kernel's own server comes first, then the
agent, then this process itself."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from itertools import chain, count
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Literal

from jupyter_auth.core.errors import AuthError, TransportError
from jupyter_auth.kernel.connection import Connection
from jupyter_auth.kernel.own import connection_file, connection_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_auth.kernel.in_process import InProcess

#: Where strangers crowd the socket, the broker may end a connection before its proof has come: so often it is
#: tried again at least, and for so many seconds.
ATTEMPTS, CROWDED = 5, 3.0
PAUSE = 0.01  # seconds before each attempt beyond those
TELLING = {"version", "bad_result", "broker_lost", "too_many_connections"}  # it is there, and cannot answer

#: Whose broker has known this process: it never goes on with one of its own.
_known_by: Literal["server", "agent", None] = None


def connect() -> Connection | InProcess:
    """The first broker that takes this kernel's proof; where there is none, that of this process.

    Raises ``TransportError`` where a server's broker should have answered and did not: a process whose
    Jupyter server lives, or that was proven once, never opens the token store itself. The same holds once
    the agent has known it, but that another agent will do.
    """
    global _known_by  # noqa: PLW0603 -- of the process, and of those it forks
    __tracebackhide__ = True
    file = connection_file()
    key = connection_key(file)
    found, older = _proven_connection(file, key) if key else (None, None)
    if found is not None:
        _known_by = "server"
        return found
    server = _live_server(file)
    if _known_by == "server" or server is not None:
        raise older or _no_broker(server)
    agent = _agent()
    if agent is not None:
        _known_by = "agent"
        return agent
    if _known_by == "agent":
        raise _no_agent()
    from jupyter_auth.kernel import in_process  # noqa: PLC0415 -- most kernels have a server

    return in_process.connect(_why_none(file, older))


def has_server() -> bool:
    """True where the broker is a Jupyter server's, once there is a connection."""
    return _known_by == "server"


def _agent() -> Connection | None:
    """A connection to the agent, which is started where it may be; raises what it says against this process.
    A process that has a broker of its own goes on with that."""
    own = sys.modules.get("jupyter_auth.kernel.in_process")
    if os.environ.get("JUPYTER_AUTH_AGENT") == "never" or (own is not None and own.is_here()):
        return None
    from jupyter_auth.kernel import agents  # noqa: PLC0415 -- most kernels have a server

    found, problem = agents.connect()
    if problem is not None:
        raise problem
    if found is None:
        from jupyter_auth.kernel import in_process  # noqa: PLC0415 -- as above

        if in_process.agent_mode() == "start":
            return agents.started()
    return found


def _proven_connection(file: Path | None, key: bytes) -> tuple[Connection | None, AuthError | None]:
    """A connection to the first broker that agrees, or the error of the first that could not answer: it
    speaks another version, or it is too busy."""
    older: AuthError | None = None
    for path, why in candidates(file):
        give_up = monotonic() + CROWDED
        for attempt in count(1):
            found, problem = _proven_at(path, why, key)
            if found is not None:
                return found, None
            if problem is None or problem.reason not in TELLING:
                break
            older = older or problem
            if problem.reason != "broker_lost" or (attempt >= ATTEMPTS and monotonic() >= give_up):
                break
            if attempt >= ATTEMPTS:
                sleep(PAUSE)
    return None, older


def _proven_at(path: Path, why: str, key: bytes) -> tuple[Connection | None, AuthError | None]:
    """A connection to the broker there, or why it does not agree; neither where nobody of ours listens."""
    try:
        connection = Connection.open(path, why)
    except OSError:
        return None, None
    try:
        connection.prove(key)
    except AuthError as problem:
        connection.close()
        return None, problem
    return connection, None


def candidates(file: Path | None) -> Iterator[tuple[Path, str]]:
    """Sockets to try, the likeliest first, each once, and why it is one. The folders are not read before that
    one has failed."""
    seen: set[Path] = set()
    for path, why in chain(_of_parent(file), _others(file)):
        if path not in seen:
            seen.add(path)
            yield path, why


def _of_parent(file: Path | None) -> Iterator[tuple[Path, str]]:
    parent = _parent()
    for folder in _folders(file) if parent else ():
        yield folder / f"jupyter_auth-{parent}.sock", "the Jupyter server that started this kernel"


def _others(file: Path | None) -> Iterator[tuple[Path, str]]:
    for folder in _folders(file):
        for path in _newest_first(folder):
            yield path, f"found in {folder}"


def _parent() -> int | None:
    """The process that started this kernel, as ``jupyter_client`` tells it."""
    told = os.environ.get("JPY_PARENT_PID", "")
    return int(told) if told.isdecimal() and len(told) < 10 else None


def _folders(file: Path | None) -> Iterator[Path]:
    if file is not None:
        yield file.parent
    yield _runtime_dir()


def _newest_first(folder: Path) -> list[Path]:
    found: list[tuple[float, Path]] = []
    for path in folder.glob("jupyter_auth-*.sock"):
        with suppress(OSError):  # it has gone meanwhile
            found.append((path.lstat().st_mtime, path))
    return [path for _, path in sorted(found, reverse=True)]


def _runtime_dir() -> Path:
    from jupyter_core.paths import jupyter_runtime_dir  # noqa: PLC0415 -- loaded by ipykernel already

    return Path(jupyter_runtime_dir())


def _live_server(file: Path | None) -> int | None:
    """The Jupyter server that started this process, if it still runs. Other parents leave no such files."""
    pid = _parent()
    names = (f"jpserver-{pid}.json", f"jupyter_auth-{pid}.sock")
    left = any((folder / name).exists() for folder in _folders(file) for name in names)
    return pid if pid is not None and left and _runs(pid) else None


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def _why_none(file: Path | None, older: AuthError | None) -> str:
    if file is None:
        return "This process is no kernel of a Jupyter server."
    if older is not None and older.reason == "version":
        return f"No Jupyter server here knows this kernel. Of one nobody can tell: {older.message}"
    return "No Jupyter server here knows this kernel."


def _no_broker(server: int | None) -> TransportError:
    """The error where the server's broker should have answered."""
    if server is None:
        message = "The token broker of this kernel's Jupyter server has gone."
        hint = "Restart the kernel from a running Jupyter server."
    else:
        message = f"The Jupyter server of this kernel (process {server}) gave it no token broker."
        hint = (
            "See that jupyter-token-broker is installed and enabled where that server runs, and restart "
            "the server; `jupyter auth doctor` there says what is missing."
        )
    return TransportError(message, reason="no_broker", hint=hint, retryable=True)


def _no_agent() -> TransportError:
    """The error where the agent has known this process and has gone."""
    return TransportError(
        "The agent that this process had its tokens from has gone.",
        reason="no_agent",
        hint="Start it again: jupyter auth agent start",
        retryable=True,
    )

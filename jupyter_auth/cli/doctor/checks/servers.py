"""The running servers: has each a broker, of this version, with a socket that its kernels can use?"""

import os
import shlex
import stat
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import requests

from jupyter_auth import __version__
from jupyter_auth.cli.doctor.checks import callback
from jupyter_auth.cli.doctor.checks.packages import NAME
from jupyter_auth.cli.doctor.finding import Finding, Findings, Reason
from jupyter_auth.cli.doctor.running import side_by_side
from jupyter_auth.cli.doctor.situation import Server, Situation
from jupyter_auth.core import frames, sockets

CHECK = "server"
LIMIT = 12.0  # seconds for all servers
WAIT = 5.0  # seconds for one answer
SHOWN = 8  # folders of servers elsewhere
RESTART = "Restart it, and then its kernels"


def check(situation: Situation) -> Findings:
    """Every server in Jupyter's runtime folder; where there is none, whether some are elsewhere."""
    if not situation.servers:
        yield from _elsewhere(situation)
    jobs = [(CHECK, server.url, partial(_look, server)) for server in situation.servers]
    yield from side_by_side(jobs, LIMIT)
    if situation.settings.callback_url:
        yield from callback.check(situation.settings.callback_url)


# -- one server -----------------------------------------------------------------------------------


def _look(server: Server) -> Findings:
    if server.is_on_socket or server.is_locked:
        why = "it listens on a unix socket" if server.is_on_socket else "it asks for a password"
        yield _note(
            server, Reason.SERVER_CLOSED, f"{why}: it cannot be asked from here.", "See %auth status there."
        )
        return
    status = _asked(server)
    if isinstance(status, Finding):
        yield status
        return
    faults = [*_told(server, status), *_versions(server, status)]
    if status["broker"]["socket"]:
        faults += _socket(server, Path(status["broker"]["socket"]))
    yield from faults or [_of(server, "ok", message=f"its broker answers on {status['broker']['socket']}")]


def _asked(server: Server) -> dict[str, Any] | Finding:
    """What its broker says of itself, or why it says nothing."""
    session = requests.Session()
    session.trust_env = False  # the server is on this machine: no proxy, no ~/.netrc
    headers = {"Authorization": f"token {server.token}"} if server.token else {}
    url = f"{server.url.rstrip('/')}/jupyter_auth/v1/status?peek=1"
    try:
        answer = session.get(url, headers=headers, timeout=WAIT, allow_redirects=False)
        told = answer.json() if answer.status_code == requests.codes.ok else None
    except requests.exceptions.SSLError:
        what = "its certificate is not one that is trusted here: it was not asked."
        return _note(server, Reason.SERVER_CLOSED, what, "See %auth status there.")
    except (requests.RequestException, ValueError) as problem:
        what = f"it runs (process {server.pid}) and does not answer ({type(problem).__name__})."
        return _fault(
            server, Reason.SERVER_SILENT, what, "End it, and start it again:", f"kill -KILL {server.pid}"
        )
    if isinstance(told, dict) and "broker" in told:
        return told
    if answer.status_code == requests.codes.not_found or told is not None:
        return _without(server)
    asks = answer.is_redirect or answer.status_code in {401, 403}
    why = "it asks for a password, or does not say whose it is" if asks else "it does not tell how it is"
    what = f"{why} (HTTP {answer.status_code}): it cannot be asked from here."
    return _note(server, Reason.SERVER_CLOSED, what, "See %auth status there.")


def _without(server: Server) -> Finding:
    """It has no extension of ours: not enabled, or not installed in its Python."""
    python = ""
    with suppress(psutil.Error, IndexError):
        python = psutil.Process(server.pid).cmdline()[0]
    lines: tuple[str, ...] = ()
    if Path(python).is_absolute() and Path(python).name.startswith("python"):
        lines = (f"{shlex.quote(python)} -m pip install {NAME}",)
    advice = f"Enable the server extension there ({NAME} must be in that server's Python), then restart it."
    return _fault(server, Reason.SERVER_WITHOUT_EXTENSION, "it has no token broker.", advice, *lines)


def _told(server: Server, status: dict[str, Any]) -> Iterator[Finding]:
    broker, store = status["broker"], status["store"]
    if broker["problem"] or not broker["socket"]:
        what = broker["problem"] or "it has no kernel socket."
        yield _fault(server, Reason.SERVER_PROBLEM, what, "Correct that, then restart the server.")
    for note in store["notes"] if store else ():  # null: nobody has used it yet
        yield _fault(
            server, Reason.SERVER_STORE, note, "Mend the store as said here, then restart the server."
        )


def _versions(server: Server, status: dict[str, Any]) -> Iterator[Finding]:
    """Updated while the server ran, or another Python's."""
    theirs, protocol = str(status.get("version")), status.get("protocol")
    if theirs == __version__ and protocol == frames.PROTOCOL_VERSION:
        return
    told = f"it runs {NAME} {theirs}, and here is {__version__}"
    if protocol != frames.PROTOCOL_VERSION:
        told += f": they speak protocol {protocol} and {frames.PROTOCOL_VERSION}, which differ"
        kind = partial(_fault, server)
    else:
        kind = partial(_note, server)
    advice = f"{RESTART}; if that changes nothing, install the same version in its Python."
    yield kind(Reason.OTHER_VERSION, f"{told}.", advice)


def _socket(server: Server, path: Path) -> Iterator[Finding]:
    """The kernel socket: there, this user's own, and somebody of ours listens."""
    why, reason = "", Reason.SOCKET_MISSING
    try:
        found = path.lstat()
        if not stat.S_ISSOCK(found.st_mode):
            why = "something else is in its place"
        elif found.st_uid != os.geteuid():
            why, reason = "it belongs to another user", Reason.SOCKET_OF_ANOTHER
        else:
            with sockets.connect(path, WAIT) as line:
                if not sockets.may_be_own(line):
                    why, reason = "another user listens there", Reason.SOCKET_OF_ANOTHER
                elif not _greets(line):
                    why, reason = "nobody answers there", Reason.SOCKET_SILENT
    except FileNotFoundError:
        why = "it is gone"
    except OSError as problem:
        why, reason = (problem.strerror or "nobody answers there"), Reason.SOCKET_SILENT
    if why:
        what = f"its kernel socket {path} does not serve: {why}. Its kernels get no tokens."
        advice = f"{RESTART}. It makes a new one."
        yield _fault(
            server, reason, what, advice if reason is Reason.SOCKET_MISSING else f"See whose it is. {advice}"
        )


def _greets(line: Any) -> bool:
    """A hello (``docs/protocol.md``) is answered: one of a version that never was, which opens nothing."""
    line.settimeout(WAIT)
    line.sendall(frames.encode({"op": "hello", "v": 0}))
    try:
        return isinstance(frames.read_frame(line), dict)
    except Exception:  # noqa: BLE001 -- whatever is there is not ours
        return False


# -- no server ------------------------------------------------------------------------------------


def _elsewhere(situation: Situation) -> Findings:
    """Sockets of ours in other folders, of servers that run."""
    newest = sorted(_own_sockets(), key=lambda known: known[0], reverse=True)
    folders = list(dict.fromkeys(str(path.parent) for _, path in newest if path.parent != situation.runtime))
    if not folders:
        yield Finding(
            check=CHECK,
            state="note",
            reason=Reason.NO_SERVER,
            message="no Jupyter server is running.",
            advice="Start one:",
            run=("jupyter lab",),
        )
        return
    more = f", and {len(folders) - SHOWN} more" if len(folders) > SHOWN else ""
    yield Finding(
        check=CHECK,
        state="note",
        reason=Reason.OTHER_RUNTIME_FOLDER,
        message=f"no Jupyter server has left its address in {situation.runtime}, but servers of yours run "
        f"with other runtime folders: {', '.join(folders[:SHOWN])}{more}.",
        advice="Where one of them is meant, name its folder before you ask again, and where kernels start:",
        run=(f"export JUPYTER_RUNTIME_DIR={shlex.quote(folders[0])}",),
    )


def _own_sockets() -> Iterator[tuple[float, Path]]:
    """When each was made, and where."""
    with suppress(psutil.Error, OSError):
        for known in psutil.net_connections("unix"):
            path = Path(str(known.laddr))
            if not path.is_absolute() or not path.name.startswith("jupyter_auth-"):
                continue
            with suppress(OSError):
                found = path.lstat()
                if found.st_uid == os.geteuid():
                    yield found.st_mtime, path


# -- findings -------------------------------------------------------------------------------------


def _of(server: Server, state: Any, **more: Any) -> Finding:
    return Finding(check=CHECK, about=server.url, state=state, **more)


def _note(server: Server, reason: Reason, message: str, advice: str) -> Finding:
    return _of(server, "note", reason=reason, message=message, advice=advice)


def _fault(server: Server, reason: Reason, message: str, advice: str, *run: str) -> Finding:
    return _of(server, "fault", reason=reason, message=message, advice=advice, run=run)

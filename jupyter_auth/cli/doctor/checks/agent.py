"""The agent of this user on this machine: does it run, answer, and agree; may there be one at all?"""

import os
import shlex
import stat
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from jupyter_auth import __version__
from jupyter_auth.broker.config.configuration import AGENT_VARIABLE
from jupyter_auth.broker.config.settings import AGENT
from jupyter_auth.cache import places
from jupyter_auth.cli.doctor.checks.packages import NAME
from jupyter_auth.cli.doctor.finding import Finding, Findings, Reason
from jupyter_auth.cli.doctor.situation import Situation
from jupyter_auth.core import frames
from jupyter_auth.core.agent_place import agent_lock, agent_log, agent_socket
from jupyter_auth.core.errors import NoSafeStoreError
from jupyter_auth.core.profile import did_you_mean
from jupyter_auth.kernel.connection import Connection

CHECK = "agent"
START, STOP = "jupyter auth agent start", "jupyter auth agent stop"


def check(situation: Situation) -> Findings:
    """The setting, the files, and whoever listens. Nothing is opened by it, and the agent's store neither."""
    path = agent_socket(situation.runtime)
    faults = [*_variable(), *_files(path)]
    yield from faults
    if any(fault.reason is Reason.AGENT_UNSAFE for fault in faults):
        return
    found = _at(path)
    yield found or _none(situation)
    if (why := _ruled_out(situation)) and _is_wished(situation, runs=found is not None):
        yield _note(
            Reason.AGENT_OFF,
            f"{why}: one that runs hands out nothing, and none can be started.",
            f"Kernels and scripts do without. Stop one that runs; leave out {AGENT_VARIABLE}, and agent in "
            "jupyter_auth.toml, where they ask for one:",
            STOP,
        )


# -- the setting ----------------------------------------------------------------------------------


def _variable() -> Iterator[Finding]:
    """A word that nobody knows does not count, and says nothing."""
    said = os.environ.get(AGENT_VARIABLE)
    if said and said not in AGENT:
        meant = did_you_mean(said, AGENT) or "."
        told = f"the variable {AGENT_VARIABLE} is {said!r}, which is none of {', '.join(AGENT)}{meant}"
        yield _fault(Reason.CONFIGURATION_WRONG, told, f"Correct {AGENT_VARIABLE}, or leave it out.")


def _ruled_out(situation: Situation) -> str:
    """Why there must be no agent; empty where there may be one."""
    settings = situation.settings
    if settings.people == "many":
        return "several people use this Jupyter (people is 'many'), and an agent could not tell them apart"
    if settings.agent == "never":
        return "an administrator has switched it off (c.JupyterAuth.agent is 'never')"
    if settings.wrong:
        return "what an administrator has set cannot be understood"
    return "it is switched off (agent is 'never')" if situation.configuration.agent == "never" else ""


def _is_wished(situation: Situation, *, runs: bool) -> bool:
    """Whether somebody counts on it: it runs, or it is asked for where that does not count."""
    said = os.environ.get(AGENT_VARIABLE)
    asked = said if said in AGENT else situation.configuration.agent_wish
    return runs or asked in {"use", "start"}


def _none(situation: Situation) -> Finding:
    mode = "never" if _ruled_out(situation) else situation.configuration.agent
    told = {
        "never": "none runs, and none is asked for",
        "use": "none runs; one that is started is used",
        "start": "none runs; the first process that needs it starts it",
    }
    return Finding(check=CHECK, state="ok", message=told[mode])


# -- its files ------------------------------------------------------------------------------------


def _files(path: Path) -> Iterator[Finding]:
    """What is another user's, or a link, is not used."""
    for file in (agent_lock(path), agent_log(path)):
        with suppress(FileNotFoundError):
            try:
                places.judge(file, file.lstat())
            except NoSafeStoreError as problem:
                yield _unsafe(problem.message, file)
    with suppress(FileNotFoundError):
        found = path.lstat()
        if found.st_uid != os.geteuid():
            yield _unsafe(f"its socket {path} belongs to another user.", path)
        elif not stat.S_ISSOCK(found.st_mode):
            yield _unsafe(f"what is in the place of its socket {path} is none.", path)


def _unsafe(message: str, path: Path) -> Finding:
    shown = shlex.quote(str(path))
    advice = "Look who put it there, then move it away:"
    return _fault(Reason.AGENT_UNSAFE, message, advice, f"mv {shown} {shlex.quote(f'{path}.old')}")


# -- who listens ----------------------------------------------------------------------------------


def _at(path: Path) -> Finding | None:
    """What is known of who listens; None where nobody does, and nobody has left a socket."""
    try:
        connection = Connection.open(path)
    except FileNotFoundError:
        return None
    except ConnectionRefusedError:
        return _dead(path)
    except OSError as problem:
        told = f"its socket {path} does not serve: {problem.strerror or problem}."
        return _fault(Reason.AGENT_SILENT, told, "See who listens there, and end it.")
    with closing(connection):
        pid, answer = connection.peer, connection.peek()
        return _silent(path, pid) if answer is None else _answered(answer, pid)


def _dead(path: Path) -> Finding:
    """A note, since a machine that was switched off leaves the same."""
    kept = agent_log(path)
    lines = (f"tail -n 20 {shlex.quote(str(kept))}",) if kept.exists() else ()
    told = f"it has left its socket {path}, where nobody listens: it was killed, or the machine switched off."
    advice = "Processes that had tokens from it get none until one runs. See why it ended, and start another:"
    return _note(Reason.AGENT_DEAD, told, advice, *lines, START)


def _silent(path: Path, pid: int | None) -> Finding:
    told = f"what listens on its socket {path} (process {pid or 'unknown'}) does not answer."
    lines = (f"kill -KILL {pid}",) if pid is not None else ()
    return _fault(Reason.AGENT_SILENT, told, "See what it is, end it, and start another:", *lines, START)


def _answered(answer: dict[str, Any], pid: int | None) -> Finding:
    """It runs; which version, it tells a hello of none."""
    theirs, protocol = str(answer.get("version") or "an older version")[:40], answer.get("v")
    if theirs == __version__ and protocol == frames.PROTOCOL_VERSION:
        return Finding(check=CHECK, state="ok", message=f"runs (process {pid or 'unknown'})")
    told = f"it runs {NAME} {theirs} (process {pid or 'unknown'}), and here is {__version__}"
    kind = _note
    if protocol != frames.PROTOCOL_VERSION:
        told += f": they speak protocol {protocol} and {frames.PROTOCOL_VERSION}, which differ"
        kind = _fault
    advice = "Start it anew; who is signed in stays so:"
    return kind(Reason.OTHER_VERSION, f"{told}.", advice, STOP, START)


def _fault(reason: Reason, message: str, advice: str, *run: str) -> Finding:
    return Finding(check=CHECK, state="fault", reason=reason, message=message, advice=advice, run=run)


def _note(reason: Reason, message: str, advice: str, *run: str) -> Finding:
    return Finding(check=CHECK, state="note", reason=reason, message=message, advice=advice, run=run)

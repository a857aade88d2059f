"""The part of ``other_uid`` that is about the agent; and what is tried on it as on the server."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.security.modes import umask_of
from tests.security.same_uid_agent import asked
from tests.security.users import ADA, MALLORY, as_user, of_user
from tests.support.agent import kill

if TYPE_CHECKING:
    from tests.security.other_uid import Attack

PTRACE_ATTACH = 16
WHERE = """
import jupyter_auth as ja
from jupyter_auth.kernel import api
tok = ja.get_token("lake", interactive=False)
print(api.status()["found"]["where"])
"""


def agent(attack: Attack) -> None:
    """Ada's, beside her server and over the same store, with umask 000; its folder and socket are opened."""
    runtime = attack.made.runtime
    pid = int(json.loads(of_ada(attack, "start", "--json").stdout)["pid"])
    (path,) = runtime.glob("jupyter_auth_agent-*.sock")
    files = sorted(runtime.glob("jupyter_auth_agent-*.l*"))
    assert len(files) == 2 and "Bearer" in as_user(ADA, lambda: asked(path, GET).decode())
    runtime.chmod(0o777)
    told = "0600, whatever the umask"
    attack.tries("read the agent's log and lock", partial(opened, files), nothing=[], why=told)
    told = "the system lets nobody look into another user's process"
    attack.tries("look into the agent, trace it, stop it", partial(looked_into, pid), nothing=[], why=told)
    path.chmod(0o777)
    told = "the agent asks the system who is there, and closes"
    attack.tries("speak on the agent's socket, of mode 0777", partial(spoken, path), nothing="", why=told)
    stand(attack, path)
    kill(pid)
    first(attack, files)
    runtime.chmod(0o700)


GET = {"op": "get_token", "profile": "lake", "interactive": False}


def of_ada(attack: Attack, *words: str) -> subprocess.CompletedProcess[str]:
    """``jupyter auth agent …``, as she runs it."""
    return python(attack, "-m", "jupyter_auth.cli.main", "agent", *words)


def python(attack: Attack, *words: str) -> subprocess.CompletedProcess[str]:
    command = of_user(ADA, [sys.executable, "-P", *words])
    environment = attack.made.environment
    with umask_of(0):
        return subprocess.run(
            command, env=environment, cwd="/", capture_output=True, text=True, check=False, timeout=120
        )


def opened(paths: list[Path]) -> list[str]:
    """Those that can be read."""
    got = []
    for path in paths:
        with suppress(PermissionError):
            os.close(os.open(path, os.O_RDONLY))
            got.append(str(path))
    return got


def looked_into(pid: int) -> list[str]:
    """What of that process can be read, and whether it can be traced or stopped."""
    got = []
    for part in ("environ", "mem", "maps"):
        with suppress(PermissionError), Path(f"/proc/{pid}/{part}").open("rb") as file:
            file.read(0 if part == "mem" else 1)
            got.append(part)
    with suppress(PermissionError):
        got += map(str, Path(f"/proc/{pid}/fd").iterdir())
    if ctypes.CDLL(None).ptrace(PTRACE_ATTACH, pid, 0, 0) == 0:
        got.append("ptrace")
    with suppress(PermissionError):
        os.kill(pid, signal.SIGCONT)
        got.append("kill")
    return got


def spoken(path: Path) -> str:
    """What is answered to a hello there."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(5)
        line.connect(str(path))
        with suppress(BrokenPipeError, ConnectionResetError):
            line.sendall(b'\0\0\0\x16{"op":"hello","v":1   }')
            return line.recv(4096).decode(errors="replace")
    return ""


def stand(attack: Attack, path: Path) -> None:
    """Mallory listens where Ada's processes look for the agent."""
    reading, writing = os.pipe()
    path.unlink()

    def listen() -> None:
        with closing(socket.socket(socket.AF_UNIX)) as listener:
            listener.bind(str(path))
            listener.listen(8)
            listener.settimeout(30)
            os.write(writing, b"listens ")
            with suppress(TimeoutError, OSError):
                line, _ = listener.accept()
                line.settimeout(5)
                os.write(writing, b"connected ")
                os.write(writing, line.recv(4096))

    thread = threading.Thread(target=lambda: as_user(MALLORY, listen))
    thread.start()
    assert os.read(reading, 8) == b"listens "
    done = python(attack, "-c", WHERE)
    thread.join()
    os.close(writing)
    with os.fdopen(reading, "rb") as heard:
        got = heard.read()
    path.unlink()
    told = "a process looks who listens, says nothing to another user, and does without the agent"
    is_refused = got == b"connected " and done.stdout == "process\n"
    attack.sees("stand where the agent's socket stood", is_refused, told, (got, done.stdout, done.stderr))


def first(attack: Attack, files: list[Path]) -> None:
    """The lock and the log are there before the agent, and Mallory's."""
    for file in files:
        file.unlink()

    def touch() -> None:
        for file in files:
            file.touch(mode=0o666)

    as_user(MALLORY, touch)
    done = of_ada(attack, "start")
    written = b"".join(file.read_bytes() for file in files)
    told = "it does not start, and says whose the file is"
    is_so = done.returncode == 1 and "another user" in done.stderr and not written
    attack.sees("make the agent's lock and log first", is_so, told, (done.stdout, done.stderr, written))
    for file in files:
        file.unlink()

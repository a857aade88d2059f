"""S10: on Linux the server is not dumpable and leaves no core, by default; elsewhere "not hardened"."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.idp import OidcProvider
from tests.support import Kernel, place, until

#: A process that closes itself, or not, and another of the same user that looks into it. Not as root, from
#: whom nothing is closed.
ATTACK = """
import ctypes, json, os, sys
from jupyter_auth.core import hardening
libc = ctypes.CDLL(None)
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
libc.prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE: another user id has closed it as well
said = hardening.harden() if sys.argv[1] == "on" else "off"
victim, back, to = os.getpid(), *os.pipe()

def tried(look):
    try:
        return bool(look())
    except PermissionError:
        return "refused"

if os.fork() == 0:
    looks = {
        "environ": lambda: open(f"/proc/{victim}/environ", "rb").read(1),
        "mem": lambda: open(f"/proc/{victim}/mem", "rb"),
        "maps": lambda: open(f"/proc/{victim}/maps", "rb").read(1),
        "fd": lambda: os.listdir(f"/proc/{victim}/fd"),
        "link of a fd": lambda: os.readlink(f"/proc/{victim}/fd/0"),
    }
    os.write(to, json.dumps({name: tried(look) for name, look in looks.items()}).encode())
    os._exit(0)
print(json.dumps([said, libc.prctl(3, 0, 0, 0, 0) == 1, json.loads(os.read(back, 4096))]))
"""
#: The server's own answer to whether it is closed: as root nobody outside could tell.
TELL = """
import ctypes, pathlib, threading, time
def tell():
    libc = ctypes.CDLL(None)
    while True:
        beside = pathlib.Path({path!r} + ".new")
        beside.write_text(str(libc.prctl(3, 0, 0, 0, 0) == 1))  # PR_GET_DUMPABLE
        beside.rename({path!r})
        time.sleep(0.1)
threading.Thread(target=tell, daemon=True).start()
"""


def attacked(defence: str) -> tuple[str, bool, dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-c", ATTACK, defence], capture_output=True, text=True, timeout=60, check=True
    )
    said, dumpable, found = json.loads(done.stdout)
    return said, dumpable, found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no other system has a way for it")
def test_another_process_of_the_user_reads_nothing() -> None:
    said, dumpable, found = attacked("on")
    assert (said, dumpable) == ("hardened", False)
    assert set(found.values()) == {"refused"}, found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no other system has a way for it")
def test_without_the_defence_it_reads_all() -> None:
    _, dumpable, found = attacked("off")
    assert dumpable and set(found.values()) == {True}, found


@pytest.fixture(scope="module")
def idp() -> Iterator[OidcProvider]:
    with OidcProvider() as running:
        yield running


@pytest.mark.parametrize("defence", [True, False])
def test_the_server_closes_itself_unless_it_is_told_not_to(idp: OidcProvider, defence: bool) -> None:
    with place(idp.issuer) as made:
        told = made.root / "dumpable"
        made.server_code(TELL.format(path=str(told)))
        with made.server(f"--JupyterAuth.harden_process={defence}") as server:
            until(told.exists)
            until(lambda: told.read_text() == str(not defence))
            said = server.get("jupyter_auth/v1/status").json()["broker"]["process"]
            kernel = Kernel(server)
            of_kernel = kernel.value("__import__('ctypes').CDLL(None).prctl(3, 0, 0, 0, 0)")
            kernel.close()
    why = "it is switched off" if not defence else "the server runs as root, from whom nothing is closed"
    is_open = not defence or os.geteuid() == 0
    assert said == (f"not hardened: {why}" if is_open else "hardened")
    assert of_kernel == 1, "what the server starts is as usual"

"""Attacks on the server's process: reading it as the same user (S10), its environment in kernels (S11)."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, OidcProvider
from tests.support import Kernel, Place, place, until

#: A process that closes itself, or not, and another of the same user that looks into it. Not as root, from
#: whom nothing is closed.
ATTACK = """
import ctypes, json, os, sys
from jupyter_auth.server import hardening
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
BATCH = """
[profiles.batch]
provider = "client_credentials"
issuer = "{issuer}"
client_id = "{client_id}"
client_secret_env = "{name}"
scopes = ["lake.read"]
"""


def attacked(defence: str) -> tuple[str, bool, dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-c", ATTACK, defence], capture_output=True, text=True, timeout=60, check=True
    )
    said, dumpable, found = json.loads(done.stdout)
    return said, dumpable, found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no other system has a way for it")
def test_s10_another_process_of_the_user_reads_nothing() -> None:
    said, dumpable, found = attacked("on")
    assert (said, dumpable) == ("hardened", False)
    assert set(found.values()) == {"refused"}, found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no other system has a way for it")
def test_s10_without_the_defence_it_reads_all() -> None:
    _, dumpable, found = attacked("off")
    assert dumpable and set(found.values()) == {True}, found


@pytest.fixture(scope="module")
def idp() -> Iterator[OidcProvider]:
    with OidcProvider() as running:
        yield running


@pytest.mark.parametrize("defence", [True, False])
def test_s10_the_server_closes_itself_unless_it_is_told_not_to(idp: OidcProvider, defence: bool) -> None:
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


@pytest.fixture(scope="module")
def with_secret(idp: OidcProvider) -> Iterator[tuple[Place, JupyterProcess]]:
    """A server that has an application's secret in its environment."""
    with place(idp.issuer) as made:
        made.variables(LAKE_CLIENT_SECRET=CONFIDENTIAL_SECRET, JUPYTER_OF_THE_TEST=CONFIDENTIAL_SECRET)
        added(made, idp, "batch", "LAKE_CLIENT_SECRET")
        with made.server() as server:
            yield made, server


def added(made: Place, idp: OidcProvider, profile: str, variable: str) -> None:
    text = BATCH.format(issuer=idp.issuer, client_id=CONFIDENTIAL_CLIENT, name=variable)
    with made.toml.open("a", encoding="utf-8") as file:
        file.write(text.replace("[profiles.batch]", f"[profiles.{profile}]"))


def test_s11_what_came_by_environment_is_not_in_a_kernel_s(with_secret: tuple[Place, JupyterProcess]) -> None:
    kernel = Kernel(with_secret[1])
    kernel.run("import os, subprocess, jupyter_auth as ja\ntok = ja.acquire_token_for_client('batch')")
    assert kernel.value("len(tok.reveal()) > 10") is True
    mine = "dict(os.environ), open(f'/proc/{os.getpid()}/environ').read(), subprocess.check_output('env')"
    seen = kernel.value(f"repr(({mine}))")
    kernel.close()
    assert "LAKE_CLIENT_SECRET" not in seen and "JUPYTER_OF_THE_TEST" in seen
    assert seen.count(CONFIDENTIAL_SECRET) == 3, "that of the control, which no profile names"


def test_s11_nor_is_what_a_later_profile_names(
    idp: OidcProvider, with_secret: tuple[Place, JupyterProcess]
) -> None:
    made, server = with_secret
    added(made, idp, "later", "JUPYTER_OF_THE_TEST")  # Jupyter's own stay: kernels need them
    kernel = Kernel(server)
    kernel.run("import os, jupyter_auth as ja\ntok = ja.acquire_token_for_client('later')")
    assert kernel.value("os.environ['JUPYTER_OF_THE_TEST']") == CONFIDENTIAL_SECRET
    kernel.close()


def test_s11_a_script_without_a_server_has_its_own(tmp_path: Path) -> None:
    """There the broker is in the process that has the variable; what it starts keeps it."""
    code = """
import os
from jupyter_auth.providers import credential_files
from jupyter_auth.core.profile import read_profile
table = dict(provider="client_credentials", issuer="https://idp.example", client_id="c",
             client_secret_env="THE_SECRET", scopes=["a"])
profile, faults = read_profile("batch", table, "here")
assert not faults, faults
print(credential_files.client_secret(profile), os.environ["THE_SECRET"])
credential_files.withhold([profile])
import dataclasses
credential_files.withhold([dataclasses.replace(profile, client_secret_env="PATH")])
assert "PATH" in os.environ
print(credential_files.client_secret(profile), os.environ.get("THE_SECRET"))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"THE_SECRET": "s3cret"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == ["s3cret", "s3cret", "s3cret", "None"]

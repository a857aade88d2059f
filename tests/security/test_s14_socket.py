"""S14: the kernel socket has mode 0600 in a 0700 folder, and who is at its other end is checked."""

import json
import os
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import OidcProvider
from tests.security.undefended import undefended
from tests.support import Kernel, Place, place, until
from tests.support.socket_client import Client, key_of

NOBODY = 65534


@pytest.fixture(autouse=True)
def root() -> None:
    if os.geteuid() != 0:
        pytest.fail("these tests change their user id and need root, as CI has it")


def as_another_user(work: Callable[[], Any]) -> Any:
    """What ``work`` gives in a process of another user; None where it is refused."""
    back, to = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(back)
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            os.write(to, json.dumps(work()).encode())
        except OSError:
            os.write(to, b"null")
        finally:
            os._exit(0)
    os.close(to)
    with os.fdopen(back, "rb") as said:
        told = said.read()
    os.waitpid(child, 0)
    return json.loads(told or b"null")


def open_to_all(home: Place) -> None:
    """What somebody careless does, or somebody who wants it to work from another account."""
    for folder in (home.root, home.runtime):
        folder.chmod(0o777)
    home.socket.chmod(0o777)


def attack(home: Place, key: str) -> Any:
    """All that another user gets who knows a kernel's key, and whom every mode lets in."""
    open_to_all(home)
    path = home.socket

    def work() -> Any:
        client = Client(path)
        return [client.prove(key), client.call(op="get_token", profile="lake", interactive=False)]

    return as_another_user(work)


def test_another_user_gets_nothing_whatever_the_modes(home: Place, kernel: Kernel) -> None:
    assert attack(home, key_of(home, kernel)) is None
    assert kernel.run("accounts = ja.get_accounts()", "accounts") == []  # its own user goes on


def test_without_the_defence_another_user_is_answered(fresh: Place) -> None:
    with undefended(fresh, "s14") as server:
        kernel = Kernel(server)
        proven, answer = attack(fresh, key_of(fresh, kernel))
        kernel.close()
    assert proven == {"ok": True, "kernel_id": kernel.kernel_id}
    assert answer["error"] == "interaction_required"  # to which nobody else would have got


def test_modes_by_themselves_keep_others_out(home: Place, server: JupyterProcess) -> None:
    for folder in (home.root, home.runtime):
        folder.chmod(0o777)
    home.socket.chmod(0o600)
    path = home.socket
    assert as_another_user(lambda: bool(Client(path))) is None


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_the_modes_are_those_whatever_the_umask(provider: OidcProvider, umask: int) -> None:
    with place(provider.issuer) as made:
        made.runtime.rmdir()
        old = os.umask(umask)
        try:
            server = made.server().start()
        finally:
            os.umask(old)
        try:
            until(lambda: any(made.runtime.glob("jupyter_auth-*.sock")))
            modes = [stat.S_IMODE(path.stat().st_mode) for path in (made.runtime, made.socket)]
            assert modes == [0o700, 0o600]
        finally:
            server.stop()


@pytest.fixture
def impostor(home: Place, server: JupyterProcess) -> Iterator[Path]:
    """Somebody else's socket, by the name of the server's, in a folder that all can write to."""
    open_to_all(home)
    path = home.socket
    path.rename(aside := path.with_suffix(".aside"))
    listener = socket.socket(socket.AF_UNIX)
    back, to = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            listener.bind(str(path))
            path.chmod(0o777)
            listener.listen()
            os.write(to, b"!")
            heard = listener.accept()[0].recv(1)  # what a kernel says first to whom it believes
            (home.root / "heard").write_bytes(heard)
        finally:
            os._exit(0)
    os.read(back, 1)
    yield path
    os.kill(child, 9)
    os.waitpid(child, 0)
    listener.close()
    for descriptor in (back, to):
        os.close(descriptor)
    path.unlink()
    aside.rename(path)


def test_a_kernel_believes_no_socket_of_another_users(home: Place, kernel: Kernel, impostor: Path) -> None:
    said = kernel.fails("ja.get_accounts()")
    assert "TransportError" in said
    heard = home.root / "heard"
    assert not heard.exists() or heard.read_bytes() == b""

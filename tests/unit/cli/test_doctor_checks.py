"""What ``jupyter auth doctor`` finds where ``tests/doctor`` cannot break things for real."""

import errno
import json
import os
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import pytest

from jupyter_auth.broker import storage
from jupyter_auth.cache import filesystems
from jupyter_auth.cli.doctor import clock
from jupyter_auth.cli.doctor.checks import extension, folders, kernels, providers, servers, store
from jupyter_auth.cli.doctor.clock import Compared
from jupyter_auth.cli.doctor.finding import Reason
from jupyter_auth.cli.doctor.situation import Server, Situation
from jupyter_auth.cli.doctor.trouble import Trouble
from jupyter_auth.cli.doctor.way import Way
from jupyter_auth.core.profile import Profile
from tests.idp import MisbehavingProvider
from tests.support import until


@pytest.fixture(autouse=True)
def store_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of the test's own."""
    for name in ("config", "data", "runtime"):
        monkeypatch.setenv(f"JUPYTER_{name.upper()}_DIR", str(tmp_path / name))
        (tmp_path / name).mkdir(mode=0o700)
    return tmp_path / "data" / "jupyter_auth"


# -- the store ------------------------------------------------------------------------------------


def test_a_network_filesystem_is_named_with_what_can_be_done(
    store_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        filesystems, "network_filesystem", lambda path: "nfs4" if path == store_folder else None
    )
    note, found, _ = store.check(Situation())
    assert note.state == "note" and "network filesystem (nfs4)" in note.message
    assert str(store_folder) in note.message and "c.JupyterAuth.store_path" in note.remedy
    assert found.state == "ok"


def test_a_local_one_is_not_mentioned(store_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filesystems, "network_filesystem", lambda path: None)
    (found, _) = store.check(Situation())
    assert (found.state, found.message) == ("ok", f"none yet; the first use makes it in {store_folder}")


def test_a_disk_that_is_read_only_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = os.statvfs

    def read_only(path: Path) -> os.statvfs_result:
        found = right(path)
        return os.statvfs_result((*found[:8], found.f_flag | os.ST_RDONLY, found[9]))

    monkeypatch.setattr(os, "statvfs", read_only)
    found = [finding for finding in folders.check(Situation()) if finding.state == "fault"]
    assert {finding.reason for finding in found} == {Reason.FOLDER_NOT_WRITABLE}
    assert "read-only" in found[0].message and "JUPYTER_RUNTIME_DIR" in found[0].remedy


def test_a_file_that_another_holds_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    storage.open_store().close()

    def locked(_: Path) -> NoReturn:
        problem = sqlite3.OperationalError("database is locked")
        problem.sqlite_errorname = "SQLITE_BUSY"
        raise problem

    monkeypatch.setattr(store, "_reading", locked)
    (found,) = store.check(Situation())
    assert (found.state, found.reason) == ("note", Reason.STORE_BUSY)


def test_folders_of_another_user_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 61002)
    monkeypatch.setenv("HOME", str(tmp_path))
    found = [found for found in folders.check(Situation()) if found.reason is Reason.FOLDER_OF_ANOTHER]
    assert str(tmp_path / "runtime") in "".join(finding.message for finding in found)
    assert all(f"sudo chown 61002 {tmp_path}" in f.remedy for f in found if str(tmp_path) in f.message)


def test_redis_without_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "c.JupyterAuth.store = 'redis'\nc.JupyterAuth.redis_url_file = '/nowhere'"
    (tmp_path / "config" / "jupyter_server_config.py").write_text(text)
    monkeypatch.setattr("jupyter_auth.cli.doctor.checks.redis.find_spec", lambda name: None)
    found = next(iter(store.check(Situation())))
    assert found.reason is Reason.REDIS_MISSING and "jupyter-token-broker[redis]" in found.remedy


# -- the way to a provider ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (TimeoutError(), Reason.TIMEOUT),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), Reason.UNREACHABLE),
    ],
)
def test_networks_that_lead_nowhere(
    problem: OSError, reason: Reason, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(*_: object) -> NoReturn:
        raise problem

    monkeypatch.delenv("HTTPS_PROXY", raising=False)
    monkeypatch.delenv("https_proxy", raising=False)
    monkeypatch.setattr(socket, "create_connection", connect)
    profile = Profile(name="lake", issuer="https://idp.example.org", client_id="nb")
    with pytest.raises(Trouble) as found:
        Way.to(profile, profile.issuer).walk()
    assert found.value.reason is reason and "HTTPS_PROXY" in found.value.advice


def test_a_provider_that_never_answers_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes the connection, and says nothing; another profile is looked at all the same."""
    with socket.create_server(("127.0.0.1", 0)) as silent, MisbehavingProvider() as provider:
        text = '[profiles.{}]\nissuer = "{}"\nclient_id = "nb"\n'
        issuer = f"http://127.0.0.1:{silent.getsockname()[1]}"
        toml = tmp_path / "config" / "jupyter_auth.toml"
        toml.write_text(text.format("well", provider.issuer))
        assert [*providers.check(Situation())]  # imports take their time, which is not to be measured below
        toml.write_text(text.format("silent", issuer) + text.format("well", provider.issuer))
        monkeypatch.setattr(providers, "LIMIT", 3.0)
        found = {row.about: row for row in providers.check(Situation()) if row.check == "provider"}
    assert found["silent"].reason is Reason.CHECK_TIMEOUT and found["well"].state == "ok"


def test_no_part_of_a_way_shows_the_proxy_s_password() -> None:
    proxies = {"https": "http://ada:canary@proxy.example.test:3128"}
    profile = Profile(name="lake", issuer="https://idp.example.test", client_id="nb", proxies=proxies)
    way = Way.to(profile, profile.issuer)
    assert way.proxy is not None and way.proxy.password == "canary"
    assert "proxy=" not in repr(way)
    with pytest.raises(Trouble) as found:
        way.walk()
    told = [found.value.message, found.value.advice, *found.value.run, *found.value.write]
    assert found.value.reason is Reason.PROXY_UNREACHABLE and "canary" not in "".join(told)


# -- servers --------------------------------------------------------------------------------------


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Path]:
    """A socket on which somebody answers every hello as if by ours."""
    path = tmp_path / "runtime" / "jupyter_auth-1.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def answer() -> None:
            with suppress(OSError), listening.accept()[0] as line:
                line.recv(100)
                line.sendall(b"\0\0\0\x02{}")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield path
        with socket.socket(socket.AF_UNIX) as last:
            last.connect(str(path)) if thread.is_alive() else None
        until(lambda: not thread.is_alive())


SERVER = Server(pid=1, url="http://127.0.0.1:1/", token="", base_url="/", is_locked=False, is_on_socket=False)


def test_a_socket_that_answers_is_well(listener: Path) -> None:
    assert list(servers._socket(SERVER, listener)) == []


def test_a_socket_of_another_user_is_named(listener: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 61002)
    (found,) = servers._socket(SERVER, listener)
    assert found.reason is Reason.SOCKET_OF_ANOTHER and "belongs to another user" in found.message


def test_no_server_is_a_note_with_the_way_to_start_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "_own_sockets", lambda: iter(()))  # others of this machine run some
    (found,) = servers.check(Situation())
    assert (found.state, found.reason, found.run) == ("note", Reason.NO_SERVER, ("jupyter lab",))


# -- kernels, the extension -----------------------------------------------------------------------


def test_a_remote_provisioner_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "kernels" / "far"
    folder.mkdir(parents=True)
    spec = {
        "argv": ["far-away"],
        "display_name": "Far",
        "language": "python",
        "metadata": {"kernel_provisioner": {"provisioner_name": "yarn-provisioner"}},
    }
    (folder / "kernel.json").write_text(json.dumps(spec))
    found = next(found for found in kernels.check(Situation()) if found.about == "far")
    assert found.reason is Reason.REMOTE_KERNELS and "yarn-provisioner" in found.message


def test_a_python_configuration_decides_over_all_folders(tmp_path: Path) -> None:
    """``ServerApp.jpserver_extensions`` as a trait is taken whole, and comes first."""
    file = tmp_path / "config" / "jupyter_server_config.py"
    file.write_text("c.ServerApp.jpserver_extensions = {'jupyter_auth': False}")
    (found,) = extension.check(Situation())
    assert found.reason is Reason.EXTENSION_DISABLED and str(file) in found.message
    file.write_text("c.ServerApp.jpserver_extensions = {'other': False}")
    (found,) = extension.check(Situation())
    assert found.state == "ok"


# -- the clock ------------------------------------------------------------------------------------


def at(seconds: float, **more: str) -> dict[str, str]:
    return {"Date": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(seconds)), **more}


@pytest.mark.parametrize(
    ("headers", "ahead"),
    [
        (at(1000), 0.0),
        (at(400), 599.0),
        (at(1600), -600.0),
        (at(900, Age="100"), 0.0),
        (at(1000, Age="x"), 0.0),
    ],
)
def test_clocks_are_compared_to_the_second(headers: dict[str, str], ahead: float) -> None:
    found = clock.compare("https://idp.example.org/x", headers, 1000.0, 1000.5)
    assert found is not None and abs(found.ahead - ahead) <= 1 and found.host == "idp.example.org"


@pytest.mark.parametrize("headers", [{}, {"Date": "yesterday"}, {"Date": ""}, {"Date": "Thu, 99 Jan 1970"}])
def test_a_date_that_nobody_can_read_says_nothing(headers: dict[str, str]) -> None:
    assert clock.compare("https://idp.example.org", headers, 1000.0, 1000.5) is None


def test_who_is_wrong_is_whom_the_others_contradict() -> None:
    def told(*ahead: float) -> list[tuple[str, str, str]]:
        compared = [Compared(host=f"host{n}", ahead=value) for n, value in enumerate(ahead)]
        return [(found.state, found.about, found.remedy) for found in clock.judged(compared)]

    assert told() == [] and told(0, 2)[0][0] == "ok"
    ((state, about, remedy),) = told(-3600, -3590)
    assert (state, about) == ("fault", "") and remedy.endswith("timedatectl set-ntp true")
    ((state, about, remedy),) = told(0, -3600)
    assert (state, about) == ("fault", "host1") and "administrator of host1" in remedy
    ((state, about, remedy),) = told(120)
    assert (state, about) == ("note", "host0") and "Compare with another clock" in remedy
    assert [found.reason for found in clock.judged([Compared(host="host", ahead=120)])] == [Reason.CLOCK_OFF]

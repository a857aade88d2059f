"""S14 for the agent's socket: it is for its own user, whatever the modes and whoever came first."""

import os
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.core.agent_place import agent_socket
from tests.idp import OidcProvider
from tests.security.test_s14_socket import NOBODY, as_another_user
from tests.support import Place, Script, place
from tests.support.agent import AgentCommand, agent_command
from tests.support.socket_client import Client

WHERE = "__import__('jupyter_auth.kernel.api', fromlist=['status']).status()['found']['where']"
ASK = "accounts = ja.get_accounts()"


@pytest.fixture(autouse=True)
def root() -> None:
    if os.geteuid() != 0:
        pytest.fail("these tests change their user id and need root, as CI has it")


@pytest.fixture
def made(provider: OidcProvider) -> Iterator[Place]:
    with place(provider.issuer) as home:
        yield home


@pytest.fixture
def agent(made: Place) -> Iterator[AgentCommand]:
    with agent_command(made) as command:
        yield command


@pytest.fixture
def connect(agent: AgentCommand) -> Iterator[Callable[[], Client]]:
    """Connections to an agent that runs."""
    agent.start()
    [path] = agent.sockets
    with ExitStack() as all_of_them:
        yield lambda: all_of_them.enter_context(closing(Client(path)))


def greet(path: Path) -> list[dict[str, Any]]:
    """What a caller is answered: hello, its proof, and a request."""
    with closing(Client(path)) as client:
        hello = client.call(op="hello", v=1)
        proven = client.call(op="prove", caller={"kernel_name": "Python"})
        return [hello, proven, client.call(op="get_accounts")]


def test_its_own_user_is_known_by_process_and_another_gets_nothing(made: Place, agent: AgentCommand) -> None:
    agent.start()
    [path] = agent.sockets
    assert [stat.S_IMODE(one.stat().st_mode) for one in (made.runtime, path)] == [0o700, 0o600]
    for careless in (made.root, made.runtime, path):
        careless.chmod(0o777)
    hello, proven, answer = greet(path)
    assert hello["proof"] == "process" and answer["accounts"] == []
    assert proven["kernel_id"].startswith(f"process-{os.getpid()}-")
    assert as_another_user(lambda: greet(path)) is None
    path.chmod(0o600)
    assert as_another_user(lambda: bool(Client(path))) is None  # nor are the modes alone too weak


Connect = Callable[[], Client]


def test_a_greeting_is_good_once_and_a_handle_for_nothing(connect: Connect) -> None:
    refused = connect().call(op="prove", caller={})
    assert (refused["error"], refused["reason"]) == ("kernel_grant_required", "proof_failed")
    assert connect().call(op="get_accounts")["reason"] == "not_proven"
    client = connect()
    client.call(op="hello", v=1)
    limited = client.call(op="prove", worker={"profile": "lake"})
    assert (limited["reason"], client.is_closed()) == ("no_server", True)
    client = connect()
    client.raw(b"\x3f\xff\xff\xff{")
    assert client.read()["reason"] == "bad_frame" and client.is_closed()


def test_what_a_caller_says_of_itself_is_cleaned_and_never_its_process(connect: Connect) -> None:
    client = connect()
    client.call(op="hello", v=1)
    name = "Microsoft\u202e\x1b[31m, process 1"
    client.call(op="prove", caller={"kernel_name": name, "notebook": "x" * 10_000, "pid": 1})
    interaction = client.call(op="acquire_token_by_device_flow", profile="lake")["interaction"]
    about = interaction["requested_by"]
    assert about["kernel_name"] == f"Microsoft[31m, process 1, process {os.getpid()}"
    assert len(about["notebook"]) == 120 and "in_process" not in about
    oddities: list[Any] = [None, [], "x", {"kernel_name": {}, "notebook": 7, "browser": "yes"}]
    for odd in oddities:
        client = connect()
        client.call(op="hello", v=1)
        assert client.call(op="prove", caller=odd)["ok"] is True


# -- before it came --------------------------------------------------------------------------------


def link(path: Path, other: Path) -> None:
    path.symlink_to(other)


def hard_link(path: Path, other: Path) -> None:
    path.hardlink_to(other)


def pipe(path: Path, other: Path) -> None:
    os.mkfifo(path)


def somebody_elses(path: Path, other: Path) -> None:
    path.touch(mode=0o666)
    os.chown(path, NOBODY, NOBODY)


@pytest.mark.parametrize("make", [link, hard_link, pipe, somebody_elses])
def test_what_lies_where_its_lock_should_be_is_refused(
    made: Place, agent: AgentCommand, make: Callable[[Path, Path], None]
) -> None:
    (other := made.root / "other").write_text("a letter")
    make(agent_socket(made.runtime).with_suffix(".lock"), other)
    done = agent("start")
    assert done.returncode == 1 and "is not safe for tokens" in done.stderr
    assert not agent.sockets and other.read_text() == "a letter"


def test_what_lies_where_its_socket_should_be_is_taken_away_and_not_followed(
    made: Place, agent: AgentCommand
) -> None:
    (other := made.root / "other").write_text("a letter")
    agent_socket(made.runtime).symlink_to(other)
    made.runtime.chmod(0o777)
    old = os.umask(0)
    try:
        agent.start()
    finally:
        os.umask(old)
    [path] = agent.sockets
    assert path.is_socket() and other.read_text() == "a letter"
    private = [made.runtime, path, path.with_suffix(".lock")]
    assert [stat.S_IMODE(one.lstat().st_mode) for one in private] == [0o700, 0o600, 0o600]


def test_a_runtime_folder_that_is_somebody_elses_link_is_refused(made: Place, agent: AgentCommand) -> None:
    own = made.runtime.rename(made.root / "own")
    made.runtime.symlink_to(own)
    os.chown(made.runtime, NOBODY, NOBODY, follow_symlinks=False)
    done = agent("start")
    assert done.returncode == 1 and "is not safe for tokens" in done.stderr
    os.chown(made.runtime, 0, 0, follow_symlinks=False)
    agent.start()
    assert agent_socket(own).is_socket()
    with Script(made) as script:
        assert script.run(ASK, WHERE) == "agent"


@pytest.fixture
def impostor(made: Place) -> Iterator[Path]:
    """Somebody else's socket by the agent's name, in a folder that all can write to; what it hears."""
    for folder in (made.root, made.runtime):
        folder.chmod(0o777)
    path, heard = agent_socket(made.runtime), made.root / "heard"
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
            heard.write_bytes(listener.accept()[0].recv(1))
        finally:
            os._exit(0)
    os.read(back, 1)
    yield heard
    os.kill(child, 9)
    os.waitpid(child, 0)
    listener.close()
    os.close(back)
    os.close(to)


def test_nobody_believes_an_agent_of_another_users(made: Place, impostor: Path) -> None:
    with Script(made) as script:
        assert script.run(ASK, WHERE) == "process"
    assert not impostor.exists() or impostor.read_bytes() == b""

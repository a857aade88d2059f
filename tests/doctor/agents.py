"""Broken set-ups: the agent."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from jupyter_auth.core.agent_place import agent_lock, agent_socket
from tests.doctor.bench import Bench, SetUp, Wanted
from tests.idp import MisbehavingProvider
from tests.support.agent import AgentCommand, agent_command, kill

MALLORY = 61002  # nobody's


def agent(bench: Bench, **environment: str) -> AgentCommand:
    """The command line; what runs at the end, whoever started it, ends with the set-up."""
    return bench.stack.enter_context(agent_command(bench.made, **environment))


def killed(bench: Bench) -> Iterator[Wanted | None]:
    """The agent was killed, and its socket is still there."""
    command = agent(bench)
    kill(command.start())
    yield Wanted(check="agent", reason="agent_dead", says="nobody listens", remedy="jupyter auth agent start")
    yield None
    assert command.pid is not None


def hangs(bench: Bench) -> Iterator[Wanted | None]:
    """The agent hangs."""
    pid = agent(bench).start()
    os.kill(pid, signal.SIGSTOP)
    yield Wanted(check="agent", reason="agent_silent", says=f"process {pid}", remedy=f"kill -KILL {pid}")
    yield None


def other_version(bench: Bench) -> Iterator[Wanted | None]:
    """The package was updated while the agent ran."""
    bench.configure(
        "import os\nfrom jupyter_auth.broker.channel import connection\n"
        "if os.environ.get('JA_TEST_OLD'): connection.__version__ = '0.0.9'"
    )
    agent(bench, JA_TEST_OLD="1").start()
    yield Wanted(check="agent", reason="other_version", says="0.0.9", remedy="jupyter auth agent stop")
    yield None


def other_protocol(bench: Bench) -> Iterator[Wanted | None]:
    """The agent speaks a protocol to come."""
    bench.configure(
        "import os\nif os.environ.get('JA_TEST_NEW'):\n"
        "    from jupyter_auth.core import frames; frames.PROTOCOL_VERSION = 2"
    )
    agent(bench, JA_TEST_NEW="1").start()
    yield Wanted(check="agent", reason="other_version", says="protocol 2 and 1", remedy="agent stop")
    yield None


def switched_off(bench: Bench) -> Iterator[Wanted | None]:
    """An administrator has switched the agent off while one ran."""
    command = agent(bench)
    command.start()
    bench.configure("c.JupyterAuth.agent = 'never'")
    yield Wanted(check="agent", reason="agent_off", says="administrator", remedy="jupyter auth agent stop")
    yield None
    assert command.pid is None


def not_allowed(bench: Bench) -> Iterator[Wanted | None]:
    """A person's file has the agent started where several people share a Jupyter."""
    issuer = bench.stack.enter_context(MisbehavingProvider()).issuer
    bench.made.toml.write_text('agent = "start"\n')
    bench.made.profile(issuer)
    bench.configure("c.JupyterAuth.people = 'many'")
    yield Wanted(check="agent", reason="agent_off", says="several people", remedy="jupyter_auth.toml")
    bench.made.toml.write_text(bench.made.toml.read_text().replace('agent = "start"\n', ""))
    yield None


def misspelt(bench: Bench) -> Iterator[Wanted | None]:
    """JUPYTER_AUTH_AGENT holds a word that nobody knows."""
    bench.environment["JUPYTER_AUTH_AGENT"] = "nevr"
    yield Wanted(check="agent", reason="configuration_wrong", says='"never"', remedy="JUPYTER_AUTH_AGENT")
    bench.environment["JUPYTER_AUTH_AGENT"] = "never"
    yield None


def lock_is_a_link(bench: Bench) -> Iterator[Wanted | None]:
    """A link is in the place of the agent's lock, so that it does not start."""
    command = agent(bench)
    lock = agent_lock(agent_socket(bench.made.runtime))
    lock.symlink_to(bench.made.root / "elsewhere")
    assert command("start").returncode == 1
    yield Wanted(check="agent", reason="agent_unsafe", says=str(lock), remedy="mv ")
    yield None
    command.start()


def socket_of_another(bench: Bench) -> Iterator[Wanted | None]:
    """The agent's socket is another user's."""
    command = agent(bench)
    command.start()
    (path,) = command.sockets
    os.chown(path, MALLORY, MALLORY)
    yield Wanted(check="agent", reason="agent_unsafe", says="another user", remedy="mv ")
    _stop_moved(path)
    yield None


def _stop_moved(path: Path) -> None:
    """An agent whose socket has another name: nobody finds it, and it ends by itself, some time."""
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            words = (process / "cmdline").read_bytes()
            if (
                b"jupyter_auth.agent" in words
                and str(path.parent).encode() in (process / "environ").read_bytes()
            ):
                kill(int(process.name))


def runtime_folder_open(bench: Bench) -> Iterator[Wanted | None]:
    """Others may write into Jupyter's runtime folder."""
    bench.made.runtime.chmod(0o777)
    yield Wanted(check="folders", reason="folder_open", says="mode 0777", remedy="chmod 700")
    yield None


SET_UPS: tuple[SetUp, ...] = (
    killed,
    hangs,
    other_version,
    other_protocol,
    switched_off,
    not_allowed,
    misspelt,
    lock_is_a_link,
    runtime_folder_open,
    *([socket_of_another] if os.geteuid() == 0 else []),
)

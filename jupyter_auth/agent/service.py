"""The agent's life: one for a user on a machine, from its lock to the end of its last caller."""

import asyncio
import fcntl
import logging
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic

from jupyter_core.paths import jupyter_runtime_dir

from jupyter_auth.agent.callers import ProcessCallers, switched_off
from jupyter_auth.agent.processes import Processes
from jupyter_auth.broker.broker import Broker
from jupyter_auth.broker.channel.channel import KernelChannel, runtime_folder
from jupyter_auth.broker.config.configuration import ConfigurationFiles
from jupyter_auth.broker.config.environment import ServerEnvironment
from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.broker.operations import Message, Operations
from jupyter_auth.broker.signing_in.loopback import Loopback, Take
from jupyter_auth.broker.storage import open_store
from jupyter_auth.cache import places
from jupyter_auth.core.agent_place import KNOWS_BY, agent_socket
from jupyter_auth.core.errors import PolicyError
from jupyter_auth.core.hardening import harden

log = logging.getLogger(__name__)

LOOK = 5.0  # seconds between two looks whether anybody needs the agent still
RUNS = "agent_runs"  # the reason of the error where there is one already


class Agent:
    """Made on the event loop that it is to live on."""

    def __init__(self, settings: Settings, idle_timeout: float) -> None:
        """Raises ``PolicyError`` where there must be none. ``idle_timeout``: seconds without a caller after
        which it ends; 0 is never."""
        self._process = harden() if settings.harden_process else "not hardened: it is switched off"
        self._idle_timeout = idle_timeout
        files = ConfigurationFiles(settings=settings, environment=ServerEnvironment())
        settings.check()
        if settings.people == "many":
            raise PolicyError(
                "Several people use this Jupyter, and an agent could not tell whose process calls.",
                reason="people_unknown",
                hint="Use a notebook of a Jupyter server.",
            )
        if files.current().agent == "never":
            raise switched_off()
        self._ended = asyncio.Event()
        processes = Processes(self._is_connected)
        self._broker = Broker(
            files,
            partial(open_store, settings),
            redirects=Loopback(self._take(asyncio.get_running_loop()), processes.have_browser),
        )
        operations = Operations(self._broker, processes, self._status)
        folder = runtime_folder(Path(jupyter_runtime_dir()))
        self.channel = KernelChannel(agent_socket(folder), ProcessCallers(operations, processes))

    def _is_connected(self, caller: str) -> bool:
        return self.channel.has(caller)

    def _take(self, loop: asyncio.AbstractEventLoop) -> Take:
        return lambda answer: asyncio.run_coroutine_threadsafe(self._broker.answers.take(answer), loop)

    async def _status(self) -> Message:
        about = {
            "state": "ready",
            "where": "agent",
            "pid": os.getpid(),
            "process": self._process,
            "socket": str(self.channel.path),
            "knows": KNOWS_BY,
            "kernels_connected": self.channel.connected,
            "idle_timeout": self._idle_timeout,
            "problem": None,
        }
        return {**await self._broker.status(), "broker": about}

    async def run(self, ready: Callable[[Path], None]) -> None:
        """Serve until nobody needs it, or a signal ends it. ``ready`` is told of the socket.

        Raises ``PolicyError`` (``agent_runs``) where this user has one on this machine.
        """
        lock = _lock(self.channel.path.with_suffix(".lock"))
        try:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                loop.add_signal_handler(number, self._ended.set)
            await self.channel.serve(self.channel.bind())
            log.info("The agent (process %d) listens on %s", os.getpid(), self.channel.path)
            ready(self.channel.path)
            await self._needed()
            log.info("The agent ends.")
        finally:
            await self.channel.close()
            await self._broker.close()
            os.close(lock)

    async def _needed(self) -> None:
        """Until nobody has needed it for its time, nobody can find it any more, or it was told to end."""
        since = monotonic()
        while not self._ended.is_set() and (self.channel.is_found or not self.channel.is_empty):
            look = LOOK
            if self._idle_timeout:
                left = self._idle_timeout - (monotonic() - since)
                if self._is_used():
                    since = monotonic()
                elif left <= 0:
                    return
                else:
                    look = min(LOOK, left)
            with suppress(TimeoutError):
                async with asyncio.timeout(look):
                    await self._ended.wait()

    def _is_used(self) -> bool:
        asks = any(known.state == "pending" for known in self._broker.interactions.all())
        return asks or not self.channel.is_empty


def _lock(path: Path) -> int:
    """Hold the lock of the one agent, for as long as this process lives; its open file."""
    fd = places.open_private(path, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise PolicyError("An agent of yours runs already.", reason=RUNS) from None
    except OSError as problem:
        os.close(fd)
        raise PolicyError(
            f"{path} cannot be locked: {problem.strerror}.",
            reason="no_lock",
            hint="Set JUPYTER_RUNTIME_DIR to a folder on a local disk, for the agent and for its callers.",
        ) from None
    return fd


def serve(settings: Settings, idle_timeout: float, ready: Callable[[Path], None]) -> None:
    """Run an agent to its end; raises ``AuthError``, and ``OSError`` where its socket cannot be."""
    os.umask(0o077)

    async def run() -> None:
        await Agent(settings, idle_timeout).run(ready)

    asyncio.run(run())

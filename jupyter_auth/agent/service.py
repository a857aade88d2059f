"""The agent's life: one for a user on a machine, from its lock to the end of its last caller."""

import asyncio
import fcntl
import logging
import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import monotonic

from jupyter_core.paths import jupyter_runtime_dir

from jupyter_auth import __version__
from jupyter_auth.agent.callers import ProcessCallers, switched_off
from jupyter_auth.agent.log import keep_log
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
from jupyter_auth.core.agent_place import KNOWS_BY, agent_lock, agent_log, agent_socket
from jupyter_auth.core.errors import CacheError, PolicyError
from jupyter_auth.core.faults import where
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
        self._ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        processes = Processes(self._is_connected)
        self._broker = Broker(
            files,
            partial(open_store, settings),
            redirects=Loopback(self._take(asyncio.get_running_loop()), processes.have_browser),
        )
        operations = Operations(self._broker, processes, self._status)
        folder = runtime_folder(Path(jupyter_runtime_dir()))
        self.channel = KernelChannel(agent_socket(folder), ProcessCallers(operations, processes))
        self._log: str | None = None
        self._problem: str | None = None

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
            "log": self._log,
            "knows": KNOWS_BY,
            "kernels_connected": self.channel.connected,
            "idle_timeout": self._idle_timeout,
            "problem": self._problem,
        }
        return {**await self._broker.status(), "broker": about}

    async def run(self, ready: Callable[[Path], None], *, keeps_log: bool = False) -> None:
        """Serve until nobody needs it, or a signal ends it. ``ready`` is told of the socket; with
        ``keeps_log`` it says in a file of its own what happens.

        Raises ``PolicyError`` (``agent_runs``) where this user has one on this machine.
        """
        lock = _lock(agent_lock(self.channel.path))
        try:
            if keeps_log:  # not before the lock: the file is the one agent's
                self._keep_log(agent_log(self.channel.path))
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                loop.add_signal_handler(number, self._end, f"{number.name} has come")
            await self.channel.serve(self.channel.bind())
            log.info("The agent %s (process %d) listens on %s", __version__, os.getpid(), self.channel.path)
            ready(self.channel.path)
            log.info("The agent ends: %s.", await self._needed())
        except Exception as problem:
            log.error("The agent has failed: %s", where(problem))  # whose text may hold anything
            raise
        finally:
            await self.channel.close()
            await self._broker.close()
            os.close(lock)

    def _keep_log(self, path: Path) -> None:
        """A log that cannot be written stops no token, and is told of."""
        try:
            keep_log(path)
        except (CacheError, OSError) as problem:
            why = problem.message if isinstance(problem, CacheError) else f"{path}: {problem.strerror}."
            self._problem = f"It keeps no log: {why}"
        else:
            self._log = str(path)

    def _end(self, why: str) -> None:
        if not self._ended.done():
            self._ended.set_result(why)

    async def _needed(self) -> str:
        """Until nobody has needed it for its time, nobody can find it any more, or it was told to end; which
        of them it was."""
        since = monotonic()
        while self.channel.is_found or not self.channel.is_empty:
            look = LOOK
            if self._idle_timeout:
                left = self._idle_timeout - (monotonic() - since)
                if self._is_used():
                    since = monotonic()
                elif left <= 0:
                    return f"nobody has called for {self._idle_timeout:.0f} s"
                else:
                    look = min(LOOK, left)
            await asyncio.wait([self._ended], timeout=look)
            if self._ended.done():
                return self._ended.result()
        return "its socket is gone, so that nobody can find it"

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


def serve(
    settings: Settings, idle_timeout: float, ready: Callable[[Path], None], *, keeps_log: bool = False
) -> None:
    """Run an agent to its end; raises ``AuthError``, and ``OSError`` where its socket cannot be."""
    os.umask(0o077)

    async def run() -> None:
        await Agent(settings, idle_timeout).run(ready, keeps_log=keeps_log)

    asyncio.run(run())

"""The broker of this very process, where no Jupyter server has one: in a terminal, a script, nbconvert,
papermill, or the kernels that VS Code and gateways start.

It is the server's broker over the same sealed store, so the refresh token is then in this process, which
people are told. Nothing is imported before it is needed.
"""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import functools
import os
import platform
import sys
import threading
from collections.abc import Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_auth.core.errors import PolicyError, TransportError
from jupyter_auth.kernel import asking, own
from jupyter_auth.kernel.connection import CALL_TIMEOUT, Message, lost, unwrapped
from jupyter_auth.kernel.stopping import hide_ours

if TYPE_CHECKING:
    from jupyter_auth.broker.config.settings import Settings
    from jupyter_auth.broker.kernels import Consent
    from jupyter_auth.broker.operations import Session
    from jupyter_auth.broker.signing_in.interactions import Requester

T = TypeVar("T")

CLOSE_TIMEOUT = 40.0  # seconds: a little more than the broker itself takes to save what is under way


class _ThisProcess:
    """The one that asks. Where cells run in it, their beginnings and ends are heard; it was made by one."""

    def __init__(self) -> None:
        self._runs = True
        events = getattr(own.shell(), "events", None)
        if events is not None:
            events.register("pre_execute", self._begins)
            events.register("post_execute", self._ends)

    def _begins(self) -> None:
        self._runs = True

    def _ends(self) -> None:
        self._runs = False

    def lives(self, kernel_id: str) -> bool:
        return True

    def runs(self, kernel_id: str) -> bool:
        return self._runs

    def consent(self) -> Consent:
        """This process has the broker, and so what that holds: a person who types at its terminal is asked by
        nobody but themselves. What runs without one has to be allowed where there is a server."""
        return "given" if asking.is_own_terminal() else "unavailable"

    def have_front_end(self) -> bool:
        return False  # a page can ask no server about what waits here

    async def describe(self, kernel_id: str) -> Requester:
        from jupyter_auth.broker.signing_in.interactions import Requester  # noqa: PLC0415

        return Requester(
            kernel_name=f"Python {platform.python_version()}, process {os.getpid()}",
            notebook=asking.notebook(),
            in_process=True,
        )

    async def path(self, kernel_id: str) -> str | None:
        return None  # nobody decides here about notebooks


class Host:
    """A broker on an event loop in a thread of its own, for the life of this process."""

    def __init__(self) -> None:
        self._has_ended = False
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="jupyter_auth-broker", daemon=True).start()
        try:
            self.generation_file = self.run(self._open())
        except BaseException:
            self._loop.call_soon_threadsafe(self._loop.stop)
            raise
        atexit.register(self.close)

    async def _open(self) -> str | None:
        """Make the broker, on the loop that it is to live on."""
        from jupyter_auth.broker.broker import Broker  # noqa: PLC0415
        from jupyter_auth.broker.config.configuration import ConfigurationFiles  # noqa: PLC0415
        from jupyter_auth.broker.operations import Operations  # noqa: PLC0415
        from jupyter_auth.broker.signing_in.loopback import Loopback  # noqa: PLC0415
        from jupyter_auth.broker.storage import open_store  # noqa: PLC0415

        settings = _settings()
        if settings.people == "many":
            raise PolicyError(
                "Several people use this Jupyter, and no server of it says whose process this is.",
                reason="people_unknown",
                hint="Run it in a notebook of yours.",
            )
        self._broker = Broker(
            ConfigurationFiles(settings=settings),
            partial(open_store, settings),
            redirects=Loopback(lambda answer: self.submit(self._broker.answers.take(answer))),
        )
        self._operations = Operations(self._broker, _ThisProcess(), self._status)
        return await self._operations.generation_file()

    async def _status(self) -> Message:
        told: Message = await self._broker.status()
        about = {"state": "ready", "where": "process", "pid": os.getpid(), "socket": None, "problem": None}
        return {**told, "broker": about}

    def session(self) -> Session:
        """A session of this process."""
        from jupyter_auth.broker.operations import Session  # noqa: PLC0415

        return Session(self._operations, "")

    def submit(self, work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Begin ``work`` on the broker's loop; raises ``TransportError`` once that has ended."""
        if self._has_ended:
            work.close()
            raise TransportError("This process is ending.", reason="server_stopped", retryable=False)
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def run(self, work: Coroutine[Any, Any, T], timeout: float = CALL_TIMEOUT) -> T:
        """Do ``work`` on the broker's loop, and wait for it."""
        return self.submit(work).result(timeout)

    def soon(self, work: Any) -> None:
        """Call ``work`` on the broker's loop."""
        self._loop.call_soon_threadsafe(work)

    def close(self) -> None:
        """Save what is under way, close the store."""
        try:
            self.run(self._broker.close(), CLOSE_TIMEOUT)
        finally:
            self._has_ended = True
            self._loop.call_soon_threadsafe(self._loop.stop)


class InProcess:
    """What ``Connection`` is to a server's broker. Not for several threads at once."""

    kernel_id = ""

    def __init__(self, host: Host, why: str) -> None:
        self._host = host
        self._session = host.session()
        self._pending: concurrent.futures.Future[Message] | None = None
        self._is_closed = False
        self._pid = os.getpid()
        self._why = why
        self.generation_file = host.generation_file

    def call(self, message: Message, timeout: float = CALL_TIMEOUT) -> Message:
        """One request and its answer, with the errors of ``Connection.call``."""
        __tracebackhide__ = True
        if self.is_closed:
            raise lost("The connection to the token broker was closed.")
        try:
            self._pending = self._host.submit(self._session.respond(message))
            answer = self._pending.result(timeout)
        except concurrent.futures.CancelledError:
            raise lost("The connection to the token broker was closed.") from None
        except TimeoutError:
            self.close()
            raise lost("The token broker did not answer in time.") from None
        except BaseException as stop:
            self.close()
            hide_ours(stop)
            raise
        finally:
            self._pending = None
        return unwrapped(answer)

    def close(self) -> None:
        """End it; a call that waits in another thread ends with ``TransportError``."""
        pending, self._is_closed = self._pending, True
        if pending is not None:
            pending.cancel()
        self._host.soon(self._session.close)

    @property
    def is_closed(self) -> bool:
        """True once it cannot be used any more, in this process."""
        return self._is_closed or self._pid != os.getpid()

    def described(self) -> dict[str, str]:
        """Which broker this is, and why."""
        return {"where": "process", "why": self._why}


def agent_mode() -> str:
    """What this process is to do about the agent (``Configuration.agent``); ``"use"`` where this environment
    cannot read the configuration."""
    try:
        from jupyter_auth.broker.config.configuration import ConfigurationFiles  # noqa: PLC0415

        settings = _settings()
    except ModuleNotFoundError:
        return "use"
    return ConfigurationFiles(settings=settings).current().agent


@functools.cache
def _settings() -> Settings:
    """The administrator's settings, as they were when this process first needed them."""
    from jupyter_auth.broker.config.settings_files import load_settings  # noqa: PLC0415

    return load_settings()


_lock = threading.Lock()
_host: Host | None = None


def connect(why: str) -> InProcess:
    """A session with this process's broker, which is made by the first who asks.

    Raises ``TransportError`` where this environment lacks what a broker needs.
    """
    global _host  # noqa: PLW0603 -- one broker a process
    with _lock:
        if _host is None:
            try:
                _host = Host()
            except ModuleNotFoundError as missing:
                raise _without(missing.name or "", why) from None
            except TimeoutError:
                raise lost("The token store could not be opened in time.") from None
        return InProcess(_host, why)


def is_here() -> bool:
    """True once this process has a broker of its own."""
    return _host is not None


def _without(module: str, why: str) -> TransportError:
    return TransportError(
        f"{why} This Python cannot run a broker of its own either: {module} is missing.",
        reason="no_broker",
        hint="Start the kernel from a Jupyter server that has jupyter-token-broker, or install it here with "
        f"all it needs: {sys.executable} -m pip install jupyter-token-broker",
        retryable=False,
    )


def _after_fork() -> None:
    """In a child the broker's threads are gone: the first who asks makes another."""
    global _host, _lock
    if _host is not None:
        atexit.unregister(_host.close)  # it would wait for them
    _host, _lock = None, threading.Lock()


os.register_at_fork(after_in_child=_after_fork)

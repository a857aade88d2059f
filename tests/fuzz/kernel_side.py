"""A broker with its kernel socket, on an event loop in a thread, as a Jupyter server has it: ada is signed
in, and every secret of it is a canary."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar
from unittest import mock

from jupyter_auth.agent.callers import ProcessCallers
from jupyter_auth.agent.processes import Processes
from jupyter_auth.broker import arguments
from jupyter_auth.broker.auditing.actors import Actor
from jupyter_auth.broker.broker import Broker
from jupyter_auth.broker.channel.channel import KernelChannel, server_socket
from jupyter_auth.broker.operations import Operations
from jupyter_auth.core.agent_place import agent_socket
from jupyter_auth.core.errors import AuthError
from jupyter_auth.server.callers import ServerCallers
from jupyter_auth.server.front_ends import FrontEnds
from jupyter_auth.server.kernels import ServerKernels
from tests.fuzz.hearing import Hearing
from tests.idp import MisbehavingProvider
from tests.unit.broker.bench import Bench

T = TypeVar("T")

KERNEL_ID, KEY = "a-kernel", b"the key of the connection file"
STEP = 30.0  # seconds for what the target does itself


class _Desks:
    """The one broker is everybody's."""

    is_shared = False

    def __init__(self, broker: Broker, operations: Operations) -> None:
        self.broker = broker
        self.operations = operations

    def of(self, person: None) -> "_Desks":
        return self

    def of_kernel(self, kernel_id: str) -> "_Desks":
        return self

    def denied(self, problem: AuthError, by: Actor) -> None:
        """Nobody writes it down here."""


class _Kernels:
    """The server's one kernel."""

    def list_kernel_ids(self) -> list[str]:
        return [KERNEL_ID]

    def __contains__(self, kernel_id: str) -> bool:
        return kernel_id == KERNEL_ID

    def get_kernel(self, kernel_id: str) -> Any:
        if kernel_id not in self:
            raise KeyError(kernel_id)
        return SimpleNamespace(
            session=SimpleNamespace(key=KEY), kernel_name="python3", execution_state="idle"
        )


class _Sessions:
    async def list_sessions(self) -> list[dict[str, Any]]:
        return [{"path": "a.ipynb", "kernel": {"id": KERNEL_ID}}]


class KernelSide:
    """What a target needs of it. Its methods are called from other threads than the loop's."""

    def __init__(self, folder: Path, hearing: Hearing, provider: MisbehavingProvider) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="server", daemon=True)
        self._thread.start()
        self.run(self._start(folder, hearing, provider))
        self.path = self._channel.path

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it on the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(STEP)

    def sign_in_again(self) -> None:
        """Where an input has signed everybody out."""
        self.run(self._ensure_signed_in())

    def close(self) -> None:
        """End the socket, the broker and the loop."""
        self.run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(STEP)
        self._loop.close()

    async def _start(self, folder: Path, hearing: Hearing, provider: MisbehavingProvider) -> None:
        (folder / "config").mkdir()
        secret = folder / "secret"
        secret.write_text(hearing.canaries.make("client_secret"), encoding="utf-8")
        secret.chmod(0o600)
        bench = Bench(provider, folder)
        bench.profile("batch", f'client_secret_file = "{secret}"', client_id="batch", scopes=("lake.read",))
        self._bench = bench
        self._channel = self._channel_in(folder)
        await self._channel.serve(self._channel.bind())
        await bench.sign_in()

    def _channel_in(self, folder: Path) -> KernelChannel:
        serverapp = SimpleNamespace(
            kernel_manager=_Kernels(), session_manager=_Sessions(), kernel_spec_manager=None
        )
        kernels = ServerKernels(serverapp, FrontEnds())
        operations = Operations(self.broker, kernels, self.broker.status)
        desks: Any = _Desks(self.broker, operations)
        return KernelChannel(server_socket(folder), ServerCallers(desks, kernels))

    @property
    def broker(self) -> Broker:
        return self._bench.broker

    async def _ensure_signed_in(self) -> None:
        for waiting in self.broker.interactions.all():
            if waiting.state == "pending":
                self.broker.interactions.cancel(waiting)
        if not self._bench.accounts():
            await self._bench.sign_in()

    async def _stop(self) -> None:
        await self._channel.close()
        await self.broker.close()


class AgentSide(KernelSide):
    """The same as ``jupyter auth agent`` has it: whoever connects is a process of this user."""

    def _channel_in(self, folder: Path) -> KernelChannel:
        processes = Processes(self._is_connected)
        operations = Operations(self.broker, processes, self.broker.status)
        return KernelChannel(agent_socket(folder), ProcessCallers(operations, processes))

    def _is_connected(self, caller: str) -> bool:
        return self._channel.has(caller)


@contextmanager
def kernel_side(folder: Path, hearing: Hearing, kind: type[KernelSide] = KernelSide) -> Iterator[KernelSide]:
    """One for the time of the block; no verb waits longer than 0.2 s for something to happen."""
    with mock.patch.object(arguments, "MAX_WAIT", 0.2), MisbehavingProvider() as provider:
        hearing.canaries.watch(provider)
        side = kind(folder, hearing, provider)
        try:
            yield side
        finally:
            side.close()

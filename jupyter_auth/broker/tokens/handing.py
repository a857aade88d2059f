"""Tokens on their way to a kernel: counted for people to see, and in use from then on."""

from collections.abc import Callable
from typing import Any

from jupyter_auth.broker.auditing.actors import Actor
from jupyter_auth.broker.broker import Broker
from jupyter_auth.broker.grants.gate import Gate
from jupyter_auth.broker.request import Resolved
from jupyter_auth.broker.usage import KernelUse
from jupyter_auth.core.result import AuthenticationResult
from jupyter_auth.core.wire import result_to_wire


class Handing:
    """What one kernel is handed over one connection."""

    def __init__(self, broker: Broker, use: KernelUse, gate: Gate, to: Actor) -> None:
        self._broker = broker
        self._gate = gate
        self._handed = broker.audit.handed
        self._to, self._name = to, f"{to.via}/{to.kernel_id}"
        self.use = use
        self._is_open = True
        use.connected()

    def out(self, found: AuthenticationResult, resolve: Callable[[], Resolved]) -> dict[str, Any]:
        """The answer with the token, or ``KernelGrantRequiredError``; ``resolve`` gives what was asked."""
        if self._gate.is_closed:
            self._gate.check(found, resolve())
        self.note(found, resolve)
        return {"ok": True, "result": result_to_wire(found)}

    def note(self, found: AuthenticationResult, resolve: Callable[[], Resolved]) -> None:
        """The token is handed out."""
        self.use.count(found.profile)
        self._handed(self._name, self._to, found)
        if self._broker.renewing is not None:
            self._broker.renewing.used(self.use, found, resolve)

    def close(self) -> None:
        """The connection has gone; with the last one, so has the kernel. Once, however often it is said."""
        if not self._is_open:
            return
        self._is_open = False
        self.use.disconnected()
        if not self.use.connections and self._broker.renewing is not None:
            self._broker.renewing.left(self.use)

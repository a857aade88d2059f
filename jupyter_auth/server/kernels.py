"""What the Jupyter server knows of its kernels: their keys, whether they live, what they are called."""

import logging
from typing import Any

from jupyter_auth.broker.kernels import Consent
from jupyter_auth.broker.signing_in.interactions import Requester
from jupyter_auth.core.errors import TransportError
from jupyter_auth.core.faults import where
from jupyter_auth.core.frames import proof_matches
from jupyter_auth.core.known import note
from jupyter_auth.core.text import clean
from jupyter_auth.server.front_ends import FrontEnds

log = logging.getLogger(__name__)


class ServerKernels:
    """A view of the server's kernel, session and kernel-spec managers."""

    def __init__(self, serverapp: Any, front_ends: FrontEnds) -> None:
        self._front_ends = front_ends
        self._kernels = serverapp.kernel_manager
        self._sessions = serverapp.session_manager
        self._specs = serverapp.kernel_spec_manager

    def prove(self, broker_id: str, nonce: str, mac: str) -> str | None:
        """The kernel whose connection key made ``mac``, or None. All live keys are tried."""
        proven = None
        for kernel_id in self._kernels.list_kernel_ids():
            key = self._key(kernel_id)
            if proof_matches(key, broker_id, nonce, mac):
                note(key.decode("ascii", "replace"))
                proven = kernel_id
        return proven

    def lives(self, kernel_id: str) -> bool:
        """True while the server runs that kernel."""
        return kernel_id in self._kernels

    def runs(self, kernel_id: str) -> bool:
        """True while that kernel runs a cell, as the server hears it."""
        try:
            return getattr(self._kernels.get_kernel(kernel_id), "execution_state", None) == "busy"
        except KeyError:
            return False  # shut down meanwhile

    def consent(self) -> Consent:
        """A person can be asked: in a page of ours, or on the command line."""
        return "asked"

    def have_front_end(self) -> bool:
        """True while a page of ours is open that shows a request by its id."""
        return len(self._front_ends) > 0

    async def describe(self, kernel_id: str) -> Requester:
        """What to call that kernel before a person."""
        return Requester(
            kernel_id=kernel_id,
            kernel_name=self.display_name(kernel_id),
            notebook=clean((await self.paths()).get(kernel_id)) or None,
        )

    def display_name(self, kernel_id: str) -> str | None:
        """What its kernel spec calls it."""
        try:
            name = self._kernels.get_kernel(kernel_id).kernel_name
            return clean(self._specs.get_kernel_spec(name).display_name) or None
        except (KeyError, AttributeError, OSError):
            return None

    async def path(self, kernel_id: str) -> str | None:
        """Its notebook's path, letter for letter; None where it is of none.

        Raises ``TransportError`` where that cannot be told now: what was decided for the notebook stands.
        """
        try:
            return (await self._listed()).get(kernel_id)
        except Exception as problem:  # noqa: BLE001 -- a session manager of any make
            log.warning("The notebooks of kernels could not be listed: %s", where(problem))
            raise TransportError(
                "This server cannot tell now which notebook this kernel is of.",
                reason="notebook_unknown",
                hint="Run the cell again.",
                retryable=True,
            ) from None

    async def paths(self) -> dict[str, str]:
        """The paths of all kernels that have one, to show them; none where they cannot be told now."""
        try:
            return await self._listed()
        except Exception:  # noqa: BLE001 -- as above; nothing is decided by these
            return {}

    async def _listed(self) -> dict[str, str]:
        """From the sessions that browsers opened; the first of a kernel counts."""
        sessions = await self._sessions.list_sessions()
        paths = {s["kernel"]["id"]: s.get("path") for s in reversed(list(sessions)) if s.get("kernel")}
        return {kernel_id: path for kernel_id, path in paths.items() if isinstance(path, str) and path}

    def _key(self, kernel_id: str) -> bytes:
        try:
            key = self._kernels.get_kernel(kernel_id).session.key
        except (KeyError, AttributeError):
            return b""  # shut down meanwhile, or a gateway's kernel, whose key this server never learns
        return key if isinstance(key, bytes) else b""

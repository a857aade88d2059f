"""What the Jupyter server knows of its kernels: their keys, whether they live, what they are called."""

from typing import Any

from jupyter_auth.broker.grants.gate import Consent
from jupyter_auth.broker.signing_in.interactions import Requester
from jupyter_auth.core.frames import proof_matches
from jupyter_auth.core.known import note
from jupyter_auth.core.text import clean
from jupyter_auth.server.front_ends import FrontEnds


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
            notebook=(await self.notebooks()).get(kernel_id),
        )

    def display_name(self, kernel_id: str) -> str | None:
        """What its kernel spec calls it."""
        try:
            name = self._kernels.get_kernel(kernel_id).kernel_name
            return clean(self._specs.get_kernel_spec(name).display_name) or None
        except (KeyError, AttributeError, OSError):
            return None

    async def notebooks(self) -> dict[str, str]:
        """The notebook's path of each kernel that has one, from the sessions that browsers opened."""
        try:
            sessions = await self._sessions.list_sessions()
        except Exception:  # noqa: BLE001 -- a session manager of any make; the names are only for show
            return {}
        paths = {s.get("kernel", {}).get("id"): clean(s.get("path")) for s in reversed(list(sessions))}
        return {kernel_id: path for kernel_id, path in paths.items() if kernel_id and path}

    def _key(self, kernel_id: str) -> bytes:
        try:
            key = self._kernels.get_kernel(kernel_id).session.key
        except (KeyError, AttributeError):
            return b""  # shut down meanwhile, or a gateway's kernel, whose key this server never learns
        return key if isinstance(key, bytes) else b""

"""A restricted handle for workers: processes that a kernel's cells start, by Dask, Spark, joblib or
``subprocess``.

It says which broker, which kernel and what for, and can be pickled, since it holds no secret: a worker
proves itself with the key in the kernel's connection file, which ends with the kernel.
"""

from __future__ import annotations

import os
import socket
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_auth.core.errors import KernelGrantRequiredError, PolicyError, TransportError
from jupyter_auth.core.wire import result_from_wire
from jupyter_auth.kernel import output_guard, own
from jupyter_auth.kernel.client import client
from jupyter_auth.kernel.connection import Connection, lost, part

if TYPE_CHECKING:
    from jupyter_auth.core.account import Account
    from jupyter_auth.core.result import AuthenticationResult
    from jupyter_auth.kernel.acquiring import Scopes


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerHandle:
    """A reference to a kernel's broker for workers: for one profile, account and set of scopes, silently.

    ``scopes``: empty for the profile's own. Made by ``worker_handle``. Pickle it, or let Dask, Spark or
    joblib do so.
    """

    profile: str
    scopes: tuple[str, ...]
    account: str | None
    tenant: str | None
    kernel_id: str
    connection_file: str
    socket: str
    host: str

    def get_token(
        self,
        *,
        scopes: Scopes = None,
        force_refresh: bool = False,
        claims_challenge: str | None = None,
        acr_values: str | None = None,
        max_age: int | None = None,
    ) -> AuthenticationResult:
        """An access token, silently; the broker keeps it, so ask again for each use.

        :param scopes: some of the handle's scopes; None for all.
        :param force_refresh: get a new token although a good one is cached.
        :param claims_challenge: the claims a resource demanded with a 401; skips cached access tokens.
        :param acr_values: as for ``get_token``: nobody is asked here, so it ends with an error.
        :param max_age: as ``acr_values``.
        :raises InteractionRequiredError: somebody has to sign in, in the notebook.
        :raises KernelGrantRequiredError: the kernel has ended, or is another machine's.
        :raises PolicyError: the handle is not for these scopes.
        """
        __tracebackhide__ = True
        from jupyter_auth.kernel.acquiring import parsed_scopes  # noqa: PLC0415 -- most name none

        asked = {
            "scopes": list(parsed_scopes(scopes)) or None,
            "force_refresh": force_refresh or None,
            "claims_challenge": claims_challenge,
            "acr_values": acr_values,
            "max_age": max_age,
        }
        request = {name: value for name, value in asked.items() if value is not None}
        return _lines.token(self, {"op": "acquire_token_silent", **request})

    def headers(self) -> dict[str, str]:
        """The header of a request to the API; raises as ``get_token``."""
        return self.get_token().headers()

    def limits(self) -> dict[str, Any]:
        """What the broker is told to keep this worker to."""
        return {
            "profile": self.profile,
            "scopes": list(self.scopes) or None,
            "account": self.account,
            "tenant": self.tenant,
        }

    def __repr__(self) -> str:
        scopes = " ".join(self.scopes) or "its own scopes"
        return f"<WorkerHandle {self.profile} · {scopes} · of kernel {self.kernel_id[:8]}>"


def worker_handle(
    profile: str | None = None,
    *,
    scopes: Scopes = None,
    account: str | Account | None = None,
    tenant: str | None = None,
) -> WorkerHandle:
    """A handle for the workers that this notebook starts. Somebody may have to sign in for it, here and now;
    a worker never asks anybody.

    It is for the account that this call finds, whoever else signs in later, and ends with this kernel. It
    works in processes of this user on this machine, whatever starts them.

    :param profile: the profile's name; None for the default one.
    :param scopes: what the workers may ask for; None for the profile's own.
    :param account: a username, a ``home_account_id`` or an ``Account``; needed where several are signed in.
    :param tenant: the tenant to ask, in place of the profile's (Entra only).
    :raises PolicyError: there is no Jupyter server; workers then find the agent, or have a broker of their
        own, and call ``get_token`` with ``interactive=False``.
    :raises AuthError: what ``get_token`` raises.
    """
    __tracebackhide__ = True
    from jupyter_auth.kernel.acquiring import parsed_scopes  # noqa: PLC0415 -- beside get_token's own import
    from jupyter_auth.kernel.api import get_token  # noqa: PLC0415 -- as above

    found = get_token(profile, scopes=scopes, account=account, tenant=tenant)
    about, file = client.described(), own.connection_file()
    if "kernel_id" not in about or file is None:
        here = "the agent" if about["where"] == "agent" else "in this process"
        raise PolicyError(
            f"A handle for workers needs a Jupyter server's broker, and here the broker is {here}.",
            reason="no_server",
            hint="Let the workers call get_token(..., interactive=False): they find what this process found.",
        )
    return WorkerHandle(
        profile=found.profile,
        scopes=parsed_scopes(scopes),
        account=found.account.home_account_id if found.account else None,
        tenant=tenant,
        kernel_id=about["kernel_id"],
        connection_file=str(file),
        socket=about["socket"],
        host=socket.gethostname(),
    )


class _Line:
    """One handle's connection in this process, and which token came over it last."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.connection: Connection | None = None
        self._last = ""

    def token(self, handle: WorkerHandle, request: dict[str, Any]) -> AuthenticationResult:
        """Ask for a token; one that is not good enough is named, so that another's newer one will do.

        A connection that turns out to be dead is replaced once, as a kernel's is.
        """
        __tracebackhide__ = True
        with self.lock:
            if self._last and {"force_refresh", "claims_challenge"} & request.keys():
                request["have"] = self._last
            fresh = self.connection is None or self.connection.is_closed
            connection = self._open(handle)
            try:
                answer = connection.call(request)
            except TransportError as problem:
                if fresh or problem.reason != "broker_lost" or not connection.is_closed:
                    raise
                answer = self._open(handle).call(request)
            except KernelGrantRequiredError as problem:
                if problem.reason == "kernel_gone":
                    connection.close()  # nothing will come of it any more
                raise
            found = result_from_wire(part(answer, "result", dict))
            self._last = found._token.version
        return found

    def _open(self, handle: WorkerHandle) -> Connection:
        __tracebackhide__ = True
        if self.connection is None or self.connection.is_closed:
            self.connection = _connected(handle)
        return self.connection

    @property
    def is_idle(self) -> bool:
        """True where nobody asks over it just then, and it has to be opened anew."""
        return not self.lock.locked() and (self.connection is None or self.connection.is_closed)


class _Lines:
    """Those of this process: a handle's wait for the broker keeps no other handle waiting."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: dict[WorkerHandle, _Line] = {}

    def token(self, handle: WorkerHandle, request: dict[str, Any]) -> AuthenticationResult:
        """A token over the handle's own line; those that have ended are forgotten."""
        __tracebackhide__ = True
        with self._lock:
            line = self._all.get(handle)
            if line is None:
                self._all = {known: other for known, other in self._all.items() if not other.is_idle}
                line = self._all[handle] = _Line()
        return line.token(handle, request)


def _connected(handle: WorkerHandle) -> Connection:
    """A connection that is limited to the handle; raises ``KernelGrantRequiredError`` where its kernel has
    ended."""
    __tracebackhide__ = True
    output_guard.begin()  # from here on there may be tokens
    key = own.key_in(Path(handle.connection_file))
    if not key:
        raise _gone(handle)
    try:
        connection = Connection.open(Path(handle.socket))
    except OSError:
        raise lost("The token broker of the kernel that made this handle has gone.") from None
    try:
        connection.prove(key, handle.limits())
        if connection.kernel_id != handle.kernel_id:
            raise _gone(handle)
    except KernelGrantRequiredError:
        connection.close()
        raise _gone(handle) from None
    except BaseException:
        connection.close()
        raise
    return connection


def _gone(handle: WorkerHandle) -> KernelGrantRequiredError:
    here = socket.gethostname()
    if here != handle.host:
        return KernelGrantRequiredError(
            f"This handle is of a kernel on {handle.host}, and this worker runs on {here}.",
            reason="other_host",
            hint="A handle works on its kernel's own machine. Elsewhere send the worker a token, or give it "
            "a profile of its own.",
        )
    return KernelGrantRequiredError(
        "The kernel that made this handle has ended.",
        reason="kernel_gone",
        hint="Make a new handle in a running notebook.",
    )


_lines = _Lines()


def _after_fork() -> None:
    global _lines  # noqa: PLW0603 -- another thread may have held one of its locks
    _lines = _Lines()


os.register_at_fork(after_in_child=_after_fork)

"""Logging out of the Jupyter server: what is in memory is let go of, here and in every kernel.

The sign-ins stay, as the kernels do: a cell that runs on finds its tokens in the store again.
"""

import logging
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler

from jupyter_auth.broker.forgetting import forget_memory
from jupyter_auth.core.faults import where
from jupyter_auth.server.desks import Desks
from jupyter_auth.server.people import person_of

log = logging.getLogger(__name__)


def forgetting(handler: type[JupyterHandler]) -> type[JupyterHandler]:
    """The server's own page for it (Jupyter's, JupyterHub's or another), which forgets first."""

    class Logout(handler):  # type: ignore[misc, valid-type]  # known once the server is configured
        @allow_unauthenticated
        async def get(self, *args: Any, **kwargs: Any) -> None:
            """Only for who was logged in: a stranger ends nothing here."""
            if self.current_user is not None:
                await _forget(self.settings["jupyter_auth_service"].desks, person_of(self))
            await ensure_async(super().get(*args, **kwargs))

    return Logout


async def _forget(desks: Desks, person: str | None) -> None:
    """Who has no desk has nothing in memory. Whatever goes wrong, the logout itself goes on."""
    if (desk := desks.known(person)) is None:
        return
    try:
        await forget_memory(desk.operations)
    except Exception as problem:  # noqa: BLE001 -- a fault of ours must not keep anybody logged in
        log.error("Kernels could not be told of a logout: %s", where(problem))

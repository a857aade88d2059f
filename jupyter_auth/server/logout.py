"""Logging out of the Jupyter server: what is in memory is let go of, here and in every kernel.

The sign-ins stay, as the kernels do: a cell that runs on finds its tokens in the store again.
"""

from contextlib import suppress
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler

from jupyter_auth.core.errors import PolicyError
from jupyter_auth.server.people import person_of


def forgetting(handler: type[JupyterHandler]) -> type[JupyterHandler]:
    """The server's own page for it (Jupyter's, JupyterHub's or another), which forgets first."""

    class Logout(handler):  # type: ignore[misc, valid-type]  # known once the server is configured
        @allow_unauthenticated
        async def get(self, *args: Any, **kwargs: Any) -> None:
            """Only for who was logged in: a stranger ends nothing here."""
            if self.current_user is not None:
                service = self.settings["jupyter_auth_service"]
                with suppress(PolicyError):  # who cannot be told apart has nothing here
                    await service.forget(service.desks.of(person_of(self)))
            await ensure_async(super().get(*args, **kwargs))

    return Logout

"""The desks of a server that several people use, without the server around them."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jupyter_core.paths import jupyter_runtime_dir
from jupyter_events.logger import EventLogger
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from jupyter_server.services.sessions.sessionmanager import SessionManager

from jupyter_auth.broker.config.environment import ServerEnvironment
from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.server.addresses import ServerRedirects
from jupyter_auth.server.desks import Desk, Desks


class Serving:
    """``app`` is what the extension sees of Jupyter's: its managers, which are real."""

    def __init__(self, people: str = "many", **settings: Any) -> None:
        folder = Path(jupyter_runtime_dir())
        folder.mkdir(exist_ok=True)
        make: Any = AsyncMappingKernelManager
        kernels = make(connection_dir=str(folder))
        sessions: Any = SessionManager
        self.app = SimpleNamespace(
            kernel_manager=kernels,
            session_manager=sessions(kernel_manager=kernels),
            kernel_spec_manager=kernels.kernel_spec_manager,
            event_logger=EventLogger(),
        )
        self.settings = Settings(people=people, store="memory", **settings)
        redirects = ServerRedirects(self.app, "https://hub.example.org/")
        self.desks = Desks(self.app, self.settings, ServerEnvironment(), redirects, _no_status)


async def _no_status(desk: Desk) -> dict[str, Any]:
    return {}

"""The server extension: one broker a Jupyter server."""

from typing import Any

from jupyter_server.extension.application import ExtensionApp
from tornado.ioloop import IOLoop

from jupyter_auth import __version__
from jupyter_auth.server.handlers import routes
from jupyter_auth.server.service import BrokerService


class JupyterAuth(ExtensionApp):
    """Serves tokens to this server's kernels, and what people may see of them to its browser pages."""

    name = "jupyter_auth"
    version = __version__
    description = "One token broker beside the notebooks."
    _service: BrokerService | None = None

    def initialize_settings(self) -> None:
        """Make the broker; it starts with the event loop's next turn."""
        serverapp: Any = self.serverapp
        self._service = BrokerService(serverapp)
        self.settings["jupyter_auth_service"] = self._service
        IOLoop.current().add_callback(self._service.start)

    def initialize_handlers(self) -> None:
        """Add the REST resources."""
        self.handlers.extend(routes())

    async def stop_extension(self) -> None:
        """Close the broker with the server."""
        if self._service is not None:
            await self._service.close()

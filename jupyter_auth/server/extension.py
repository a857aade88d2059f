"""The server extension: one broker a Jupyter server."""

import logging
from pathlib import Path
from typing import Any

from jupyter_server.extension.application import ExtensionApp
from tornado.ioloop import IOLoop

from jupyter_auth import __version__
from jupyter_auth.broker.config import traits
from jupyter_auth.broker.config.settings import SECTION
from jupyter_auth.broker.config.settings_files import EXTENSION_FILE, not_taken
from jupyter_auth.broker.signing_in import redirects
from jupyter_auth.core.faults import where
from jupyter_auth.core.log_filter import filter_logs
from jupyter_auth.core.profile import Fault
from jupyter_auth.server.callback import CallbackHandler
from jupyter_auth.server.front_ends import PATH, FrontEndSocket
from jupyter_auth.server.handlers import PREFIX, UnknownHandler, routes
from jupyter_auth.server.logout import forgetting
from jupyter_auth.server.service import BrokerService

log = logging.getLogger(__name__)

#: Server extensions with which people work in one another's notebooks.
COLLABORATION = ("jupyter_server_ydoc", "jupyter_collaboration")


class JupyterAuth(traits.JupyterAuth, ExtensionApp):
    """Serves tokens to this server's kernels, and what people may see of them to its browser pages."""

    name = "jupyter_auth"
    version = __version__
    description = "One token broker beside the notebooks."
    _service: BrokerService | None = None

    def _config_file_name_default(self) -> str:
        return EXTENSION_FILE  # Jupyter's own rule makes it jupyter_jupyter_auth_config

    def _link_jupyter_server_extension(self, serverapp: Any) -> None:
        """Take the settings. What is wrong with them, in whatever way, must not end the server."""
        try:
            super()._link_jupyter_server_extension(serverapp)
        except (Exception, SystemExit) as problem:  # noqa: BLE001 -- traitlets exits on a value it refuses
            log.error("The settings could not be read: %s", where(problem))
            self.wrong["settings"] = f"could not be read ({type(problem).__name__}); the log says more"

    def initialize_settings(self) -> None:
        """Make the broker, and the logs blind to what it holds; it starts with the event loop's next turn."""
        filter_logs()
        serverapp: Any = self.serverapp
        self._service = BrokerService(
            serverapp, self.read(self._not_taken(serverapp)), self._shares(serverapp)
        )
        self.settings["jupyter_auth_service"] = self._service
        IOLoop.current().add_callback(self._service.start)

    def _not_taken(self, serverapp: Any) -> tuple[Fault, ...]:
        """What Jupyter's configuration files would have said, had they not raised."""
        taken = {*serverapp.loaded_config_files, *self.loaded_config_files}
        folders = serverapp.config_file_paths
        places = [("jupyter_config", folders), (EXTENSION_FILE, folders)]
        if serverapp.config_file:
            given = Path(serverapp.config_file).absolute()
            places.append((given.stem, [str(given.parent)]))
        else:
            places.append((serverapp.config_file_name, folders))
        return tuple(fault for place in places for fault in not_taken(*place, taken))

    def _shares(self, serverapp: Any) -> str:
        """Why people may meet here although nobody has said how many use this server; empty for no reason."""
        if "people" in self.config.get(SECTION, {}):
            return ""
        extensions = serverapp.extension_manager.extensions
        found = [name for name in COLLABORATION if name in extensions and extensions[name].enabled]
        if not found:
            return ""
        return (
            f"{found[0]} lets several people work on this server, and they would share its sign-ins. "
            'Set c.JupyterAuth.people = "many", or "one" if all of them are you.'
        )

    def initialize_handlers(self) -> None:
        """Add the REST resources, the websocket of the front ends, the callback, and logging out."""
        callback = f"/{redirects.PATH}"
        own: list[tuple[str, Any]] = [
            (f"{PREFIX}/{PATH}", FrontEndSocket),
            (callback, CallbackHandler),
            (f"{callback}/([A-Za-z0-9][A-Za-z0-9_.-]{{0,63}})", CallbackHandler),
        ]
        serverapp: Any = self.serverapp
        provider = serverapp.identity_provider
        if provider.logout_available:
            own.append(("/logout", forgetting(provider.logout_handler_class)))
        self.handlers.extend([*routes(), *own, (rf"{PREFIX}(?:/.*)?", UnknownHandler)])

    async def stop_extension(self) -> None:
        """Close the broker with the server."""
        if self._service is not None:
            await self._service.close()

"""The broker and its kernel socket, for the life of one Jupyter server."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyter_auth.broker.channel.channel import KernelChannel, runtime_folder, server_socket
from jupyter_auth.broker.config.configuration import ConfigurationFiles
from jupyter_auth.broker.config.environment import ServerEnvironment
from jupyter_auth.broker.config.settings import DEFAULTS, Settings
from jupyter_auth.broker.config.surroundings import open_to_others
from jupyter_auth.broker.grants.book import grant_rows
from jupyter_auth.broker.storage import key_file
from jupyter_auth.core.errors import CacheError
from jupyter_auth.core.hardening import harden
from jupyter_auth.core.text import clean
from jupyter_auth.server.addresses import ServerRedirects
from jupyter_auth.server.callers import ServerCallers
from jupyter_auth.server.desks import Desk, Desks
from jupyter_auth.server.front_ends import FrontEnds
from jupyter_auth.server.kernels import ServerKernels
from jupyter_auth.server.served import served

log = logging.getLogger(__name__)


class BrokerService:
    """Made when the extension is loaded, started by the event loop's first turn, closed with the server.

    ``shares``: why several people may use this server although it is set up for one; empty for no reason.
    """

    def __init__(self, serverapp: Any, settings: Settings = DEFAULTS, shares: str = "") -> None:
        self.process = harden() if settings.harden_process else "not hardened: it is switched off"
        self._redirects = ServerRedirects(serverapp, settings.callback_url)
        environment = ServerEnvironment()
        at_start = ConfigurationFiles(settings=settings, environment=environment).current()
        self.desks = Desks(serverapp, settings, environment, self._redirects, self.status)
        self._people = settings.people
        self._folder = Path(serverapp.runtime_dir)
        self._contents, self._settings = serverapp.contents_manager, settings
        self._kernels = ServerKernels(serverapp, FrontEnds())
        self.channel: KernelChannel | None = None
        self.problem = " ".join([*map(str, settings.wrong), *([shares] if shares else [])])
        for fault in (*at_start.faults, *open_to_others()):
            log.error("%s", fault)
        if shares:
            log.warning("%s", shares)

    async def start(self) -> None:
        """Open the kernel socket. The store and the engines wait for their first use."""
        channel = KernelChannel(server_socket(self._folder), ServerCallers(self.desks, self._kernels))
        try:
            runtime_folder(self._folder)
            await channel.serve(channel.bind())
        except (CacheError, OSError) as problem:
            told = f"The kernel socket {channel.path} could not be opened ({problem})."
            self.problem = f"{self.problem} {told}".strip()
            log.error("%s Kernels get no tokens from this server.", told)
            return
        self.channel = channel
        log.info("Token broker ready on %s", channel.path)

    async def close(self) -> None:
        """Stop listening, save what is under way, close the stores."""
        if self.channel is not None:
            await self.channel.close()
        await self.desks.close()

    def has_kernel(self, kernel_id: str, desk: Desk) -> bool:
        """True while the server runs it, for the person whose desk that is."""
        return self._kernels.lives(kernel_id) and self.desks.owns(desk, kernel_id)

    async def kernels(self, desk: Desk) -> list[dict[str, Any]]:
        """The kernels that have a connection or were handed a token, and what they used."""
        paths = await self._kernels.paths()
        desk.broker.grants.prune(self._kernels.lives)
        return [
            use.to_wire()
            | {
                "kernel_name": self._kernels.display_name(use.kernel_id),
                "notebook": clean(paths.get(use.kernel_id)) or None,
                "grants": grant_rows(desk.broker.grants.of(use.kernel_id, paths.get(use.kernel_id))),
            }
            for use in desk.operations.usage.living(self._kernels.lives)
        ]

    async def status(self, desk: Desk, *, peeks: bool = False) -> dict[str, Any]:
        """What ``status`` says over REST, in ``%auth status`` and on the command line; who ``peeks`` does not
        have the store opened."""
        about = {
            "state": "ready" if self.channel else "no_kernel_socket",
            "where": "server",
            "pid": os.getpid(),
            "process": self.process,
            "socket": str(self.channel.path) if self.channel else None,
            "kernels_connected": self.channel.connected if self.channel else 0,
            "front_ends": len(desk.front_ends),
            "callback": self._redirects.uri,
            "people": self._people,
            "problem": " ".join(filter(None, [self.problem, *self._exposed()])) or None,
        }
        return {**await desk.broker.status(peeks=peeks), "broker": about}

    def _exposed(self) -> Iterator[str]:
        """A sentence for each of our secrets that the server itself serves, to whoever holds its token."""
        for path in served(self._contents, [key_file(self._settings)]):
            yield (
                f"{path} can be read over this server's files API. "
                "Set c.ContentsManager.allow_hidden = False, or root_dir to a folder without it."
            )

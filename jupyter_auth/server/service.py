"""The broker and its kernel socket, for the life of one Jupyter server."""

import logging
import os
from pathlib import Path
from typing import Any

from jupyter_auth.broker.config.configuration import ConfigurationFiles
from jupyter_auth.broker.config.settings import DEFAULTS, Settings
from jupyter_auth.broker.grants.book import grant_rows
from jupyter_auth.server.addresses import ServerRedirects
from jupyter_auth.server.channel import KernelChannel
from jupyter_auth.server.desks import Desk, Desks
from jupyter_auth.server.front_ends import FrontEnds
from jupyter_auth.server.hardening import harden
from jupyter_auth.server.kernels import ServerKernels

log = logging.getLogger(__name__)


class BrokerService:
    """Made when the extension is loaded, started by the event loop's first turn, closed with the server.

    ``shares``: why several people may use this server although it is set up for one; empty for no reason.
    """

    def __init__(self, serverapp: Any, settings: Settings = DEFAULTS, shares: str = "") -> None:
        self.process = harden() if settings.harden_process else "not hardened: it is switched off"
        self._redirects = ServerRedirects(serverapp, settings.callback_url)
        self.desks = Desks(serverapp, settings, self._redirects, self.status)
        self._people = settings.people
        self._folder = Path(serverapp.runtime_dir)
        self._kernels = ServerKernels(serverapp, FrontEnds())
        self.channel: KernelChannel | None = None
        self.problem = " ".join([*map(str, settings.wrong), *([shares] if shares else [])])
        for fault in ConfigurationFiles(settings=settings).current().faults:
            log.error("%s", fault)
        if shares:
            log.warning("%s", shares)

    async def start(self) -> None:
        """Open the kernel socket. The store and the engines wait for their first use."""
        channel = KernelChannel(self._folder, self.desks, self._kernels)
        try:
            # Jupyter's own folder, not ours: made private where it is missing, else left as it is
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            await channel.serve(channel.bind())
        except OSError as problem:
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
        notebooks = await self._kernels.notebooks()
        desk.broker.grants.prune(self._kernels.lives)
        return [
            use.to_wire()
            | {
                "kernel_name": self._kernels.display_name(use.kernel_id),
                "notebook": notebooks.get(use.kernel_id),
                "grants": grant_rows(desk.broker.grants.of(use.kernel_id, notebooks.get(use.kernel_id))),
            }
            for use in desk.operations.usage.living(self._kernels.lives)
        ]

    async def status(self, desk: Desk) -> dict[str, Any]:
        """What ``status`` says over REST, in ``%auth status`` and on the command line."""
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
            "problem": self.problem or None,
        }
        return {**await desk.broker.status(), "broker": about}

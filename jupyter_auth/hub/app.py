"""The service's process: ``c.JupyterAuthHub``, and its life."""

import asyncio
import errno
import logging
import os
import secrets
import signal
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jupyterhub.services.auth import HubOAuth
from tornado import httpserver, web
from traitlets import Dict, List, Unicode
from traitlets.config import Application

from jupyter_auth import __version__
from jupyter_auth.core.errors import AuthError, ProfileError
from jupyter_auth.core.hardening import harden
from jupyter_auth.core.log_filter import filter_logs
from jupyter_auth.core.text import clean
from jupyter_auth.hub import PARENT
from jupyter_auth.hub.keeper import Keeper
from jupyter_auth.hub.keeping import Keeping
from jupyter_auth.hub.pages import (
    MAX_BODY,
    CallbackHandler,
    CheckHandler,
    Closed,
    ForgetHandler,
    HealthHandler,
    LoginHandler,
    TokenHandler,
)
from jupyter_auth.hub.people import HubPeople, People, base_url
from jupyter_auth.hub.waiting import Waiting

log = logging.getLogger(__name__)

LOOK = 0.5  # seconds between two looks whether the Hub still runs, or the address is free
LONGEST = 200  # characters of a path in the log
PATIENCE = 20.0  # seconds to wait for the address
_PROFILE = "([A-Za-z0-9][A-Za-z0-9_.-]{0,63})"


class JupyterAuthHub(Application):
    """The Hub service: access tokens for people's servers, and one callback address for them all."""

    name = "jupyter_auth.hub"
    version = __version__
    description = __doc__ or ""
    aliases = {"config": "JupyterAuthHub.config_file"}  # noqa: RUF012 -- traitlets' own form

    config_file = Unicode(help="A Python file with c.JupyterAuthHub.").tag(config=True)
    profile = Dict(
        help="""The identity provider, as in jupyter_auth.toml, with the client that the Hub signs people in
        with. ``provider`` is ``"oidc"``, or left out.""",
    ).tag(config=True)
    folder = Unicode(
        "jupyter_auth",
        help="""The folder of the sealed store, which this service alone may use. The key that seals it is a
        file beside it, unless ``seal_key_file`` says otherwise.""",
    ).tag(config=True)
    seal_key_file = Unicode(help="The file of the sealing key, which is then an operator's.").tag(config=True)
    ip = Unicode(
        help="The address to listen on; that of the service's url where empty. In a container: 0.0.0.0.",
    ).tag(config=True)
    audiences = List(
        Unicode(),
        help="""For which audiences or resources people's servers may have a token exchanged (RFC 8693), where
        the provider does that. None by default.""",
    ).tag(config=True)
    login_url = Unicode(
        help="""Where people sign in at the Hub anew without logging out, so that their servers go on. By
        default ``oauth_login`` below the Hub's ``public_url``, where oauthenticator has it.""",
    ).tag(config=True)
    audit_file = Unicode(
        help="""The file for the records of what was handed out and refused, one line of JSON each. They go to
        the logger ``jupyter_auth.audit`` in any case.""",
    ).tag(config=True)
    allowed_scopes = List(
        Unicode(),
        help="Which scopes people's servers may ask for; all that the sign-in was granted where empty.",
    ).tag(config=True)

    def initialize(self, argv: Any = None) -> None:
        """Read the command line and the file."""
        super().initialize(argv)
        if self.config_file:
            self.load_config_file(*_parts(self.config_file))

    def start(self) -> None:
        """Serve until SIGTERM."""
        filter_logs()
        logging.basicConfig(level=logging.INFO, format="[%(levelname)s %(name)s] %(message)s")
        logging.getLogger("tornado.application").setLevel(
            logging.WARNING
        )  # jupyterhub tells of cookies there
        try:
            asyncio.run(self._serve())
        except AuthError as problem:
            self.log.error("%s", problem)
            self.exit(1)

    async def _serve(self) -> None:
        address = urlsplit(os.environ.get("JUPYTERHUB_SERVICE_URL", ""))
        if not address.hostname:
            raise ProfileError(
                "This service is started by a JupyterHub.",
                reason="no_hub",
                hint="Add it to c.JupyterHub.services, with a url, and let the Hub run it.",
            )
        auth = HubOAuth.instance(parent=self)
        people = HubPeople(auth)
        listening = await bound(address.port or 80, self.ip or address.hostname)  # before anything is opened
        keeper = Keeper(self._keeping(), people)
        server = httpserver.HTTPServer(
            application(auth, people, keeper), max_buffer_size=4 * MAX_BODY, xheaders=False
        )
        server.add_socket(listening)
        log.info("Serving %s; this process is %s", base_url(), harden())
        stopped = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        orphaned = asyncio.create_task(_orphaned(stopped))
        await stopped.wait()
        orphaned.cancel()
        server.stop()
        await keeper.close()

    def _keeping(self) -> Keeping:
        return Keeping(
            profile={"provider": "oidc", **self.profile},
            folder=Path(self.folder).absolute(),
            seal_key_file=self.seal_key_file or None,
            audiences=tuple(self.audiences),
            scopes=tuple(self.allowed_scopes),
            login_url=self.login_url or hub_login(),
            audit_file=self.audit_file or None,
        )


def hub_login() -> str:
    """Where oauthenticator signs people in who are logged in already; a path where the Hub does not say
    how browsers reach it."""
    hub = os.environ.get("JUPYTERHUB_PUBLIC_HUB_URL") or os.environ.get("JUPYTERHUB_BASE_URL", "/") + "hub/"
    return f"{hub.rstrip('/')}/oauth_login"


async def bound(port: int, host: str, patience: float = PATIENCE) -> socket.socket:
    """The service's address. A Hub that was killed leaves its service for a moment, so that it is waited for:
    else the next one had to be started again by the Hub, which it does every half a minute.

    Raises ``ProfileError`` where somebody else has it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for _ in range(max(1, int(patience / LOOK))):
        try:
            found = socket.create_server((host, port), family=family)
        except OSError as problem:
            if problem.errno != errno.EADDRINUSE:
                raise
            await asyncio.sleep(LOOK)
        else:
            found.setblocking(False)
            return found
    raise ProfileError(
        f"Something else listens on {host}:{port}.",
        reason="hub_port_taken",
        hint="End it, or give the service another url in c.JupyterHub.services.",
    )


async def _orphaned(stopped: asyncio.Event, look: float = LOOK) -> None:
    """End with the Hub that started this: the next one starts a service of its own, at the same address and
    for the same folder."""
    while os.getppid() == PARENT:  # noqa: ASYNC110 -- nobody tells
        await asyncio.sleep(look)
    log.warning("The Hub that started this service has gone.")
    stopped.set()


def application(auth: HubOAuth, people: People, keeper: Keeper) -> web.Application:
    """What is served, below the service's own prefix."""
    base, served = base_url(), {"keeper": keeper, "people": people}
    callback = {"auth": auth, **served, "waiting": Waiting(base)}
    return web.Application(
        [
            (f"{base}health", HealthHandler),
            (f"{base}token", TokenHandler, served),
            (f"{base}check", CheckHandler, served),
            (f"{base}forget", ForgetHandler, served),
            (f"{base}callback(/{_PROFILE[1:-1]})?", CallbackHandler, callback),
            (f"{base}oauth_callback", LoginHandler, {"auth": auth}),
        ],
        default_handler_class=Nothing,
        cookie_secret=secrets.token_bytes(32),
        log_function=_log,
    )


class Nothing(Closed):
    """What is at no address of ours."""

    async def prepare(self) -> None:
        raise web.HTTPError(404)


def _log(handler: web.RequestHandler) -> None:
    """One line a request, of which the query is no part."""
    request = handler.request
    log.info("%s %s %d", request.method, clean(request.path, LONGEST), handler.get_status())


def _parts(file: str) -> tuple[str, str]:
    path = Path(file).absolute()
    return path.name, str(path.parent)

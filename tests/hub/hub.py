"""A real JupyterHub, configured as the example says, with its proxy, in processes of a test's own."""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import requests

from jupyter_auth.cli.demo.jupyter_process import LINES_SHOWN, JupyterProcess
from jupyter_auth.cli.demo.workspace import FOREIGN
from tests.idp import OidcProvider
from tests.idp.base import CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, PUBLIC_CLIENT
from tests.idp.node import ensure_packages, node
from tests.security.looking import WALKER
from tests.support import until
from tests.support.place import APPLICATIONS, NEVER
from tests.support.ports import free_ports
from tests.support.redis_server import RedisServer

HERE = Path(__file__).resolve().parent
EXAMPLE = HERE.parents[1] / "examples" / "jupyterhub" / "jupyterhub_config.py"
PROXY = HERE / "node_modules/configurable-http-proxy/bin/configurable-http-proxy"
SERVICE = "services/jupyter-auth"
KEYS = ("JUPYTERHUB_CRYPT_KEY", "CONFIGPROXY_AUTH_TOKEN")
REDIRECTS = (f"http://127.0.0.1/{SERVICE}/callback", "http://127.0.0.1/hub/oauth_callback")


@dataclass
class Hub:
    """It runs. ``url`` is what browsers open, with a slash at its end."""

    root: Path
    ports: tuple[int, int, int, int]
    issuer: str
    token: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    #: the keys of the Hub's that an administrator keeps over its restarts
    keys: dict[str, str] = field(
        default_factory=lambda: {name: secrets.token_hex(32) for name in KEYS}, repr=False
    )
    process: "subprocess.Popen[bytes] | None" = None
    proxy: "subprocess.Popen[bytes] | None" = None
    started: list[psutil.Process] = field(default_factory=list)  # by Hubs that have ended

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports[0]}/"

    @property
    def folder(self) -> Path:
        return self.root / "hub"

    @property
    def log(self) -> Path:
        return self.root / "hub.log"

    def home(self, name: str) -> Path:
        return self.root / "home" / name

    def start(self) -> None:
        """Start it, and its proxy if that does not run, and wait until it answers."""
        if self.proxy is None:
            self.proxy = self._run(node(), str(PROXY), *self._of_proxy())
        self.process = self._run(sys.executable, "-m", "jupyterhub", "-f", str(HERE / "jupyterhub_config.py"))
        until(self._answers, 150)

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End the Hub alone. The proxy and people's servers go on; the service with SIGKILL only."""
        assert self.process is not None
        self.started += psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(number)
        self.process.wait(60)

    def stop(self) -> None:
        """End it at once, with its proxy, its service and all servers and kernels."""
        for run in filter(None, (self.process, self.proxy)):
            with suppress(psutil.NoSuchProcess):
                hub = psutil.Process(run.pid)
                self.started += [hub, *hub.children(recursive=True)]
        for process in self.started:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        for run in filter(None, (self.process, self.proxy)):
            run.wait(60)

    def find(self, *words: str) -> list[psutil.Process]:
        """The processes below the Hub whose command line has all of these."""
        assert self.process is not None
        below = psutil.Process(self.process.pid).children(recursive=True)
        return [process for process in below if all(word in " ".join(_command(process)) for word in words)]

    def get(self, path: str, token: str = "", **more: object) -> requests.Response:
        return self.ask("GET", path, token, **more)

    def ask(self, method: str, path: str, token: str = "", **more: object) -> requests.Response:
        """Ask the Hub, or what it serves; with a Hub API token if one is given."""
        with requests.Session() as session:
            session.trust_env = False
            headers = {"Authorization": f"token {token}"} if token else {}
            return session.request(
                method,
                self.url + path,
                headers=headers,
                timeout=60,
                allow_redirects=False,
                **more,  # type: ignore[arg-type]
            )

    def _answers(self) -> bool:
        assert self.process is not None and self.process.poll() is None, self.log.read_text()[-3000:]
        try:
            return self.get("hub/health").ok and self.get(f"{SERVICE}/health").json() == {"ok": True}
        except (requests.RequestException, ValueError):
            return False

    def _run(self, *command: str) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _of_proxy(self) -> tuple[str, ...]:
        front, hub, api, _ = map(str, self.ports)
        to = f"http://127.0.0.1:{hub}"
        return (
            *("--ip", "127.0.0.1", "--port", front, "--api-ip", "127.0.0.1", "--api-port", api),
            *("--error-target", f"{to}/hub/error", "--default-target", to),
        )

    def _environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        _, hub_port, proxy_port, service_port = map(str, self.ports)
        return (
            own
            | self.keys
            | {
                "EXAMPLE": str(EXAMPLE),
                "HUB_FOLDER": str(self.folder),
                "HUB_PORT": hub_port,
                "HUB_SERVICE": f"http://127.0.0.1:{service_port}",
                "HUB_BIND": self.url,
                "HUB_URL": self.url.rstrip("/"),
                "LOOK_FOR_LEFTOVERS": str(self.root / "look.py"),
                "NOTEBOOKS_CLIENT_ID": PUBLIC_CLIENT,
                "OIDC_CLIENT_ID": CONFIDENTIAL_CLIENT,
                "OIDC_ISSUER": self.issuer,
                "PROXY_PORT": proxy_port,
                "TESTS_TOKEN": self.token,
                "WITHOUT": " ".join((*NEVER, *APPLICATIONS)),
                "SINGLE_USER": str(Path(sys.executable).with_name("jupyterhub-singleuser")),
            }
        )


class UserServer(JupyterProcess):
    """A server that the Hub has started, asked as a service that may use everybody's."""

    def __init__(self, hub: Hub, name: str) -> None:
        self.url = f"{hub.url}user/{name}/"
        self.token = hub.token
        self.name = name
        self._log = hub.log

    def running(self) -> bool:
        """Whether it answers: its process is the Hub's."""
        with suppress(requests.RequestException):
            return self.get("api/status").ok
        return False

    def last_lines(self) -> list[str]:
        return self._log.read_text(encoding="utf-8").splitlines()[-LINES_SHOWN:]


@contextmanager
def running_hub(provider: OidcProvider, redis: RedisServer, root: Path) -> Iterator[Hub]:
    """The Hub, for people of ``provider``."""
    ensure_packages(HERE)
    one, two, three, four = free_ports(4)
    hub = Hub(root=root, ports=(one, two, three, four), issuer=provider.issuer)
    hub.folder.mkdir(mode=0o700)
    (root / "home").mkdir()
    # what only refers to itself is let go of first: the Hub's requests do, and nothing leads to them
    (root / "look.py").write_text(WALKER.replace("args=({path!r},)", "args=({path!r}, True)"))
    (hub.folder / "client_secret").touch(mode=0o600)
    (hub.folder / "client_secret").write_text(CONFIDENTIAL_SECRET)
    (hub.folder / "redis.url").touch(mode=0o600)
    (hub.folder / "redis.url").write_text(redis.url())
    try:
        hub.start()
        yield hub
    finally:
        hub.stop()


def _command(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return process.cmdline()
    return []

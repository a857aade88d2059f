"""Where blocks are run: a Jupyter server and a kernel of it, a shell beside it, providers, an API, a person.

What is there for every page, as new:

- profiles ``lake`` (people's, at oidc-provider; the default), ``batch`` and ``orders`` (an application's,
  there), ``graph`` (people's) and ``directory`` (an application's), at a provider of Entra's shape. Nobody is
  signed in;
- a kernel in which ``jupyter_auth`` is loaded, and imported as ``ja``;
- whoever is asked signs in, as ``ada``, as soon as something waits;
- an API that answers whoever has a token of ``lake``, at every path. Blocks name it as pages do,
  ``https://lake.example.org``; that, and the other names in ``Stage.places``, are replaced by real ones;
- a shell in the folder of the notebooks, with the environment's own programs first on the PATH, the demo's
  notebooks, and the variables ``DEMO_API_URL`` and ``JUPYTER_TOKEN``.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from jupyter_auth.cli.demo.kernel_channel import CellTimeoutError
from tests.docs.collecting import Block
from tests.docs.lake import Lake, lake_api
from tests.docs.marks import ROOT
from tests.docs.person import Person
from tests.idp import CONFIDENTIAL_SECRET, OidcProvider
from tests.idp.entra import API, APP_SCOPE, APP_SECRET, FABRIKAM, WRITE, EntraProvider
from tests.support import CellError, Kernel, Place, place

#: Seconds for one block.
PATIENCE = 180.0
OPENING = "%load_ext jupyter_auth\nimport jupyter_auth as ja"
APPLICATIONS = """
[profiles.batch]
provider  = "client_credentials"
issuer    = "{issuer}"
client_id = "nb-confidential"
client_secret_file = "{secret}"
scopes    = ["lake.read"]

[profiles.orders]
issuer    = "{issuer}"
client_id = "nb-confidential"
client_secret_file = "{secret}"
audience  = "https://downstream.example/"
scopes    = ["read"]
"""


@dataclass(slots=True)
class Stage:
    """The server and all around it; ``page`` begins a page."""

    provider: OidcProvider
    entra: EntraProvider
    place: Place
    server: JupyterProcess
    lake: Lake
    kernel: Kernel | None = field(default=None)

    @property
    def places(self) -> dict[str, str]:
        """The addresses that pages name, and where these are here."""
        return {
            "https://lake.example.org": self.lake.url,
            "http://127.0.0.1:8888/": self.server.url,
            "https://idp.example.org/realms/science": self.provider.issuer,
            "https://graph.microsoft.com/.default": APP_SCOPE,
            "User.Read": API,
            "Mail.Read": WRITE,
            "fabrikam.com": FABRIKAM,
            "/run/secrets/": f"{self.place.root}/secrets/",
        }

    def begin(self) -> None:
        """Everything as new, for the next page."""
        self._end_kernel()
        for waiting in self.server.get("jupyter_auth/v1/interactions").json():
            self.server.delete(f"jupyter_auth/v1/interactions/{waiting['id']}")
        for kernel in self.server.get("api/kernels").json():
            self.server.delete(f"api/kernels/{kernel['id']}")
        self.server.delete("jupyter_auth/v1/cache")
        self.provider.revoke_all()
        self._profiles()
        for notebook in (ROOT / "notebooks").glob("*.ipynb"):
            shutil.copy(notebook, self.place.notebooks)

    def python(self, block: Block) -> None:
        """Run a block in the page's kernel; raises ``DemoError`` where it did not end as it should."""
        if block.marks.new_kernel:
            self._end_kernel()
        if self.kernel is None:
            self.kernel = Kernel(self.server)
            self.kernel.run(OPENING)
        with Person(self.server, self.provider, self.entra, block.marks.person):
            if block.marks.before:
                self.kernel.run(self.here(block.marks.before), timeout=PATIENCE)
            try:
                self.kernel.run(self.here(block.text), timeout=PATIENCE)
            except CellTimeoutError as problem:
                self._end_kernel()  # it still runs, and would keep the next block waiting
                raise CellTimeoutError(f"It did not end in {PATIENCE:.0f} s.") from problem
            except CellError as problem:
                if not block.marks.raises or not str(problem).startswith(f"{block.marks.raises}:"):
                    raise
            else:
                if block.marks.raises:
                    raise CellError(f"It raises nothing, and not {block.marks.raises}.")

    def bash(self, block: Block) -> str:
        """Run a block in the shell; what it said, if it did not end as it should."""
        script = self.here(f"{block.marks.before}\n{block.text}")
        code, said = self._run(["bash", "-e", "-o", "pipefail", "-c", script])
        return "" if code == block.marks.exits else f"exits with {code}:\n{said}"

    def here(self, text: str) -> str:
        """The text with the addresses of this stage."""
        for name, address in self.places.items():
            text = text.replace(name, address)
        return text

    def _end_kernel(self) -> None:
        kernel, self.kernel = self.kernel, None
        if kernel:
            kernel.shut_down()
            kernel.close()

    def _run(self, command: list[str]) -> tuple[int, str]:
        """How it ended, and what it said. Where it does not, all that it started is ended too."""
        own = dict(self.place.environment)
        programs = Path(sys.executable).parent
        own |= {
            "PATH": f"{programs}:{own['PATH']}",
            "JUPYTER_TOKEN": self.server.token,
            "HOME": str(self.place.root),
        }
        with subprocess.Popen(
            command,
            cwd=self.place.notebooks,
            env=own,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                said, _ = process.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        return process.returncode, said

    def _profiles(self) -> None:
        issuer = self.provider.issuer
        secrets = self.place.root / "secrets"
        secrets.mkdir(mode=0o700, exist_ok=True)
        secret = secrets / "application"
        secret.write_text(CONFIDENTIAL_SECRET, encoding="utf-8")
        secret.chmod(0o600)
        self.place.toml.write_text('default_profile = "lake"\n\n', encoding="utf-8")
        self.place.profile(issuer)
        text = APPLICATIONS.format(issuer=issuer, secret=secret)
        own = f'client_secret_file = "{secret}"'
        text += self.entra.profile("graph", tenant="common")
        text += self.entra.profile("directory", own, client_id=APP_SECRET, scope=APP_SCOPE)
        with self.place.toml.open("a", encoding="utf-8") as file:
            file.write(text)


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """A stage that is set; ``folder`` takes certificates."""
    with ExitStack() as closing:
        provider = closing.enter_context(OidcProvider())
        entra = closing.enter_context(EntraProvider(folder))
        lake = closing.enter_context(lake_api(provider))
        made = closing.enter_context(place(provider.issuer))
        made.variables(DEMO_API_URL=lake.url)
        server = closing.enter_context(made.server())
        provider.set(interval=1)
        set_up = Stage(provider=provider, entra=entra, place=made, server=server, lake=lake)
        try:
            yield set_up
        finally:
            if set_up.kernel:
                set_up.kernel.close()

"""A place of its own for a Jupyter server: configuration, data, runtime, notebooks, all temporary."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess, a_free_port
from jupyter_auth.cli.demo.workspace import Workspace, keep_lab_quiet, own_environment
from tests.support import quick_end

PROFILE = """\
[profiles.{name}]
provider  = "oidc"
issuer    = "{issuer}"
client_id = "{client_id}"
scopes    = ["openid", "profile", "offline_access", "lake.read"]
title     = "Test lake"
"""


#: What an application serves; a server by itself needs none of it, and each takes its time at every start.
APPLICATIONS = ("jupyterlab", "notebook", "notebook_shim", "jupyter_server_terminals", "voila")
#: It runs npm at the start of every server, whose end then waits for it; nothing of ours has to do with it.
NEVER = ("jupyter_lsp",)
#: Kernels are reached by sockets in the runtime folder. Of the ports that Jupyter would choose for one,
#: another process may take one before the kernel does, which is then never heard; where many start at once
#: that happens now and then.
NO_PORTS = "--KernelManager.transport=ipc"


def without_extensions(*names: str) -> list[str]:
    """The options of a server that has neither these extensions nor those it never needs."""
    return [f"--ServerApp.jpserver_extensions={name}=False" for name in (*NEVER, *names)]


class Place(Workspace):
    """The folders, and what the tests do in them."""

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def store(self) -> Path:
        return self.data / "jupyter_auth"

    @property
    def toml(self) -> Path:
        return self.config / "jupyter_auth.toml"

    @property
    def socket(self) -> Path:
        found = list(self.runtime.glob("jupyter_auth-*.sock"))
        assert len(found) == 1, found
        return found[0]

    def profile(self, issuer: str, name: str = "lake", client_id: str = "nb-public", more: str = "") -> None:
        """Add a profile; ``more`` is TOML for it."""
        with self.toml.open("a", encoding="utf-8") as file:
            file.write(PROFILE.format(name=name, issuer=issuer, client_id=client_id) + more + "\n")

    def server(self, *options: str, module: str = "jupyter_server", ports: bool = False) -> JupyterProcess:
        """A Jupyter server here, as a context manager; it has the applications only where it is one.
        With ``ports`` it reaches its kernels as Jupyter does by default.
        """
        without = without_extensions(*APPLICATIONS) if module == "jupyter_server" else without_extensions()
        if not ports:
            without.append(NO_PORTS)
        made = JupyterProcess(module, self, "--no-browser", a_free_port(), *without, *options)
        made.command.insert(made.command.index("-m"), quick_end.__file__)
        return made

    def server_code(self, code: str) -> None:
        """Have every server here run ``code`` when it starts; its kernels do not."""
        (self.config / "jupyter_server_config.py").write_text(code, encoding="utf-8")

    def kernel_code(self, code: str) -> None:
        """Have every kernel here run ``code`` when it is configured; cells do not see its names."""
        profile = self.root / "ipython" / "profile_default"
        profile.mkdir(mode=0o700, exist_ok=True)
        (profile / "ipython_kernel_config.py").write_text(quick_end.OF_KERNELS + code, encoding="utf-8")

    def variables(self, **values: str) -> None:
        """Set environment variables for the servers started from here on."""
        self.environment.update(values)  # type: ignore[attr-defined]


@contextmanager
def place(issuer: str | None = None) -> Iterator[Place]:
    """A new place; with ``issuer`` it has a profile ``lake`` for it."""
    root = Path(tempfile.mkdtemp(prefix="ja-"))
    try:
        for folder in ("config", "data", "ipython", "notebooks", "run"):
            (root / folder).mkdir(mode=0o700)
        made = Place(root=root, environment=own_environment(root, ""))
        keep_lab_quiet(made.config)
        made.kernel_code("")
        made.toml.touch()
        if issuer:
            made.profile(issuer)
        yield made
    finally:
        shutil.rmtree(root, ignore_errors=True)

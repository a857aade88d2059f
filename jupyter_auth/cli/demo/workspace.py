"""A temporary place for the demo's Jupyter server: its own configuration, data, runtime folder and notebooks.

Nothing of the user's own Jupyter is read or changed; what is installed beside Python (kernels, extensions) is
found all the same, since that does not hang on these folders.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .catalogue import APPLICATIONS, SCOPE_TITLES
from .servers import DemoError

NOTEBOOK = "quickstart.ipynb"
PROFILE = "lake"

#: The longest folder under which a socket's path stays well below the 100 bytes a socket may have.
LONGEST_PARENT = 40

#: Variables of a Jupyter server around this one: they would lead the demo's server or its kernels astray.
FOREIGN = ("JUPYTERHUB_", "JUPYTERLAB_", "JUPYTER_AUTH_", "JPY_")
FOREIGN_NAMES = (
    "JUPYTER_CONFIG_PATH",
    "JUPYTER_NO_CONFIG",
    "JUPYTER_SERVER_ROOT",
    "JUPYTER_SERVER_URL",
    "JUPYTER_TOKEN",
    "JUPYTER_TOKEN_FILE",
)

CONFIGURATION = """\
default_profile = "{profile}"

[profiles.{profile}]
provider     = "oidc"
issuer       = {issuer}
client_id    = {client_id}
scopes       = ["openid", "profile", "offline_access", "lake.read"]
title        = {title}
scope_titles = {{"lake.read" = {words}}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """The folders, all of them this user's alone, and the environment for a server in them."""

    root: Path
    environment: Mapping[str, str]

    @property
    def config(self) -> Path:
        return self.root / "config"

    @property
    def runtime(self) -> Path:
        return self.root / "run"

    @property
    def notebooks(self) -> Path:
        return self.root / "notebooks"

    @property
    def log(self) -> Path:
        return self.root / "jupyter.log"


@contextmanager
def workspace(issuer: str, api: str) -> Iterator[Workspace]:
    """A workspace with a profile `lake` for `issuer`, whose notebooks find the API at `DEMO_API_URL`."""
    root = Path(tempfile.mkdtemp(prefix="ja-", dir=_short_parent()))
    try:
        space = Workspace(root=root, environment=own_environment(root, api))
        for folder in ("config", "data", "ipython", "notebooks", "run"):
            (root / folder).mkdir(mode=0o700)
        _configure(space.config, issuer)
        shutil.copyfile(quickstart(), space.notebooks / NOTEBOOK)
        yield space
    finally:
        shutil.rmtree(root, ignore_errors=True)


def quickstart() -> Path:
    """The notebook: beside this module in an installed wheel, in `notebooks/` in a checkout."""
    here = Path(__file__).resolve()
    for place in (here.with_name(NOTEBOOK), here.parents[3] / "notebooks" / NOTEBOOK):
        if place.is_file():
            return place
    raise DemoError(f"{NOTEBOOK} is missing from this installation. Install jupyter-token-broker again.")


def _configure(config: Path, issuer: str) -> None:
    [application] = APPLICATIONS.values()
    profile = CONFIGURATION.format(
        profile=PROFILE,
        issuer=json.dumps(issuer),
        client_id=json.dumps(application.client_id),
        title=json.dumps(application.name),
        words=json.dumps(SCOPE_TITLES["lake.read"]),
    )
    _write(config / "jupyter_auth.toml", profile)
    # An installed product is enabled already; an editable one may not be.
    enabled = {"ServerApp": {"jpserver_extensions": {"jupyter_auth": True}}}
    _write(config / "jupyter_server_config.d" / "jupyter_auth.json", json.dumps(enabled))
    keep_lab_quiet(config)


def keep_lab_quiet(config: Path) -> None:
    """No news and no look for updates: a demo, or a test, stays on this machine."""
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    settings = config / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    _write(settings / "notification.jupyterlab-settings", json.dumps(quiet))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def own_environment(root: Path, api: str) -> dict[str, str]:
    """The environment of a Jupyter server that lives in the folders of ``root``."""
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(FOREIGN) and name not in FOREIGN_NAMES
    }
    # A company's proxy cannot reach this machine's own servers.
    around = [own.get("NO_PROXY") or own.get("no_proxy") or "", "127.0.0.1", "localhost"]
    direct = ",".join(name for name in around if name)
    return own | {
        "JUPYTER_CONFIG_DIR": str(root / "config"),
        "JUPYTER_DATA_DIR": str(root / "data"),
        "JUPYTER_RUNTIME_DIR": str(root / "run"),
        "IPYTHONDIR": str(root / "ipython"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",  # a person's own is not touched
        "DEMO_API_URL": api,
        "NO_PROXY": direct,
        "no_proxy": direct,
    }


def _short_parent() -> str | None:
    """Where temporary folders usually go, unless its name alone is too long (macOS)."""
    usual = tempfile.gettempdir()
    short = Path("/tmp")  # noqa: S108 - mkdtemp makes a folder of our own in it, mode 0700
    return str(short) if len(usual) > LONGEST_PARENT and short.is_dir() else None

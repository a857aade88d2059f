"""The wheel holds what an install needs, and nothing of the machine and the tree it was built in."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

import jupyter_auth

ROOT = Path(__file__).resolve().parents[2]
NAME = f"jupyter_token_broker-{jupyter_auth.__version__}"
LABEXTENSION = "share/jupyter/labextensions/jupyter-token-broker"


@pytest.fixture(scope="session")
def installed(wheel: ZipFile) -> dict[str, bytes]:
    """The wheel's files by the place where an install puts them: in site-packages, or under the prefix."""
    return {name.removeprefix(f"{NAME}.data/data/"): wheel.read(name) for name in wheel.namelist()}


def test_server_extension_is_switched_on(installed: dict[str, bytes]) -> None:
    config = json.loads(installed["etc/jupyter/jupyter_server_config.d/jupyter_auth.json"])
    assert config == {"ServerApp": {"jpserver_extensions": {"jupyter_auth": True}}}


def test_labextension_is_whole(installed: dict[str, bytes]) -> None:
    package = json.loads(installed[f"{LABEXTENSION}/package.json"])
    assert package["name"] == "jupyter-token-broker"
    # npm writes 0.1.0-dev.0 for what Python writes as 0.1.0.dev0.
    assert package["version"].replace("-dev.", ".dev") == jupyter_auth.__version__
    assert f"{LABEXTENSION}/{package['jupyterlab']['_build']['load']}" in installed
    assert json.loads(installed[f"{LABEXTENSION}/install.json"])["packageName"] == "jupyter-token-broker"


def test_the_widgets_front_end_is_there(installed: dict[str, bytes]) -> None:
    """One file that loads nothing more, from nowhere."""
    script = installed["jupyter_auth/ui/static/panel.js"].decode()
    assert "jupyter-auth-card" in script and "Sign-ins for this notebook" in script
    assert not re.search(r"""\bimport\s*\(|\bfrom\s*["']|@import|url\(""", script)
    assert len(gzip.compress(script.encode())) < 45_000


def test_labextension_is_small(installed: dict[str, bytes]) -> None:
    """What a browser loads of it, packed: under 60 kB, parts that are loaded only when asked for included."""
    scripts = [
        data for name, data in installed.items() if name.startswith(LABEXTENSION) and name.endswith(".js")
    ]
    assert len(scripts) > 2
    assert sum(len(gzip.compress(data)) for data in scripts) < 60_000


def test_package_is_whole(installed: dict[str, bytes]) -> None:
    """Code, types, templates, styles, the API's description: every file of the package."""
    files = {path.relative_to(ROOT) for path in (ROOT / "jupyter_auth").rglob("*") if path.is_file()}
    elsewhere = {"etc", "labextension", "__pycache__"}
    package = {path.as_posix() for path in files if not elsewhere.intersection(path.parts)}
    assert package <= installed.keys()
    assert {"jupyter_auth/__init__.py", "jupyter_auth/py.typed"} <= package


def test_demo_has_its_notebook(installed: dict[str, bytes]) -> None:
    assert json.loads(installed["jupyter_auth/cli/demo/quickstart.ipynb"])["nbformat"] == 4


def test_command_is_there(installed: dict[str, bytes]) -> None:
    entry_points = installed[f"{NAME}.dist-info/entry_points.txt"].decode()
    assert "jupyter-auth = jupyter_auth.cli.main:main" in entry_points


def test_nothing_else_is_in_it(installed: dict[str, bytes]) -> None:
    tops = {"jupyter_auth", f"{NAME}.dist-info", "share", "etc"}
    assert {name.split("/")[0] for name in installed} == tops
    unwanted = {"node_modules", ".yarn", "tests", "__pycache__", "build_log.json"}
    assert not [name for name in installed if unwanted.intersection(name.split("/"))]
    # The bundle has one home, where JupyterLab looks for it.
    assert not [
        name for name in installed if name.startswith(("jupyter_auth/labextension", "jupyter_auth/etc"))
    ]


def test_names_no_path_of_the_machine_that_built_it(installed: dict[str, bytes]) -> None:
    places = {str(ROOT), str(Path.home()), sys.prefix, "/tmp/", "/var/folders/"}  # noqa: S108 - searched for
    places.discard("/")
    hits = [
        (name, place) for name, content in installed.items() for place in places if place.encode() in content
    ]
    assert not hits


def test_jupyterlab_lists_the_extension_as_enabled() -> None:
    """In this environment, where the project is installed as any package is."""
    command = [sys.executable, "-m", "jupyter", "labextension", "list"]
    listing = subprocess.run(
        command, check=True, capture_output=True, text=True, env=os.environ | {"NO_COLOR": "1"}
    )
    (line,) = [
        line for line in (listing.stdout + listing.stderr).splitlines() if "jupyter-token-broker" in line
    ]
    assert "enabled" in line
    assert "OK" in line

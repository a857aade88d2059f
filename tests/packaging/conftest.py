"""The wheel, as people install it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def wheel_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that `tasks.py test` has just built from the source distribution; else one built here."""
    built = os.environ.get("JUPYTER_AUTH_WHEEL")
    if built is not None:
        return Path(built)
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", str(ROOT), "--no-deps", "--quiet", "-w", str(folder)]
    subprocess.run(build, check=True, stdin=subprocess.DEVNULL)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def wheel(wheel_path: Path) -> Iterator[ZipFile]:
    """The same, opened."""
    with ZipFile(wheel_path) as archive:
        yield archive

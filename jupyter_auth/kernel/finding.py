"""Which broker to ask, and with whose key: the socket of this kernel's own server comes first."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyter_auth.core.errors import TransportError

CONNECTION_FILE_VARIABLE = "JUPYTER_AUTH_CONNECTION_FILE"


def kernel_app() -> Any | None:
    """The running ``IPKernelApp``, or None outside an IPython kernel. Imports nothing."""
    module = sys.modules.get("ipykernel.kernelapp")
    if module is None or not module.IPKernelApp.initialized():
        return None
    return module.IPKernelApp.instance()


def connection_file() -> Path | None:
    """This kernel's connection file; in a process that a kernel started, that kernel's."""
    app = kernel_app()
    if app is not None:
        path = Path(app.connection_file)
        path = path if path.is_absolute() else Path(app.connection_dir) / path
        # a path, not a secret: what a cell starts proves itself as this kernel by it
        os.environ[CONNECTION_FILE_VARIABLE] = str(path)
        return path
    named = os.environ.get(CONNECTION_FILE_VARIABLE)
    return Path(named) if named else None


def connection_key(path: Path | None) -> bytes:
    """The key of the kernel's connection file, by which it proves itself; empty where there is none."""
    app = kernel_app()
    if app is not None:
        key = app.session.key
        return key if isinstance(key, bytes) else b""
    try:
        return str(json.loads((path or Path()).read_text())["key"]).encode()
    except (OSError, ValueError, KeyError, TypeError):
        return b""


def candidates(file: Path | None) -> Iterator[Path]:
    """Sockets to try, the likeliest first, each once."""
    folders = [file.parent] if file is not None else []
    folders.append(_runtime_dir())
    parent = os.environ.get("JPY_PARENT_PID", "")
    seen: set[Path] = set()
    named = [folder / f"jupyter_auth-{parent}.sock" for folder in folders if parent.isdigit()]
    for path in [*named, *(path for folder in folders for path in _newest_first(folder))]:
        if path not in seen:
            seen.add(path)
            yield path


def _newest_first(folder: Path) -> list[Path]:
    found: list[tuple[float, Path]] = []
    try:
        for path in folder.glob("jupyter_auth-*.sock"):
            found.append((path.lstat().st_mtime, path))
    except OSError:
        return []
    return [path for _, path in sorted(found, reverse=True)]


def _runtime_dir() -> Path:
    from jupyter_core.paths import jupyter_runtime_dir  # noqa: PLC0415 -- loaded by ipykernel already

    return Path(jupyter_runtime_dir())


def no_broker(file: Path | None) -> TransportError:
    """The error where no broker was found or none took the proof."""
    if file is None:
        message = "This process is no Jupyter kernel, so there is no token broker for it."
        hint = "Run the code in a notebook of a Jupyter server that has jupyter-token-broker installed."
    else:
        message = "No token broker answered this kernel."
        hint = (
            "See that jupyter-token-broker is installed where the Jupyter server runs, and restart the "
            "server; `jupyter auth doctor` there says what is missing."
        )
    return TransportError(message, reason="no_broker", hint=hint, retryable=True)

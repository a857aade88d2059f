"""This kernel itself: its shell, application, connection file and key. Imports nothing that costs."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

CONNECTION_FILE_VARIABLE = "JUPYTER_AUTH_CONNECTION_FILE"


def shell() -> Any | None:
    """The running IPython shell, or None. Imports nothing."""
    module = sys.modules.get("IPython")
    return module.get_ipython() if module is not None else None


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
    return key_in(path or Path())


def key_in(path: Path) -> bytes:
    """The key in a connection file; empty where it has none, or is not there any more."""
    try:
        return str(json.loads(path.read_text())["key"]).encode()
    except (OSError, ValueError, KeyError, TypeError):
        return b""

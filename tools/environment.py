"""Makes `.venv` hold the project and what a task needs beside it."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import NamedTuple

from .running import PYTHON, ROOT, VENV, TaskError, run, say

PIP = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input"]
STAMP = VENV / "jupyter-auth-stamp.json"
# An editable install copies these; everything else it reads from the tree as it is.
COPIED = ("pyproject.toml", "labextension", "jupyter_auth/etc")
NOT_SOURCES = {"node_modules", ".yarn", "lib"}


class Stamp(NamedTuple):
    """What `.venv` holds: the project of which folder, with which of its copied files, with which extras."""

    root: str
    digest: str
    extras: list[str]


def prepare(extras: Sequence[str]) -> None:
    """Make `.venv` hold this project, editable, with these extras; do nothing where it already does."""
    held = read_stamp()
    wanted = Stamp(str(ROOT), digest_of_copied(), sorted({*extras, *held.extras}))
    if held == wanted and PYTHON.exists():
        return
    if held.root not in ("", wanted.root) or not has_pip():
        make_venv()
    say(f"installing the project with {', '.join(wanted.extras)} into .venv (a minute or two the first time)")
    STAMP.unlink(missing_ok=True)
    project = f"{ROOT}[{','.join(wanted.extras)}]"
    # Most of its twelve thousand modules are never imported; those that are, Python compiles by itself.
    if run([*PIP, "install", "--quiet", "--no-compile", "--editable", project]) != 0:
        raise TaskError("pip could not install the project; its own message stands above.")
    STAMP.write_text(json.dumps(wanted._asdict()), encoding="utf-8")


def read_stamp() -> Stamp:
    try:
        return Stamp(**json.loads(STAMP.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Stamp("", "", [])


def digest_of_copied() -> str:
    digest = hashlib.sha256()
    for name in COPIED:
        top = ROOT / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            inner = path.relative_to(ROOT)
            if path.is_file() and not NOT_SOURCES.intersection(inner.parts):
                digest.update(f"{inner.as_posix()}\0{path.stat().st_size}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def has_pip() -> bool:
    version = [*PIP, "--version"]
    return PYTHON.exists() and subprocess.run(version, capture_output=True, check=False).returncode == 0


def make_venv() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        sudo = "" if is_root() else "sudo "
        exact = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        raise TaskError(
            "This Python cannot make a virtual environment: Debian and Ubuntu keep that in a package apart,\n"
            f"python3-venv (for this very Python {exact}). Install it, then try again:\n\n"
            f"    {sudo}apt update && {sudo}apt install python3-venv {exact}\n"
        )
    say("making .venv")
    if run([sys.executable, "-m", "venv", "--clear", VENV]) != 0:
        raise TaskError("python -m venv failed; its own message stands above.")


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0

"""Environments with the wheel and what it depends on, as old or as new as it may be."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
#: What develops the project; every other extra is for those who use it.
NOT_FOR_USERS = {"bench", "docs", "test"}
#: What the tests in it need beside the wheel; and rfc3987, as in these tests' own environment, for speed.
TOOLS = ("hypothesis", "pytest", "pytest-asyncio", "pytest-timeout", "rfc3987")


def metadata(wheel: ZipFile) -> Message:
    """What an index is told of the wheel."""
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(wheel.read(name).decode())


def extras(wheel: ZipFile) -> list[str]:
    """Those for people who use the package."""
    return sorted(set(metadata(wheel).get_all("Provides-Extra", [])) - NOT_FOR_USERS)


def requirements(wheel: ZipFile) -> list[Requirement]:
    """All that an install with these extras asks for, on this machine."""
    every = [Requirement(line) for line in metadata(wheel).get_all("Requires-Dist", [])]
    asked = [{"extra": extra} for extra in ("", *extras(wheel))]
    return [one for one in every if one.marker is None or any(map(one.marker.evaluate, asked))]


def own_environment() -> dict[str, str]:
    """This process's, without what it has for these tests and this Python."""
    prefixes = ("PYTHON", "PYTEST", "JUPYTER", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Install:
    """An environment that knows the wheel and not the checkout."""

    folder: Path
    resolution: str

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    @property
    def python(self) -> Path:
        return self.bin / "python"

    def run(self, *command: str | Path, cwd: Path | None = None) -> str:
        """A program of the environment; what it said, after it went well."""
        done = subprocess.run(
            [self.bin / command[0], *command[1:]],
            cwd=cwd or self.folder,
            env=own_environment() | {"PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=280,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def versions(self) -> Mapping[str, str]:
        """What is installed, by its canonical name."""
        rows = json.loads(uv("pip", "list", "--quiet", "--format=json", "--python", str(self.python)))
        return {canonicalize_name(row["name"]): row["version"] for row in rows}


def uv(*arguments: str) -> str:
    """The program that makes environments, of these tests' own environment; what it printed."""
    command = [str(Path(sys.executable).parent / "uv"), "--no-config", *arguments]
    done = subprocess.run(
        command, env=own_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def install(wheel_path: Path, folder: Path, resolution: str) -> Install:
    """The wheel with all extras for people; ``resolution`` is uv's: ``lowest-direct`` or ``highest``."""
    made = Install(folder=folder, resolution=resolution)
    uv("venv", "--quiet", "--python", sys.executable, str(folder))
    with ZipFile(wheel_path) as wheel:
        asked = requirements(wheel)
    for requirement in asked:
        requirement.marker = None
    # The requirements by name, since uv takes for direct what is said here, and the lowest of that only.
    into = ("pip", "install", "--quiet", "--python", str(made.python))
    uv(*into, "--resolution", resolution, str(wheel_path), *map(str, asked))
    uv(*into, *TOOLS)
    return made


def copy_tests(folder: Path) -> None:
    """The tests without the package beside them, so that they find the one that is installed."""
    left_out = shutil.ignore_patterns("node_modules", "__pycache__", "browser", "corpus")
    shutil.copytree(ROOT / "tests", folder / "tests", ignore=left_out)
    shutil.copy(ROOT / "pyproject.toml", folder)

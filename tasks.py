#!/usr/bin/env python3
"""The project's one task runner. It needs Python alone; what else a task needs, it puts into `.venv`.

python3 tasks.py demo [arguments of `jupyter auth demo`]   the product, in JupyterLab
python3 tasks.py test [arguments of pytest]                everything that is checked
python3 tasks.py lint | format | docs                      parts of it
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
PIP = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input"]
STAMP = VENV / "jupyter-auth-stamp.json"
OLDEST_PYTHON = (3, 11)
DEVELOPMENT = ("demo", "docs", "test")
# An editable install copies these; everything else it reads from the tree as it is.
COPIED = ("pyproject.toml", "labextension", "jupyter_auth/etc")
NOT_SOURCES = {"node_modules", ".yarn", "lib"}


class TaskError(Exception):
    """Something a person has to do first; its text says what."""


# --- the environment ----------------------------------------------------------------------------------------


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
    if run([*PIP, "install", "--quiet", "--editable", project]) != 0:
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


# --- running ------------------------------------------------------------------------------------------------


def run(command: Sequence[str | Path]) -> int:
    """Run without a stdin, so that nothing can wait for an answer."""
    return subprocess.call(command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL)


def environment() -> dict[str, str]:
    """This process's environment with `.venv` in force."""
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    path = os.pathsep.join([str(BIN), env.get("PATH", os.defpath)])
    return env | {"PATH": path, "VIRTUAL_ENV": str(VENV)}


def say(text: str) -> None:
    print(f"── {text}", flush=True)


class Outcome(NamedTuple):
    step: str
    ok: bool
    seconds: float


Step = tuple[str, "Callable[[], int | None]"]


def run_steps(steps: Sequence[Step]) -> list[Outcome]:
    """Run every step, whatever became of those before it; one fails by an error or an exit code."""
    outcomes = []
    for name, step in steps:
        say(name)
        start = time.monotonic()
        try:
            ok = not step()
        except (OSError, TaskError) as error:
            print(error, file=sys.stderr, flush=True)
            ok = False
        outcomes.append(Outcome(name, ok, time.monotonic() - start))
    return outcomes


def print_table(outcomes: Sequence[Outcome]) -> None:
    width = max(len(outcome.step) for outcome in outcomes)
    print(f"\n{'step':{width}}  result  seconds")
    for outcome in outcomes:
        print(f"{outcome.step:{width}}  {'ok' if outcome.ok else 'FAILED':6}  {outcome.seconds:7.1f}")
    print(flush=True)


# --- the steps ----------------------------------------------------------------------------------------------


LINT: list[Step] = [
    ("ruff check", partial(run, [BIN / "ruff", "check"])),
    ("ruff format --check", partial(run, [BIN / "ruff", "format", "--check"])),
    ("mypy", partial(run, [BIN / "mypy"])),
    ("lint-imports", partial(run, [BIN / "lint-imports", "--no-logo"])),
]


def test_front_end() -> int:
    """The units of the JupyterLab extension; its types are checked with them."""
    return run([BIN / "jlpm", "--cwd", ROOT / "labextension", "test"])


def build_docs() -> int:
    # From nothing, since a warning shows up only when its page is read.
    shutil.rmtree(ROOT / "docs" / "_build", ignore_errors=True)
    return run([BIN / "sphinx-build", "-W", "--keep-going", "--quiet", "docs", "docs/_build/html"])


def install_chromium() -> int:
    """The browser tests drive Debian's Chromium; install it where that needs no question."""
    if shutil.which("chromium"):
        return 0
    prefix = [] if is_root() else ["sudo", "-n"]
    if shutil.which("apt-get") and (not prefix or (shutil.which("sudo") and run([*prefix, "true"]) == 0)):
        apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
        run([*apt, "update"])
        run([*apt, "install", "-y", "--no-install-recommends", "chromium"])
    if shutil.which("chromium"):
        return 0
    raise TaskError("The browser tests need Chromium and fail without it: sudo apt install chromium")


def build_wheel(folder: Path) -> int:
    """The source distribution, and the wheel from it, as a release would be built."""
    return run([PYTHON, "-m", "build", "--quiet", "--outdir", folder, ROOT])


class Pytest:
    """Runs pytest and keeps what it says, so that its summary can be shown once more at the very end."""

    def __init__(self, arguments: Sequence[str], wheels: Path) -> None:
        self.arguments = arguments
        self.wheels = wheels
        self.lines: list[str] = []

    def __call__(self) -> int:
        env = environment() | {"PYTHONUNBUFFERED": "1"}
        for wheel in self.wheels.glob("*.whl"):
            env["JUPYTER_AUTH_WHEEL"] = str(wheel)  # tests/packaging looks into it
        color = "yes" if sys.stdout.isatty() else "no"
        with subprocess.Popen(
            [str(PYTHON), "-m", "pytest", f"--color={color}", *self.arguments],
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as process:
            for line in process.stdout or ():
                print(line, end="", flush=True)
                self.lines.append(line.rstrip())
        return process.returncode

    def summary(self) -> list[str]:
        """The last lines of pytest, from its "short test summary info" where it printed one."""
        heads = [number for number, line in enumerate(self.lines) if "= short test summary info =" in line]
        return self.lines[heads[-1] if heads else -1 :] or ["pytest did not run"]


# --- the tasks ----------------------------------------------------------------------------------------------


def demo(arguments: Sequence[str]) -> int:
    prepare(["demo"])
    command = [str(BIN / "jupyter"), "auth", "demo", *arguments]
    # On POSIX the demo takes this process's place, so that Ctrl+C reaches it alone.
    if os.name == "posix":
        os.execve(command[0], command, environment())
    return subprocess.call(command, env=environment())


def test(arguments: Sequence[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="jupyter-auth-wheel-") as folder:
        pytest = Pytest(arguments, Path(folder))
        setup = run_steps([("environment", partial(prepare, DEVELOPMENT))])
        if not setup[0].ok:
            return 1
        steps: list[Step] = [
            ("chromium", install_chromium),
            *LINT,
            ("front end", test_front_end),
            ("docs", build_docs),
            ("wheel", partial(build_wheel, Path(folder))),
            ("pytest", pytest),
        ]
        outcomes = setup + run_steps(steps)
    print_table(outcomes)
    print("\n".join(pytest.summary()), flush=True)
    return int(not all(outcome.ok for outcome in outcomes))


def lint(_: Sequence[str]) -> int:
    prepare(DEVELOPMENT)
    outcomes = run_steps(LINT)
    print_table(outcomes)
    return int(not all(outcome.ok for outcome in outcomes))


def format_(_: Sequence[str]) -> int:
    prepare(DEVELOPMENT)
    return run([BIN / "ruff", "check", "--fix"]) | run([BIN / "ruff", "format"])


def docs(_: Sequence[str]) -> int:
    prepare(DEVELOPMENT)
    return build_docs()


TASKS = {"demo": demo, "test": test, "lint": lint, "format": format_, "docs": docs}


def main(arguments: Sequence[str]) -> int:
    if sys.version_info < OLDEST_PYTHON:
        raise TaskError(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    if not arguments or arguments[0] not in TASKS:
        print(__doc__, file=sys.stderr)
        return 2
    return TASKS[arguments[0]](arguments[1:])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except TaskError as problem:
        sys.exit(f"\n{problem}")
    except KeyboardInterrupt:
        sys.exit(130)

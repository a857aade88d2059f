#!/usr/bin/env python3
"""The project's one task runner. It needs Python alone; what else a task needs, it puts into `.venv`.

python3 tasks.py demo [arguments of `jupyter auth demo`]   the product, in JupyterLab
python3 tasks.py test [arguments of pytest]                everything that is checked
python3 tasks.py lint | format | docs                      parts of it
python3 tasks.py bench [modules] [--write]                 what tokens cost, beside other programs
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO

from tools.environment import is_root, prepare
from tools.running import (
    BIN,
    PYTHON,
    ROOT,
    Step,
    TaskError,
    beside,
    environment,
    print_table,
    run,
    run_steps,
)
from tools.tests import Pytest

OLDEST_PYTHON = (3, 11)
DEVELOPMENT = ("demo", "docs", "test")

#: Where Debian keeps R's packages.
R = "/usr/lib/R/site-library"
#: Programs that the tests start (or files, where there is no program), and Debian's packages of them.
PROGRAMS = {
    "chromium": "chromium",
    "dbus-daemon": "dbus-daemon",
    "gnome-keyring-daemon": "gnome-keyring",
    "redis-server": "redis-server",
    f"{R}/IRkernel": "r-cran-irkernel",
    f"{R}/processx": "r-cran-processx",
}
#: What is measured beside us.
PEERS = {"oidc-agent": "oidc-agent-cli"}
#: No questions; and RUNLEVEL keeps Debian from starting Redis as a service: the tests start their own.
APT = ("DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1")

# --- the steps ----------------------------------------------------------------------------------------------


LINT: list[Step] = [
    ("ruff check", partial(run, [BIN / "ruff", "check"])),
    ("ruff format --check", partial(run, [BIN / "ruff", "format", "--check"])),
    ("mypy", partial(run, [BIN / "mypy"])),
    ("lint-imports", partial(run, [BIN / "lint-imports", "--no-logo"])),
]


def test_front_end(out: IO[str] | None) -> int:
    """The units of the JupyterLab extension; its types are checked with them."""
    return run([BIN / "jlpm", "--cwd", ROOT / "labextension", "test"], out)


def build_docs(out: IO[str] | None = None) -> int:
    # From nothing, since a warning shows up only when its page is read.
    shutil.rmtree(ROOT / "docs" / "_build", ignore_errors=True)
    return run([BIN / "sphinx-build", "-W", "--keep-going", "--quiet", "docs", "docs/_build/html"], out)


def install_programs(out: IO[str] | None, programs: Mapping[str, str] = PROGRAMS) -> int:
    """What the tests start and pip does not bring; install it where that needs no question."""
    missing = _missing(programs)
    if not missing:
        return 0
    prefix = [] if is_root() else ["sudo", "-n"]
    if shutil.which("apt-get") and (
        not prefix or (shutil.which("sudo") and run([*prefix, "true"], out) == 0)
    ):
        apt = [*prefix, "env", *APT, "apt-get", "-q"]
        run([*apt, "update"], out)
        run([*apt, "install", "-y", "--no-install-recommends", *missing], out)
    missing = _missing(programs)
    if not missing:
        return 0
    raise TaskError(f"Some of it needs these, and fails without: sudo apt install {' '.join(missing)}")


def _missing(programs: Mapping[str, str]) -> list[str]:
    """The packages of what is not there yet."""
    return [
        package
        for name, package in programs.items()
        if not (Path(name).exists() if Path(name).is_absolute() else shutil.which(name))
    ]


def build_wheel(folder: Path, out: IO[str] | None) -> int:
    """The source distribution, and the wheel from it, as a release would be built."""
    return run([PYTHON, "-m", "build", "--quiet", "--installer=uv", "--outdir", folder, ROOT], out)


def collect(_: IO[str] | None) -> int:
    """Compile the tests once, with their rewritten assertions; else each of pytest's processes would.

    What it has to say, pytest says again.
    """
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        return run([PYTHON, "-m", "pytest", "--collect-only", "-qq"], nowhere)


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
        outcomes = run_steps([("environment", lambda _: prepare(DEVELOPMENT))])
        if not outcomes[0].ok:
            return 1
        with beside(LINT) as linted:  # reads the tree, no more
            # The wheel first: it is made of the tree at rest, and some tests look into it.
            with beside([("collect", collect)]) as collected:
                outcomes += run_steps(
                    [("programs", install_programs), ("wheel", partial(build_wheel, Path(folder)))]
                )
            with beside([("front end", test_front_end), ("docs", build_docs)]) as checks:
                tests = run_steps([("pytest", pytest)])
    outcomes += [*collected, *linted, *checks, *tests]
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


def bench(arguments: Sequence[str]) -> int:
    prepare([*DEVELOPMENT, "bench"])
    install_programs(None, PROGRAMS | PEERS)
    return run([PYTHON, "-m", "tests.bench", *arguments])


TASKS = {"bench": bench, "demo": demo, "test": test, "lint": lint, "format": format_, "docs": docs}


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

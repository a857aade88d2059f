"""Being other users of the machine, which root may: processes, and functions, of a uid that nobody has."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

ADA, MALLORY, ALONE = 61001, 61002, 61003  # the last for what is tried beside the others' tests
NEEDS_ROOT = "only root can be two other users; CI is root"
ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "same-user.md"
_AGAIN = "JA_TESTS_IN_NAMESPACE"

#: In a mount namespace of its own: what leads to this Python is open to everybody; root's home is not.
_OPEN_UP = """
set -e
stage=$(mktemp -d)
mount --bind "$2" "$stage"
mount -t tmpfs -o mode=0755 tmpfs "$1"
mkdir -p "$2"
mount --move "$stage" "$2"
rmdir "$stage"
shift 2
exec "$@"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that was tried, what came of it (``got`` or ``refused``), and why."""

    tried: str
    verdict: str
    why: str


def table(title: str, rows: Sequence[Row]) -> str:
    """The rows, for a terminal."""
    wide = max(len(row.tried) for row in rows)
    lines = [f"{row.tried:<{wide}}  {row.verdict:<7}  {row.why}" for row in rows]
    return "\n".join([title, *lines])


def as_json(rows: Sequence[Row]) -> str:
    """The rows, for a test."""
    return json.dumps([[row.tried, row.verdict, row.why] for row in rows])


def told_by(module: str) -> list[list[str]]:
    """The rows that such a script gives."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", module, "--json"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    rows: list[list[str]] = json.loads(done.stdout)
    return rows


def on_page(section: str) -> list[list[str]]:
    """The rows of a section of the page."""
    (part,) = [p for p in PAGE.read_text(encoding="utf-8").split("\n## ") if p.startswith(section)]
    lines = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("| ")]
    return lines[2:]


def within_reach(module: str, *arguments: str) -> None:
    """Go on in a mount namespace of this process's own where other users could not run this Python."""
    closed = _first_closed(Path(sys.base_prefix))
    if closed is None or os.environ.get(_AGAIN):
        return
    command = [sys.executable, "-P", "-m", module, *arguments]
    script = ["unshare", "--mount", "sh", "-c", _OPEN_UP, "sh", str(closed), sys.base_prefix]
    os.execvpe(script[0], [*script, *command], os.environ | {_AGAIN: "1"})


def _first_closed(path: Path) -> Path | None:
    return next((p for p in [*reversed(path.parents), path] if not p.stat().st_mode & 0o001), None)


def of_user(uid: int, command: Sequence[str]) -> list[str]:
    """The command, as that user runs it."""
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *command]


def exec_as(uid: int, module: str, *arguments: str) -> NoReturn:
    """Become that user, with a home of their own, and run the module anew."""
    home = Path("/tmp") / f"ja-home-{uid}"  # noqa: S108 -- made below, for this user alone
    subprocess.run(["rm", "-rf", str(home)], check=True)
    home.mkdir(mode=0o700)
    os.chown(home, uid, uid)
    command = of_user(uid, [sys.executable, "-P", "-m", module, *arguments])
    os.execvpe(command[0], command, os.environ | {"HOME": str(home)})


def as_user(uid: int, work: Callable[[], Any]) -> Any:
    """What ``work`` gives back as JSON when that user does it; an error is its name."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            os.umask(0)
            os.write(writing, json.dumps(tried(work)).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as said:
        told = said.read()
    os.waitpid(child, 0)
    return json.loads(told)


def tried(work: Callable[[], Any]) -> Any:
    """What it gives back, or the name of what it was refused with."""
    try:
        return work()
    except OSError as problem:
        return f"{type(problem).__name__}: {problem.strerror}"
    except Exception as problem:  # noqa: BLE001 -- told to who asked
        return f"{type(problem).__name__}: {problem}"


def give(folder: Path, uid: int) -> None:
    """Make a folder, with all that is in it, that user's."""
    for path in [folder, *folder.rglob("*")]:
        with suppress(FileNotFoundError):
            os.lchown(path, uid, uid)

"""Jupyter's folders and ours: whose they are, who may write there, and whether there is room."""

import os
import shlex
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from jupyter_core.paths import SYSTEM_CONFIG_PATH, jupyter_config_dir

from jupyter_auth.broker import storage
from jupyter_auth.broker.config.surroundings import open_folders
from jupyter_auth.cli.doctor.finding import Finding, Findings, Reason
from jupyter_auth.cli.doctor.situation import Situation, nearest

CHECK = "folders"
ROOM = 5 * 1024 * 1024  # bytes: a store begins with less, and grows to some more


def check(situation: Situation) -> Findings:
    """Each folder that is read at a start, and each that something of ours is written to."""
    faults = list(_faults(situation))
    yield from faults
    if not faults:
        yield Finding(check=CHECK, state="ok", message=f"configuration in {jupyter_config_dir()}")


def _faults(situation: Situation) -> Findings:
    for folder, why in open_folders():
        is_theirs = folder.stat().st_uid not in {0, os.geteuid()}
        run = _taking_over(folder) if is_theirs else (f"chmod go-w {shlex.quote(str(folder))}",)
        then = "take it over" if is_theirs else "close it"
        yield Finding(
            check=CHECK,
            state="fault",
            reason=Reason.FOLDER_OF_ANOTHER if is_theirs else Reason.FOLDER_OPEN,
            message=f"{folder} {why}: they can have Jupyter run their code as you.",
            advice=f"Look who put what there, then {then}{':' if run else '.'}",
            run=run,
        )
    yield from _open_runtime(situation.runtime)
    for folder, what, setting in _written(situation):
        if wrong := _wrong(folder, what):
            yield _told(wrong, what, setting)


def _open_runtime(folder: Path) -> Findings:
    """Our sockets and Jupyter's connection files are there: who may write puts others in their place. A
    server or an agent of ours closes it when it starts."""
    with suppress(OSError):
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & 0o022 and folder.stat().st_uid == os.geteuid():
            yield Finding(
                check=CHECK,
                state="fault",
                reason=Reason.FOLDER_OPEN,
                message=f"Jupyter's runtime folder {folder} may be written by others (mode {mode:04o}): they "
                "can put sockets and connection files of theirs in the place of yours.",
                advice="Look what was put there, then close it:",
                run=(f"chmod 700 {shlex.quote(str(folder))}",),
            )


def _written(situation: Situation) -> Iterator[tuple[Path, str, str]]:
    """Where something is written, what, and what would have it elsewhere."""
    yield situation.runtime, "the kernel socket", "JUPYTER_RUNTIME_DIR"
    if situation.settings.store == "sqlite":
        yield storage.store_folder(situation.settings), "the token store", "c.JupyterAuth.store_path"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """Why a folder does not do, and lines that would change that."""

    folder: Path
    reason: Reason
    why: str
    run: tuple[str, ...] = ()


def _wrong(folder: Path, what: str) -> Wrong | None:
    """What keeps ``what`` out of the folder, or of the place where it is to be made."""
    here = nearest(folder)
    shown = shlex.quote(str(here))
    closed = partial(Wrong, folder=here, reason=Reason.FOLDER_NOT_WRITABLE)
    try:
        found, disk = here.stat(), os.statvfs(here)
    except OSError as problem:
        return closed(why=problem.strerror or "it cannot be looked at")
    if not stat.S_ISDIR(found.st_mode):
        return closed(why="it is no folder", run=(f"mv {shown} {shlex.quote(f'{here}.old')}",))
    if here == folder and found.st_uid != os.geteuid():
        why, run = "it belongs to another user", _taking_over(here)
        return Wrong(folder=here, reason=Reason.FOLDER_OF_ANOTHER, why=why, run=run)
    if disk.f_flag & os.ST_RDONLY:
        return closed(why="its filesystem is read-only")
    if not os.access(here, os.W_OK | os.X_OK):
        is_own = found.st_uid == os.geteuid()
        return closed(why="you may not write there", run=(f"chmod u+rwx {shown}",) if is_own else ())
    is_out_of_names = bool(disk.f_files) and not disk.f_favail
    if disk.f_bavail * disk.f_frsize < ROOM or is_out_of_names:
        why = (
            "no more files fit on its disk"
            if is_out_of_names
            else "its disk is full (less than 5 MB are left)"
        )
        return Wrong(folder=here, reason=Reason.DISK_FULL, why=why)
    return None


def _told(wrong: Wrong, what: str, setting: str) -> Finding:
    if wrong.reason is Reason.DISK_FULL:
        advice = "Make room there; this shows what takes most:"
        run: tuple[str, ...] = (f"du -xah {shlex.quote(str(wrong.folder))} | sort -h | tail -n 20",)
    else:
        run = wrong.run
        advice = f"Set {setting} to a folder of your own that can be written{', or:' if run else '.'}"
    return Finding(
        check=CHECK,
        state="fault",
        reason=wrong.reason,
        message=f"{what} cannot be in {wrong.folder}: {wrong.why}.",
        advice=advice,
        run=run,
    )


def _taking_over(folder: Path) -> tuple[str, ...]:
    """One's home becomes one's own, a folder of the system root's; what may be anybody's is left to them."""
    shown = shlex.quote(str(folder))
    if folder.is_relative_to(Path.home()):
        return (f"sudo chown {os.geteuid()} {shown}",)
    return (f"sudo chown root {shown}",) if str(folder) in SYSTEM_CONFIG_PATH else ()

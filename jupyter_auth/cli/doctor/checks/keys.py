"""The key that seals the store: is it there, is it the right one, and is it closed to others?"""

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jupyter_auth.broker import storage
from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.cache import places
from jupyter_auth.cache.seals import keyrings
from jupyter_auth.cache.seals.keyrings import NoKeyringError
from jupyter_auth.cache.seals.keys import ENTRY, KeySources, load_key_file
from jupyter_auth.cli.doctor.finding import Finding, Findings, Reason
from jupyter_auth.cli.doctor.situation import nearest
from jupyter_auth.core.errors import CacheError, NoSafeStoreError

CHECK = "sealing key"
#: Makes a key where an operator's is to be.
NEW_KEY = "(umask 077; python3 -c 'import secrets; print(secrets.token_hex(32))' > {file})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What a store's header says of its key."""

    source: str
    location: str
    key_id: object
    reasons: Sequence[str]


def of_store(settings: Settings, sealed: Sealed) -> Findings:
    """The key of a store that is there."""
    is_given = settings.seal_key_file is not None
    if sealed.source == "file" or is_given:
        file = storage.key_file(settings) if is_given else Path(sealed.location)
        unsafe = _unsafe(file, is_given=is_given)
        if unsafe is not None:
            yield unsafe
            return
        sources = KeySources(file, given=True)  # read as it is, and nothing mended
    else:
        sources = KeySources(storage.key_file(settings))
    try:
        sources.find(sealed.source, sealed.location, sealed.key_id)
    except CacheError as problem:
        yield _fault(
            Reason.KEY_MISSING,
            problem.message,
            f"{problem.hint} Or give the sign-ins up: %auth clear in a notebook.".strip(),
        )
        return
    told = "; ".join(sealed.reasons) or f"{sealed.source} {sealed.location}"
    yield Finding(check=CHECK, state="ok", message=told)


def foreseen(settings: Settings) -> Findings:
    """Where the key of a store that is not there yet will be. Nothing is made."""
    file = storage.key_file(settings)
    if settings.seal_key_file is not None:
        yield _unsafe(file, is_given=True) or Finding(
            check=CHECK, state="ok", message=f"operator's file: {file}"
        )
        return
    try:
        keyrings.read(ENTRY)
    except NoKeyringError as problem:
        yield _unsafe(file, is_given=False) or Finding(
            check=CHECK, state="ok", message=f"will be in {file} (keyring: {problem})"
        )
    else:
        yield Finding(check=CHECK, state="ok", message=f"the keyring's entry {keyrings.SERVICE}/{ENTRY}")


def _unsafe(file: Path, *, is_given: bool) -> Finding | None:
    """What is wrong with a key's file, or with the place where it will be."""
    folder = file.parent
    try:
        if not is_given and os.path.lexists(folder):
            places.judge(folder, folder.lstat(), is_folder=True)
        os.close(places.open_private(file, os.O_RDONLY, mend=False))
        load_key_file(file, create=False, given=True)
    except NoSafeStoreError as problem:
        return _fault(Reason.KEY_UNSAFE, problem.message, *_closing(file))
    except FileNotFoundError:
        return _missing(file) if is_given else _not_to_be_made(folder)
    except CacheError as problem:
        return _fault(
            Reason.KEY_MISSING, problem.message, "Put the key back as it was: 64 hexadecimal digits a line."
        )
    return None


def _closing(file: Path) -> tuple[str, ...]:
    """The advice, and the lines."""
    shown = shlex.quote(str(file))
    try:
        folder, found = file.parent.lstat(), file.lstat()
    except OSError:
        folder = found = None  # type: ignore[assignment]
    us = os.geteuid()
    if found is not None and found.st_uid == us == folder.st_uid and found.st_mode & 0o077:
        return (
            "Close it; where others use this machine, seal the store anew as well (jupyter auth rotate-key "
            "--forget-old):",
            f"chmod 600 {shown}",
        )
    return (
        "Without it tokens are kept in memory only. Move away what is not yours, or take it over:",
        f"mv {shlex.quote(str(file.parent))} {shlex.quote(f'{file.parent}.old')}",
    )


def _missing(file: Path) -> Finding:
    return _fault(
        Reason.KEY_MISSING,
        f"The key file {file} is missing (c.JupyterAuth.seal_key_file).",
        "Put it back. Where there is no store yet, or its sign-ins may be lost, make a new key:",
        NEW_KEY.format(file=shlex.quote(str(file))),
    )


def _not_to_be_made(folder: Path) -> Finding | None:
    here = nearest(folder)
    disk = os.statvfs(here)
    if here.is_dir() and os.access(here, os.W_OK | os.X_OK) and not disk.f_flag & os.ST_RDONLY:
        return None
    return _fault(
        Reason.KEY_UNSAFE,
        f"there is no safe place for the sealing key: no keyring, and {here} cannot be written.",
        f"Until then tokens are kept in memory only. Open {here} for yourself, or set "
        "c.JupyterAuth.seal_key_file to a file that you make, such as:",
        NEW_KEY.format(file="~/jupyter_auth.key"),
    )


def _fault(reason: Reason, message: str, advice: str, *run: str) -> Finding:
    return Finding(check=CHECK, state="fault", reason=reason, message=message, advice=advice, run=run)

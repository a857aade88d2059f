"""Adding a profile to a person's own file: what else is in it stays as it was written."""

import fcntl
import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from copy import deepcopy
from pathlib import Path
from secrets import token_hex
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from jupyter_auth.broker.config.toml_file import read_toml
from jupyter_auth.core.errors import ProfileError

_NEW_MODE = 0o600


def write_profile(
    path: Path, name: str, table: Mapping[str, Any], *, is_default: bool, replace: bool
) -> None:
    """Add ``table`` to the file at ``path`` as the profile ``name``, as a whole or not at all.

    Raises ``ProfileError`` where the file cannot be read, or has such a profile and ``replace`` is False.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    real = path.resolve()  # a link (to somebody's own collection of such files) stays one
    with _locked(real.parent):
        old, faults = read_toml(real)
        if faults:
            raise ProfileError(
                f"{faults[0].file}: {faults[0].message}.",
                reason="bad_file",
                hint="Correct the file first; nothing was written.",
            )
        text = real.read_bytes().decode("utf-8") if old is not None else ""
        wanted = _with(old or {}, name, table, is_default=is_default, replace=replace)
        _replace(real, _edited(text, wanted, name, str(path)))


def _with(
    old: Mapping[str, Any], name: str, table: Mapping[str, Any], *, is_default: bool, replace: bool
) -> dict[str, Any]:
    """What the file is to say in the end."""
    wanted = deepcopy(dict(old))
    profiles = wanted.setdefault("profiles", {})
    if not isinstance(profiles, dict):
        raise ProfileError("The file's profiles are no table.", reason="bad_file", hint="Correct it first.")
    if name in profiles and not replace:
        raise ProfileError(
            f"There is a profile {name!r} already.",
            reason="profile_exists",
            hint="Choose another name, or say --replace.",
        )
    profiles[name] = dict(table)
    if is_default:
        wanted["default_profile"] = name
    return wanted


def _edited(text: str, wanted: Mapping[str, Any], name: str, file: str) -> str:
    """``text`` with the profile in it; it says exactly what is ``wanted``, or an error is raised."""
    try:
        document = tomlkit.parse(text)
        if "profiles" not in document:
            document["profiles"] = tomlkit.table(is_super_table=True)
        profiles: Any = document["profiles"]
        profiles.pop(name, None)
        profiles[name] = _table(wanted["profiles"][name])
        if document.get("default_profile") != wanted.get("default_profile"):
            document["default_profile"] = wanted["default_profile"]
        edited = tomlkit.dumps(document)
        is_right = tomllib.loads(edited) == wanted
    except (TOMLKitError, ValueError):
        is_right = False
    if not is_right:
        raise ProfileError(
            f"{file} is written in a way that this command cannot add to.",
            reason="bad_file",
            hint="Add the profile by hand; nothing was written.",
        )
    return edited


def _table(values: Mapping[str, Any]) -> tomlkit.items.Table:
    table = tomlkit.table()
    for key, value in values.items():
        table[key] = value
    return table


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One at a time: of two who add something at once, neither's is lost."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):  # a network filesystem may have no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _replace(path: Path, text: str) -> None:
    """Put ``text`` there at once, with the mode that the file had."""
    try:
        mode = path.stat().st_mode & 0o777
    except FileNotFoundError:
        mode = _NEW_MODE
    new = path.with_name(f".{path.name}-{token_hex(8)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _NEW_MODE)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise

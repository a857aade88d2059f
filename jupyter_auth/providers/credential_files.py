"""Reading a client's secrets from where its profile says they are. No library is imported for that."""

import os
import re
import stat
from collections.abc import Iterable
from functools import reduce
from operator import or_
from pathlib import Path

from jupyter_auth.core.errors import ProfileError
from jupyter_auth.core.known import note
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.secret import Secret

MAX_FILE = 256 * 1024  # bytes
#: Where nothing is a file of anybody's.
_MADE_UP = ("/proc", "/sys", "/dev")

#: What everything that a server starts needs, whatever a profile says of it.
_EVERYBODYS = re.compile(
    "(JUPYTER|JPY_|LC_|LD_|PYTHON|XDG_).*|HOME|LANG|LOGNAME|PATH|PWD|SHELL|TMPDIR|USER|VIRTUAL_ENV"
)
_withheld: dict[str, Secret] = {}


def withhold(profiles: Iterable[Profile]) -> None:
    """Take the variables of ``client_secret_env`` out of this process's environment, into its memory: what it
    starts from now on, kernels above all, does not inherit them. Those of Jupyter and the system stay."""
    for profile in profiles:
        name = profile.client_secret_env
        if name and os.environ.get(name) and not _EVERYBODYS.fullmatch(name):
            _withheld[name] = Secret(os.environ.pop(name))


def client_secret(profile: Profile) -> str | None:
    """The secret of ``client_secret_file`` or ``client_secret_env``; None for a client without one."""
    if profile.client_secret_file:
        return credential_file(profile, "client_secret_file")
    if not profile.client_secret_env:
        return None
    name = profile.client_secret_env
    secret = os.environ.get(name) or (_withheld[name].reveal() if name in _withheld else "")
    if not secret:
        raise missing(profile, "client_secret_env", "it is empty")
    note(secret)
    return secret


def credential_file(profile: Profile, key: str) -> str:
    """What is in the file that ``key`` names, without space around it. Raises ``ProfileError``."""
    try:
        content = _content(Path(getattr(profile, key)).expanduser().resolve())
        text = content[:MAX_FILE].decode().strip()
    except (OSError, RuntimeError, UnicodeDecodeError) as problem:  # RuntimeError: "~" of nobody
        why = type(problem).__name__
    else:
        why = "it is too large" if len(content) > MAX_FILE else "" if text else "it is empty"
    if why:
        raise missing(profile, key, why)
    note(text)
    return text


def _content(path: Path) -> bytes:
    """At most a byte more than ``MAX_FILE``, of a regular file: who reads a pipe may wait for ever.

    ``path`` has no link. What the system makes up is no file: this process's environment is there.
    """
    if any(path.is_relative_to(place) for place in _MADE_UP):
        raise OSError("not a regular file")
    flags = (getattr(os, name, 0) for name in ("O_NONBLOCK", "O_BINARY", "O_NOFOLLOW"))
    opened = os.open(path, reduce(or_, flags, os.O_RDONLY))
    with os.fdopen(opened, "rb") as file:
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode) or found.st_dev in _devices():
            raise OSError("not a regular file")
        return file.read(MAX_FILE + 1)


def _devices() -> set[int]:
    """What is mounted there: a folder may have become a link since the path was looked at."""
    return {os.stat(place).st_dev for place in _MADE_UP if os.path.ismount(place)}  # noqa: PTH116


def missing(profile: Profile, key: str, why: str) -> ProfileError:
    """The error for a secret that cannot be read, or is no such thing."""
    what, place = _NAMES[key], getattr(profile, key)
    where = place if key == "client_secret_env" else f"the file {place}"
    return ProfileError(
        f"The {what} of profile {profile.name!r} cannot be read from {where} ({why}).",
        reason=key.removesuffix("_file").removesuffix("_env"),
        hint=f"Put the {what} there, readable for you only, then try again.",
    )


_NAMES = {
    "client_secret_file": "client secret",
    "client_secret_env": "client secret",
    "client_certificate_file": "certificate",
    "client_key_file": "private key",
    "client_assertion_file": "client assertion",
}

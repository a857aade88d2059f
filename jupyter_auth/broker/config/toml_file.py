"""One ``jupyter_auth.toml``: read within limits, and what is wrong at its top."""

import os
import stat
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from jupyter_auth.broker.config.settings import AGENT
from jupyter_auth.core.profile import Fault, did_you_mean

MAX_FILE = 1024 * 1024  # bytes
_TOP_KEYS = ("agent", "default_profile", "profiles")


def read_toml(path: Path) -> tuple[dict[str, object] | None, list[Fault]]:
    """The file as TOML has it, None where there is none, and why it cannot be read."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a FIFO would hold the event loop up
            return None, [Fault(file=str(path), key="file", message="is not a regular file")]
        if why := others_decide(status):
            return None, [Fault(file=str(path), key="file", message=why)]
        with path.open("rb") as file:
            raw = file.read(MAX_FILE + 1)
        if len(raw) > MAX_FILE:
            return None, [Fault(file=str(path), key="file", message=f"is larger than {MAX_FILE} bytes")]
        return tomllib.loads(raw.decode("utf-8")), []
    except (FileNotFoundError, NotADirectoryError):
        return None, []
    except OSError as problem:
        return None, [Fault(file=str(path), key="file", message=problem.strerror or "cannot be read")]
    except (ValueError, RecursionError) as problem:
        # a number of too many digits is a plain ValueError
        # the parser's message names line and column, and quotes nothing but a character
        return None, [Fault(file=str(path), key="file", message=f"is not valid TOML: {problem}"[:200])]


def others_decide(status: os.stat_result) -> str:
    """Why what is in a file or folder is not for this user, an administrator or the owner of this Python to
    say; empty where it is. Where secrets are sent is said there."""
    if os.name != "posix":
        return ""
    if status.st_uid not in {0, os.geteuid(), Path(sys.prefix).stat().st_uid}:
        return "belongs to another user"
    is_sticky = stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX
    if status.st_mode & stat.S_IWOTH and not is_sticky:
        return f"may be written by every user of this machine (mode {stat.S_IMODE(status.st_mode):04o})"
    return ""


def default_of(table: Mapping[str, object]) -> str | None:
    """Its ``default_profile``."""
    value = table.get("default_profile")
    return value if isinstance(value, str) and value else None


def agent_of(table: Mapping[str, object]) -> str | None:
    """What it says of the agent."""
    value = table.get("agent")
    return value if isinstance(value, str) and value in AGENT else None


def top_faults(table: Mapping[str, object], file: str) -> list[Fault]:
    """What is wrong with it, outside the profiles."""
    faults = [
        Fault(file=file, key=key, message=f"unknown key{did_you_mean(key, _TOP_KEYS)}")
        for key in table
        if key not in _TOP_KEYS
    ]
    if "default_profile" in table and default_of(table) is None:
        faults.append(Fault(file=file, key="default_profile", message="must be the name of a profile"))
    if "agent" in table and agent_of(table) is None:
        faults.append(Fault(file=file, key="agent", message=f"must be {' or '.join(map(repr, AGENT))}"))
    if "profiles" in table and not isinstance(table["profiles"], dict):
        faults.append(Fault(file=file, key="profiles", message="must be a table of profiles"))
    return faults

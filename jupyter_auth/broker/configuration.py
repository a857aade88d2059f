"""Profiles from ``jupyter_auth.toml`` on Jupyter's config path, read again when a file has changed."""

import os
import stat
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_core.paths import jupyter_config_dir, jupyter_config_path

from jupyter_auth.core.errors import ProfileError
from jupyter_auth.core.profile import Fault, Profile, did_you_mean, read_profile

FILE = "jupyter_auth.toml"
PROFILE_VARIABLE = "JUPYTER_AUTH_PROFILE"
MAX_FILE = 1024 * 1024  # bytes
_TOP_KEYS = ("default_profile", "profiles")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What the files say: the good profiles, and every fault of the others."""

    profiles: Mapping[str, Profile] = field(default_factory=dict)
    default_profile: str | None = None
    faults: tuple[Fault, ...] = ()
    files: tuple[str, ...] = ()
    broken: frozenset[str] = frozenset()

    def profile(self, name: str | None) -> Profile:
        """The profile ``name``, or the default one. Raises ``ProfileError`` with all that is wrong."""
        chosen = name or os.environ.get(PROFILE_VARIABLE) or self.default_profile or self._only()
        if chosen is None:
            raise self._none_chosen()
        if chosen in self.broken:
            own = [str(f) for f in self.faults if _concerns(f, chosen)]
            raise ProfileError(
                f"Profile {chosen!r} is not set up correctly: " + "; ".join(own),
                hint="Correct the file, then run the cell again. There is no need to restart.",
                faults=own,
            )
        if chosen not in self.profiles:
            raise self._unknown(chosen)
        return self.profiles[chosen]

    def _only(self) -> str | None:
        names = {*self.profiles, *self.broken}
        return next(iter(names)) if len(names) == 1 else None

    def _none_chosen(self) -> ProfileError:
        if self.faults:
            return self._unknown("")
        if not self.profiles:
            return ProfileError(
                "No sign-in is set up yet.",
                reason="no_profile",
                hint=f"Add a profile to {user_file()}, or ask your administrator.",
            )
        return ProfileError(
            "Which profile? None was named and there is no default_profile.",
            reason="no_default_profile",
            hint=f"Name one of: {', '.join(sorted(self.profiles))}.",
        )

    def _unknown(self, name: str) -> ProfileError:
        known = sorted({*self.profiles, *self.broken})
        general = [str(f) for f in self.faults if not any(_concerns(f, other) for other in self.broken)]
        message = (
            f"There is no profile {name!r}{did_you_mean(name, known)}" if name else "No profile is usable."
        )
        hint = f"Known profiles: {', '.join(known)}." if known else f"Add it to {user_file()}."
        return ProfileError(
            " ".join([message.removesuffix("?") + ("?" if message.endswith("?") else "."), *general])
            if name
            else " ".join([message, *map(str, self.faults)]),
            reason="unknown_profile",
            hint=hint,
            faults=general or None,
        )


def _concerns(fault: Fault, name: str) -> bool:
    return fault.key == f"profiles.{name}" or fault.key.startswith(f"profiles.{name}.")


def user_file() -> Path:
    """Where people write their own profiles."""
    return Path(jupyter_config_dir()) / FILE


def config_files() -> list[Path]:
    """Every place a configuration file may stand, the strongest first."""
    return [Path(folder) / FILE for folder in jupyter_config_path()]


class ConfigurationFiles:
    """The configuration as the files have it now; a change takes effect at the next use."""

    def __init__(self, paths: Sequence[Path] | None = None) -> None:
        self._paths = list(paths) if paths is not None else config_files()
        self._seen: tuple[object, ...] | None = None
        self._loaded = Configuration()

    def current(self) -> Configuration:
        """The configuration, read again only where a file's time, size or inode has changed."""
        seen = tuple(_fingerprint(path) for path in self._paths)
        if seen != self._seen:
            self._loaded = load(self._paths)
            self._seen = seen
        return self._loaded


def _fingerprint(path: Path) -> object:
    try:
        status = os.stat(path)  # noqa: PTH116 -- on the path of every request: half the cost of Path.stat
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def load(paths: Sequence[Path]) -> Configuration:
    """Read the files; a profile of a stronger file replaces one of the same name in a weaker file."""
    profiles: dict[str, Profile] = {}
    faults: dict[str, list[Fault]] = {}
    broken: set[str] = set()
    default: str | None = None
    files: list[str] = []
    for path in reversed(paths):
        table, problems = _read(path)
        if table is None and not problems:
            continue
        files.insert(0, str(path))
        faults.setdefault("", []).extend(problems + _top_faults(table or {}, str(path)))
        default = _default(table or {}) or default
        named = (table or {}).get("profiles")
        for name, value in named.items() if isinstance(named, dict) else ():
            profile, own = read_profile(name, value, str(path))
            profiles.pop(name, None)
            broken.discard(name)
            faults[name] = own
            if profile is None:
                broken.add(name)
            else:
                profiles[name] = profile
    return Configuration(
        profiles=profiles,
        default_profile=default,
        faults=tuple(fault for group in faults.values() for fault in group),
        files=tuple(files),
        broken=frozenset(broken),
    )


def _read(path: Path) -> tuple[dict[str, object] | None, list[Fault]]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a FIFO would hold the event loop up
            return None, [Fault(file=str(path), key="file", message="is not a regular file")]
        with path.open("rb") as file:
            raw = file.read(MAX_FILE + 1)
        if len(raw) > MAX_FILE:
            return None, [Fault(file=str(path), key="file", message=f"is larger than {MAX_FILE} bytes")]
        return tomllib.loads(raw.decode("utf-8")), []
    except (FileNotFoundError, NotADirectoryError):
        return None, []
    except OSError as problem:
        return None, [Fault(file=str(path), key="file", message=problem.strerror or "cannot be read")]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as problem:
        # the parser's message names line and column, and quotes nothing but a character
        return None, [Fault(file=str(path), key="file", message=f"is not valid TOML: {problem}"[:200])]


def _default(table: Mapping[str, object]) -> str | None:
    value = table.get("default_profile")
    return value if isinstance(value, str) and value else None


def _top_faults(table: Mapping[str, object], file: str) -> list[Fault]:
    faults = [
        Fault(file=file, key=key, message=f"unknown key{did_you_mean(key, _TOP_KEYS)}")
        for key in table
        if key not in _TOP_KEYS
    ]
    if "default_profile" in table and _default(table) is None:
        faults.append(Fault(file=file, key="default_profile", message="must be the name of a profile"))
    if "profiles" in table and not isinstance(table["profiles"], dict):
        faults.append(Fault(file=file, key="profiles", message="must be a table of profiles"))
    return faults

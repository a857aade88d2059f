"""Profiles from the administrator's settings and from ``jupyter_auth.toml`` on Jupyter's config path.

The files are read again when one has changed. Which wins: see ``docs/reference/configuration.md``.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from jupyter_core import paths as jupyter_paths
from jupyter_core.paths import jupyter_config_dir, jupyter_config_path

from jupyter_auth.broker.config.environment import ServerEnvironment
from jupyter_auth.broker.config.merging import Merged
from jupyter_auth.broker.config.policy import Violation
from jupyter_auth.broker.config.settings import AGENT, DEFAULTS, PROFILES_PLACE, Settings
from jupyter_auth.broker.config.toml_file import agent_of, default_of, read_toml, top_faults
from jupyter_auth.core.errors import PolicyError, ProfileError
from jupyter_auth.core.profile import Fault, Profile, did_you_mean

FILE = "jupyter_auth.toml"
PROFILE_VARIABLE = "JUPYTER_AUTH_PROFILE"
AGENT_VARIABLE = "JUPYTER_AUTH_AGENT"
CORRECT_FILE = "Correct the file, then try again. There is no need to restart."


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What settings and files say: the good profiles, and every fault of the others.

    ``refused``: what the administrator's policy, or a server's care for its environment, says against some of
    the broken ones; ``shut_out``: those of
    people's own files, which do not count where user profiles are switched off, with their file.
    """

    settings: Settings = DEFAULTS
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    default_profile: str | None = None
    agent_wish: str | None = None  # of a file
    faults: tuple[Fault, ...] = ()
    files: tuple[str, ...] = ()
    broken: frozenset[str] = frozenset()
    refused: Mapping[str, Violation] = field(default_factory=dict)
    shut_out: Mapping[str, str] = field(default_factory=dict)
    restricts: bool = False  # a profile's ``kernel_access`` is not ``allow``

    def profile(self, name: str | None) -> Profile:
        """The profile ``name``, or the default one. Raises ``ProfileError`` with all that is wrong, and
        ``PolicyError`` where the administrator's settings refuse it, or are wrong themselves."""
        self.settings.check()
        chosen = (
            name
            or self.settings.default_profile
            or os.environ.get(PROFILE_VARIABLE)
            or self.default_profile
            or self._only()
        )
        if chosen is None:
            raise self._none_chosen()
        if chosen in self.broken:
            own = [str(f) for f in self.faults if _concerns(f, chosen)]
            if chosen in self.refused:
                raise _refused(chosen, "; ".join(own), self.refused[chosen])
            by_settings = chosen in self.settings.profiles
            raise ProfileError(
                f"Profile {chosen!r} is not set up correctly: " + "; ".join(own),
                hint="An administrator must correct it in Jupyter's configuration, then restart the server."
                if by_settings
                else CORRECT_FILE,
                faults=own,
            )
        if chosen not in self.profiles:
            raise self._shut_out(chosen) if chosen in self.shut_out else self._unknown(chosen)
        return self.profiles[chosen]

    @property
    def agent(self) -> str:
        """What a process without a Jupyter server does about the agent, one of ``AGENT``: what a person says,
        unless an administrator rules it out."""
        if self.settings.agent == "never" or self.settings.wrong:
            return "never"
        said = os.environ.get(AGENT_VARIABLE)
        return said if said in AGENT else self.agent_wish or self.settings.agent

    def _only(self) -> str | None:
        names = {*self.profiles, *self.broken}
        return next(iter(names)) if len(names) == 1 else None

    def _none_chosen(self) -> ProfileError:
        if not self.profiles and not self.faults:
            return ProfileError(
                "No sign-in is set up yet.",
                reason="no_profile",
                hint=self._how_to_add(),
            )
        if not self.profiles or self._general():
            return self._unknown("")
        return ProfileError(
            "Which profile? None was named and there is no default_profile.",
            reason="no_default_profile",
            hint=f"Name one of: {', '.join(sorted(self.profiles))}.",
        )

    def _unknown(self, name: str) -> ProfileError:
        known = sorted({*self.profiles, *self.broken})
        general = [str(f) for f in self._general()]
        if name:
            message = f"There is no profile {name!r}{did_you_mean(name, known) or '.'}"
        else:
            message = "Which profile? None was named." if self.profiles else "No profile is usable."
        told = general if name or self.profiles else [str(f) for f in self.faults]
        if known:
            hint = f"Known profiles: {', '.join(known)}."
        else:  # a file that cannot be read may well have the profile
            hint = CORRECT_FILE if general else self._how_to_add()
        return ProfileError(
            " ".join([message, *told]), reason="unknown_profile", hint=hint, faults=general or None
        )

    def _general(self) -> list[Fault]:
        """The faults that are of no one profile."""
        return [f for f in self.faults if not any(_concerns(f, other) for other in self.broken)]

    def _shut_out(self, name: str) -> PolicyError:
        return PolicyError(
            f"Profile {name!r} in {self.shut_out[name]} does not count: "
            "an administrator has switched user profiles off.",
            reason="user_profiles_off",
            hint=f"Known profiles: {', '.join(sorted(self.profiles))}."
            if self.profiles
            else self._how_to_add(),
        )

    def _how_to_add(self) -> str:
        if self.settings.allow_user_profiles:
            return f"Add a profile to {user_file()}, or ask your administrator."
        return "Ask your administrator: user profiles are switched off here."


def _refused(name: str, told: str, why: Violation) -> PolicyError:
    return PolicyError(f"Profile {name!r} is refused: {told}.", reason=why.reason, hint=why.hint)


def _concerns(fault: Fault, name: str) -> bool:
    return fault.key == f"profiles.{name}" or fault.key.startswith(f"profiles.{name}.")


def user_file() -> Path:
    """Where people write their own profiles."""
    return Path(jupyter_config_dir()) / FILE


def config_files() -> list[Path]:
    """Every place a configuration file may stand, the strongest first."""
    return [Path(folder) / FILE for folder in jupyter_config_path()]


def is_system(path: Path) -> bool:
    """True for a file in a folder that only the machine's administrator writes, not a person or a project."""
    return str(path.parent) in jupyter_paths.SYSTEM_CONFIG_PATH


class ConfigurationFiles:
    """The configuration as the files have it now; a change takes effect at the next use."""

    def __init__(
        self,
        paths: Sequence[Path] | None = None,
        settings: Settings = DEFAULTS,
        environment: ServerEnvironment | None = None,
    ) -> None:
        """``environment``: a server's, of which not every profile may name every variable."""
        self.settings = settings
        self._environment = environment
        self._paths = list(paths) if paths is not None else config_files()
        self._seen: tuple[object, ...] | None = None
        self._loaded = Configuration()

    def current(self) -> Configuration:
        """The configuration, read again only where a file's time, size or inode has changed."""
        seen = tuple(_fingerprint(path) for path in self._paths)
        if seen != self._seen:
            self._loaded = load(self._paths, self.settings, self._environment)
            self._seen = seen
            if self._environment is not None:
                self._environment.heed(self._loaded.profiles.values())
        return self._loaded


def _fingerprint(path: Path) -> object:
    try:
        status = os.stat(path)  # noqa: PTH116 -- on the path of every request: half the cost of Path.stat
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino, status.st_mode, status.st_uid


def load(
    paths: Sequence[Path], settings: Settings = DEFAULTS, environment: ServerEnvironment | None = None
) -> Configuration:
    """Read the files; a profile of a stronger file replaces one of the same name in a weaker file, and one
    of the administrator's settings those of all files."""
    merged = Merged(settings, environment)
    default: str | None = None
    agent: str | None = None
    files: list[str] = []
    lost: list[Fault] = []  # what an administrator has written and nobody knows
    for path in reversed(paths):
        table, problems = read_toml(path)
        if table is None and not problems:
            continue
        named = (table or {}).get("profiles")
        profiles = named if isinstance(named, dict) else {}
        if not settings.allow_user_profiles and not is_system(path):
            merged.shut_out.update(dict.fromkeys(profiles, str(path)))
            continue
        files.insert(0, str(path))
        problems += top_faults(table or {}, str(path))
        if is_system(path):
            lost += [replace(fault, closes=True) for fault in problems]
        else:
            merged.faults.setdefault("", []).extend(problems)
        default = default_of(table or {}) or default
        agent = agent_of(table or {}) or agent
        merged.add(profiles, str(path), by_admin=is_system(path))
    merged.add(settings.profiles, PROFILES_PLACE, by_admin=True)
    merged.close()
    settings = replace(settings, faults=(*settings.faults, *lost))
    return Configuration(
        settings=settings,
        profiles=merged.profiles,
        default_profile=settings.default_profile or default,
        agent_wish=agent,
        faults=(*settings.faults, *(fault for group in merged.faults.values() for fault in group)),
        files=tuple(files),
        broken=frozenset(merged.broken),
        refused=merged.refused,
        shut_out=merged.shut_out,
        restricts=any(profile.kernel_access != "allow" for profile in merged.profiles.values()),
    )

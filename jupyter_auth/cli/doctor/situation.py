"""What the checks look at, read once and never changed: settings, profiles, folders, running servers."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
from jupyter_core.paths import jupyter_config_path, jupyter_runtime_dir

from jupyter_auth.broker.config.configuration import Configuration, config_files, load
from jupyter_auth.broker.config.settings import PROFILES_PLACE, Settings
from jupyter_auth.broker.config.settings_files import load_settings
from jupyter_auth.broker.config.toml_file import read_toml
from jupyter_auth.core.profile import Profile

T = TypeVar("T")

#: The files that Jupyter runs or reads at a server's start, the strongest first.
SERVER_FILES = (
    "jupyter_server_config.json",
    "jupyter_server_config.py",
    "jupyter_config.json",
    "jupyter_config.py",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A Jupyter server of this user, as it has left its address. ``token`` is never told."""

    pid: int
    url: str
    token: str
    base_url: str
    is_locked: bool  # a password, and no token
    is_on_socket: bool  # it listens on a unix socket


class Situation:
    """Settings and profiles as a server would read them. Flags of a running server are not seen here."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._known: dict[str, Any] = {}
        self.runtime = Path(jupyter_runtime_dir())

    def _once(self, name: str, read: Callable[[], T]) -> T:
        with self._lock:
            if name not in self._known:
                self._known[name] = read()
            found: T = self._known[name]
            return found

    @property
    def settings(self) -> Settings:
        """The administrator's settings, from Jupyter's files."""
        return self._once("settings", load_settings)

    @property
    def configuration(self) -> Configuration:
        """The profiles, and what is wrong with them."""
        return self._once("configuration", lambda: load(config_files(), self.settings))

    @property
    def servers(self) -> list[Server]:
        """The Jupyter servers that run and have left their address in the runtime folder."""
        return self._once("servers", lambda: list(_servers(self.runtime)))

    @property
    def server_config(self) -> list[tuple[str, Any]]:
        """Each of Jupyter's own files with what it says, the strongest first."""
        return self._once("server_config", lambda: list(_server_config()))

    def place_of(self, profile: Profile) -> str:
        """The file that a profile is from, or the setting."""
        if profile.name in self.settings.profiles:
            return PROFILES_PLACE
        for path in config_files():
            named = (read_toml(path)[0] or {}).get("profiles")
            if isinstance(named, dict) and profile.name in named:
                return str(path)
        return str(config_files()[0])


def _servers(folder: Path) -> Iterator[Server]:
    """As ``jupyter_server.serverapp.list_running_servers``, which would remove what dead ones left."""
    for file in sorted(folder.glob("jpserver-*.json")):
        with suppress(OSError, ValueError, KeyError, TypeError):
            told = json.loads(file.read_text(encoding="utf-8"))
            pid, token = int(told["pid"]), str(told.get("token") or "")
            if not psutil.pid_exists(pid):
                continue
            yield Server(
                pid=pid,
                url=str(told["url"]),
                token=token,
                base_url=str(told.get("base_url", "/")),
                is_locked=bool(told.get("password")) and not token,
                is_on_socket=bool(told.get("sock")),
            )


def _server_config() -> Iterator[tuple[str, Any]]:
    from traitlets.config.loader import JSONFileConfigLoader, PyFileConfigLoader

    for name in SERVER_FILES:
        for folder in jupyter_config_path():
            if not (Path(folder) / name).is_file():
                continue
            loader = JSONFileConfigLoader if name.endswith(".json") else PyFileConfigLoader
            with suppress(Exception, SystemExit):  # what is wrong with it is told with the settings
                yield str(Path(folder) / name), loader(name, path=folder).load_config()


def nearest(path: Path) -> Path:
    """``path``, or the first above it that there is."""
    return next((place for place in (path, *path.parents) if os.path.lexists(place)), Path("/"))

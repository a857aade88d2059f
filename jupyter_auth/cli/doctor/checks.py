"""``jupyter auth doctor``: known faults, each with its remedy."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Literal

from jupyter_core.paths import jupyter_config_path

from jupyter_auth.broker import storage
from jupyter_auth.broker.config.configuration import Configuration, config_files, load, user_file
from jupyter_auth.broker.config.settings import PLACE, Settings
from jupyter_auth.broker.config.settings_files import load_settings
from jupyter_auth.broker.config.surroundings import open_to_others
from jupyter_auth.cache.filesystems import network_filesystem
from jupyter_auth.cache.sqlite import FILE as SQLITE_FILE
from jupyter_auth.cli import servers
from jupyter_auth.core.errors import AuthError
from jupyter_auth.providers.registry import make_engine

NAME = "jupyter-token-broker"
OTHER = "jupyter-auth"  # another project on PyPI that installs a package of the same import name


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at."""

    check: str
    state: Literal["ok", "note", "fault"]
    message: str
    remedy: str = ""


def run_doctor(*, as_json: bool = False) -> int:
    """Print the findings; 1 where one is a fault."""
    findings = [finding for check in CHECKS for finding in check()]
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        marks = {"ok": "ok   ", "note": "note ", "fault": "FAULT"}
        for finding in findings:
            print(f"{marks[finding.state]} {finding.check}: {finding.message}")
            if finding.remedy:
                print(f"      → {finding.remedy}")
    return 1 if any(finding.state == "fault" for finding in findings) else 0


def check_packages() -> Iterator[Finding]:
    """Is the other ``jupyter_auth`` installed over ours?"""
    try:
        other = metadata.version(OTHER)
    except metadata.PackageNotFoundError:
        yield Finding(
            check="packages", state="ok", message=f"{NAME} {_own_version()}, Python {sys.version.split()[0]}"
        )
        return
    yield Finding(
        check="packages",
        state="fault",
        message=f"{OTHER} {other} is installed: another project with the import name jupyter_auth.",
        remedy=f"pip uninstall {OTHER} && pip install --force-reinstall {NAME}",
    )


def _own_version() -> str:
    try:
        return metadata.version(NAME)
    except metadata.PackageNotFoundError:
        return "(not installed as a package)"


def check_extension() -> Iterator[Finding]:
    """Is the server extension enabled here?"""
    from jupyter_server.config_manager import BaseJSONConfigManager

    said: list[bool] = []
    for folder in jupyter_config_path():  # the strongest first
        found = BaseJSONConfigManager(config_dir=folder).get("jupyter_server_config")
        extensions = found.get("ServerApp", {}).get("jpserver_extensions", {})
        said += [extensions["jupyter_auth"]] if "jupyter_auth" in extensions else []
    enabled = bool(said and said[0])
    if enabled:
        yield Finding(check="server extension", state="ok", message="enabled")
    else:
        yield Finding(
            check="server extension",
            state="fault",
            message="not enabled in this environment",
            remedy="jupyter server extension enable jupyter_auth",
        )


def check_surroundings() -> Iterator[Finding]:
    """May other users of the machine decide what Jupyter does?"""
    for told in open_to_others():
        yield Finding(check="folders", state="fault", message=told, remedy="chmod go-w it; see whose it is.")


def check_configuration() -> Iterator[Finding]:
    """Every fault of the settings and the profiles. Flags of a running server are not seen here."""
    configuration = _configuration()
    for fault in configuration.faults:
        in_files = not fault.file.startswith(PLACE)
        remedy = f"Edit {fault.file}." if in_files else "Edit Jupyter's configuration, restart the server."
        yield Finding(check="configuration", state="fault", message=str(fault), remedy=remedy)
    for name, file in configuration.shut_out.items():
        told = f"{file}: profiles.{name} does not count: an administrator has switched user profiles off"
        yield Finding(check="configuration", state="note", message=told)
    if configuration.profiles:
        names = ", ".join(sorted(configuration.profiles))
        yield Finding(check="configuration", state="ok", message=f"profiles: {names}")
    elif not configuration.faults:
        yield Finding(
            check="configuration",
            state="note",
            message="no profile yet",
            remedy=f"Add one to {user_file()}."
            if configuration.settings.allow_user_profiles
            else "Ask your administrator: user profiles are switched off.",
        )


def check_providers() -> Iterator[Finding]:
    """Does each issuer answer, and is it who the profile says?"""
    for profile in _configuration().profiles.values():
        engine = make_engine(profile)
        try:
            engine.discover()
            yield Finding(check=f"provider of {profile.name}", state="ok", message=profile.issuer)
        except AuthError as problem:
            yield Finding(
                check=f"provider of {profile.name}",
                state="fault",
                message=problem.message,
                remedy=problem.hint,
            )
        finally:
            engine.close()


def check_store() -> Iterator[Finding]:
    """Can the store be opened, and where is its key?"""
    settings = _settings()
    if settings.store == "memory" and not settings.wrong:
        yield Finding(check="store", state="ok", message="memory, gone when the server stops")
        return
    if settings.store == "sqlite":
        yield from check_folder(storage.store_folder(settings))
        if not settings.wrong and not (storage.store_folder(settings) / SQLITE_FILE).exists():
            message = f"none yet; the first use makes it in {storage.store_folder(settings)}"
            yield Finding(check="store", state="ok", message=message)
            return
    store = storage.open_store(settings)
    try:
        described = store.describe()
    finally:
        store.close()
    for note in described.notes:
        yield Finding(check="store", state="fault", message=note)
    if not described.notes:
        place = Path(described.location).parent if described.name == "sqlite" else described.location
        message = f"{described.name} in {place}, sealed with {described.key_source}"
        yield Finding(check="store", state="ok", message=message)
    if described.key_sources:
        yield Finding(check="sealing key", state="ok", message="; ".join(described.key_sources))


def check_folder(folder: Path) -> Iterator[Finding]:
    """Is it on a disk of this machine?"""
    if network := network_filesystem(folder):
        yield Finding(
            check="store",
            state="note",
            message=f"{folder} is on a network filesystem ({network}): it is slower, and a clear on another "
            "host is noticed after a few seconds only",
            remedy="Set c.JupyterAuth.store_path to a folder on a local disk, where one outlives the server.",
        )


def check_servers() -> Iterator[Finding]:
    """Does every running server have a broker with a kernel socket?"""
    rows = list(servers.running())
    if not rows:
        yield Finding(check="servers", state="note", message="no Jupyter server is running")
    for server in rows:
        try:
            broker = servers.ask(server, "status")["broker"]
        except AuthError as problem:
            yield Finding(check="servers", state="fault", message=problem.message, remedy=problem.hint)
            continue
        if broker["socket"] and not broker["problem"]:
            yield Finding(
                check="servers", state="ok", message=f"{server['url']} answers on {broker['socket']}"
            )
        else:
            yield Finding(
                check="servers",
                state="fault",
                message=broker["problem"] or "no kernel socket",
                remedy="Correct that and restart the server.",
            )


def _configuration() -> Configuration:
    return load(config_files(), _settings())


@cache
def _settings() -> Settings:
    return load_settings()


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    check_packages,
    check_extension,
    check_surroundings,
    check_configuration,
    check_providers,
    check_store,
    check_servers,
)

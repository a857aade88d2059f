"""The administrator's settings for a process without a Jupyter server: a kernel's own broker, ``doctor``.

They are read from the files a server reads them from, in its order. Flags on a server's command line
(``--JupyterAuth.store=memory``) are known to that server alone.
"""

import logging
from collections.abc import Collection, Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_core.paths import jupyter_config_path

from jupyter_auth.broker.config.configuration import is_system
from jupyter_auth.broker.config.settings import SECTION, Settings
from jupyter_auth.core.faults import where
from jupyter_auth.core.profile import Fault

if TYPE_CHECKING:
    from traitlets.config import Config

log = logging.getLogger(__name__)

#: The extension's own files. The server's come after them, and ``jupyter_config`` with these once more.
EXTENSION_FILE = "jupyter_auth_config"
STEPS = (("jupyter_config",), (EXTENSION_FILE,), ("jupyter_config", "jupyter_server_config"))


def load_settings(folders: Sequence[str] | None = None) -> Settings:
    """The settings in the files of ``folders``: Jupyter's configuration path, the strongest first.

    The files are run as a server runs them; only their ``JupyterAuth`` section is used. One that raises is
    a fault, and the others count; it closes everything where an administrator's settings are lost with it.
    """
    # here: a kernel that asks a server needs neither
    from traitlets.config import Config  # noqa: PLC0415

    from jupyter_auth.broker.config.traits import JupyterAuth  # noqa: PLC0415

    path = list(folders) if folders is not None else jupyter_config_path()
    faults: list[Fault] = []
    sections = {name: list(_sections(name, path, faults)) for name in (*STEPS[2], EXTENSION_FILE)}
    reader = JupyterAuth(log=log)
    for names in STEPS:
        step = Config()
        for name in names:
            for section in sections[name]:
                step.merge(deepcopy(section))
        reader.update_config(step)
    return reader.read(tuple(faults))


def sources(folders: Sequence[str] | None = None) -> dict[str, tuple[str, ...]]:
    """The files that each setting is from, by its name: the strongest last. Before that one only those that
    add to it, as ``c.JupyterAuth.allowed_issuers.append`` does."""
    from traitlets.config.loader import LazyConfigValue  # noqa: PLC0415 -- as below

    path = list(folders) if folders is not None else jupyter_config_path()
    found: dict[str, tuple[str, ...]] = {}
    for names in STEPS:
        for name in names:
            for file, section in _read(name, path, []):
                for setting, value in section.items():
                    before = found.get(setting, ()) if isinstance(value, LazyConfigValue) else ()
                    found[setting] = (*(place for place in before if place != file), file)
    return found


def not_taken(name: str, folders: Sequence[str], taken: Collection[str]) -> list[Fault]:
    """The faults of the files of that name that a server has not ``taken``: Jupyter logs what they raise and
    goes on without them. They are run again, for what it was, if something of ours may be lost with them: a
    file that says nothing is never taken, and is not run twice for that."""
    faults: list[Fault] = []
    for file, section in _read(name, folders, faults, but=taken):
        if section:
            message = "could not be read when the server started"
            faults.append(Fault(file=file, key="file", message=message, closes=True))
    return faults


def _sections(name: str, path: Sequence[str], faults: list[Fault]) -> Iterator["Config"]:
    """The section in every file of that name, the weakest first."""
    from traitlets.config import Config  # noqa: PLC0415 -- as above

    for _, section in _read(name, path, faults):
        yield Config({SECTION: section})


def _read(
    name: str, path: Sequence[str], faults: list[Fault], but: Collection[str] | None = None
) -> Iterator[tuple[str, "Config"]]:
    """Every file of that name with its section, the weakest first; JSON wins over Python in one folder."""
    from traitlets.config import Config  # noqa: PLC0415
    from traitlets.config.loader import (  # noqa: PLC0415
        ConfigFileNotFound,
        JSONFileConfigLoader,
        PyFileConfigLoader,
    )

    from jupyter_auth.broker.config.traits import INHERITED  # noqa: PLC0415

    for folder in reversed(path):
        for loader in (
            PyFileConfigLoader(f"{name}.py", path=folder),
            JSONFileConfigLoader(f"{name}.json", path=folder),
        ):
            if but is not None and not _may_be_lost(_place(loader.filename, folder), but):
                continue
            try:
                loaded = loader.load_config()
            except ConfigFileNotFound:
                continue
            except (Exception, SystemExit) as problem:  # noqa: BLE001 -- a program that somebody wrote
                file = loader.full_filename or str(Path(folder) / loader.filename)
                log.error("%s could not be read: %s", file, where(problem, frames=1))
                faults.append(
                    Fault(
                        file=file,
                        key="file",
                        message=f"raises {type(problem).__name__}{_line(problem, file)}",
                        closes=_matters(file),
                    )
                )
                continue
            section = loaded.get(SECTION, Config())
            if isinstance(section, Config):
                own = Config({key: value for key, value in section.items() if key not in INHERITED})
                yield loader.full_filename, own
            else:  # JSON; a server ends at once
                faults.append(
                    Fault(file=loader.full_filename, key=SECTION, message="must be a table", closes=True)
                )


def _place(name: str, folder: str) -> str | None:
    """Where a loader finds the file, as it writes it."""
    from traitlets.utils import filefind  # noqa: PLC0415 -- as above

    try:
        return filefind(name, folder)
    except OSError:
        return None


def _may_be_lost(file: str | None, taken: Collection[str]) -> bool:
    return file is not None and file not in taken and _matters(file)


def _matters(file: str) -> bool:
    """True where it is an administrator's, or says something of our settings, or nobody can tell."""
    try:
        return is_system(Path(file)) or SECTION.encode() in Path(file).read_bytes()
    except OSError:
        return True


def _line(problem: BaseException, file: str) -> str:
    """Where in ``file`` it was raised; its text may hold a secret."""
    line = getattr(problem, "lineno", None) if isinstance(problem, SyntaxError) else None
    step = problem.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == file:
            line = step.tb_lineno
        step = step.tb_next
    return f" in line {line}" if line else ""

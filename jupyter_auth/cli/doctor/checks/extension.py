"""Is the server extension enabled, for the servers that are started from here?"""

import json
import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from jupyter_core.paths import ENV_CONFIG_PATH, SYSTEM_CONFIG_PATH, jupyter_config_dir, jupyter_config_path

from jupyter_auth.cli.doctor.finding import Finding, Findings, Reason
from jupyter_auth.cli.doctor.situation import Situation

CHECK = "server extension"
NAME = "jupyter_auth"
ENABLED = {"ServerApp": {"jpserver_extensions": {NAME: True}}}


def check(situation: Situation) -> Findings:
    """The strongest file that says so decides, as in a server."""
    file, is_enabled = next(_said(situation), (None, False))
    if is_enabled:
        yield Finding(check=CHECK, state="ok", message="enabled")
    elif file is None:
        yield _missing()
    else:
        run, write = _enabling(file)
        yield Finding(
            check=CHECK,
            state="fault",
            reason=Reason.EXTENSION_DISABLED,
            message=f"disabled in {file}.",
            advice="Enable it there, then restart your Jupyter servers:"
            if run
            else f"Say in {file} (in jpserver_extensions), then restart your Jupyter servers:",
            run=run,
            write=write,
        )


def _said(situation: Situation) -> Iterator[tuple[str, bool]]:
    """The files that say something of it, the strongest first: those that set the whole trait, of which only
    one counts; then each folder's own file, and what is in its ``.d``."""
    for file, config in situation.server_config:
        told = config.get("ServerApp", {}).get("jpserver_extensions")
        if isinstance(told, dict):
            if NAME in told:
                yield file, bool(told[NAME])
            break
    for folder in map(Path, jupyter_config_path()):
        below = sorted(folder.glob("jupyter_server_config.d/*.json"), reverse=True)
        for path in (folder / "jupyter_server_config.json", *below):
            with suppress(OSError, ValueError, AttributeError):
                told = json.loads(path.read_text(encoding="utf-8"))
                said = told.get("ServerApp", {}).get("jpserver_extensions", {})
                if NAME in said:
                    yield str(path), bool(said[NAME])


def _enabling(file: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A line for a shell where Jupyter's own command writes to that file; else the line for the file."""
    levels = {
        jupyter_config_dir(): "--user",
        ENV_CONFIG_PATH[0]: "--sys-prefix",
        SYSTEM_CONFIG_PATH[0]: "--system",
    }
    path = Path(file)
    level = levels.get(str(path.parents[1])) if path.parent.name == "jupyter_server_config.d" else None
    if level and path.name == f"{NAME}.json":
        return (f"jupyter server extension enable {level} {NAME}",), ()
    return (), (f'"{NAME}": true' if path.suffix == ".json" else f'"{NAME}": True',)


def _missing() -> Finding:
    folder = Path(jupyter_config_dir()) / "jupyter_server_config.d"
    file = shlex.quote(str(folder / f"{NAME}.json"))
    return Finding(
        check=CHECK,
        state="fault",
        reason=Reason.EXTENSION_MISSING,
        message="no configuration file enables it: the package's own is missing.",
        advice="Enable it for yourself, then restart your Jupyter servers:",
        run=(f"mkdir -p {shlex.quote(str(folder))}", f"echo {shlex.quote(json.dumps(ENABLED))} > {file}"),
    )

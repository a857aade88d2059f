"""Is the JupyterLab extension there and enabled, where there is a JupyterLab?"""

import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from jupyter_core.paths import (
    ENV_CONFIG_PATH,
    SYSTEM_CONFIG_PATH,
    jupyter_config_dir,
    jupyter_config_path,
    jupyter_path,
)

from jupyter_auth.cli.doctor.checks.packages import NAME, distribution, installing_again
from jupyter_auth.cli.doctor.finding import Finding, Findings, Reason
from jupyter_auth.cli.doctor.situation import Situation

CHECK = "labextension"


def check(_: Situation) -> Findings:
    """Its files on Jupyter's data path; what Lab's ``page_config`` says of it."""
    if not any(find_spec(name) for name in ("jupyterlab", "notebook")):
        yield Finding(check=CHECK, state="ok", message="not needed: there is no JupyterLab here")
        return
    if not any((Path(folder) / NAME / "package.json").is_file() for folder in jupyter_path("labextensions")):
        yield Finding(
            check=CHECK,
            state="fault",
            reason=Reason.LABEXTENSION_MISSING,
            message="its files are not where JupyterLab looks: there is no sidebar and no card in cells.",
            advice="Install the package again, then reload the page:",
            run=(installing_again(distribution(NAME)),),
        )
        return
    places = list(_disabled())
    for place, names in places:
        level = _levels().get(str(place.parents[1]))
        run = tuple(
            f"jupyter labextension enable --level {level} {shlex.quote(name)}" for name in names if level
        )
        yield Finding(
            check=CHECK,
            state="fault",
            reason=Reason.LABEXTENSION_DISABLED,
            message=f"{', '.join(names)} is disabled in {place}.",
            advice="Enable it there, then reload the page:"
            if run
            else f"Take it out of disabledExtensions in {place}, then reload the page.",
            run=run,
        )
    if not places:
        yield Finding(check=CHECK, state="ok", message="enabled")


def _levels() -> dict[str, str]:
    return {jupyter_config_dir(): "user", ENV_CONFIG_PATH[0]: "sys_prefix", SYSTEM_CONFIG_PATH[0]: "system"}


def _disabled() -> Iterator[tuple[Path, list[str]]]:
    """Each file that disables it, or a plugin of it, where no stronger file says otherwise."""
    settled: set[str] = set()
    own = Path(sys.prefix, "share", "jupyter", "lab", "settings", "page_config.json")
    for place in (
        *(Path(folder) / "labconfig" / "page_config.json" for folder in jupyter_config_path()),
        own,
    ):
        with suppress(OSError, ValueError, AttributeError):
            told = json.loads(place.read_text(encoding="utf-8")).get("disabledExtensions", {})
            said = told if isinstance(told, dict) else dict.fromkeys(told, True)
            ours = {n: v for n, v in said.items() if n == NAME or n.startswith(f"{NAME}:")}
            found = [name for name, is_disabled in ours.items() if is_disabled and name not in settled]
            settled |= ours.keys()
            if found:
                yield place, found

"""Kernels that cannot reach a server's broker: their Python lacks the package, or they run elsewhere."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager

from jupyter_auth.cli.doctor.checks.packages import NAME
from jupyter_auth.cli.doctor.finding import Finding, Findings, Reason
from jupyter_auth.cli.doctor.running import side_by_side
from jupyter_auth.cli.doctor.situation import Situation
from jupyter_auth.core.urls import host_of

CHECK = "kernels"
LIMIT = 8.0  # seconds for the Pythons of all kernels
LOCAL = "local-provisioner"
ELSEWHERE = (
    "the Jupyter server does not know their keys. Each is a broker of its own there, with a store and a "
    "refresh token of its own."
)


def check(situation: Situation) -> Findings:
    """The kernels that a server here would offer."""
    specs = dict(_specs())
    yield from _remote(situation, specs)
    jobs = [
        (CHECK, name, partial(_has_package, name, argv))
        for name, spec in specs.items()
        if _is_python(argv := spec.get("argv") or [])
    ]
    found = side_by_side(jobs, LIMIT)
    yield from (finding for finding in found if finding.state != "ok")
    well = [finding.about for finding in found if finding.state == "ok"]
    if well:
        yield Finding(check=CHECK, state="ok", message=f"with the package: {', '.join(sorted(well))}")


def _specs() -> Iterator[tuple[str, dict[str, Any]]]:
    """As they are written: a server leaves out those whose provisioner is not installed."""
    for name, folder in KernelSpecManager().find_kernel_specs().items():
        with suppress(OSError, ValueError):
            spec = json.loads((Path(folder) / "kernel.json").read_text(encoding="utf-8"))
            if isinstance(spec, dict):
                yield name, spec


def _is_python(argv: list[str]) -> bool:
    """``python -m ipykernel_launcher``. What anything else, as a container's command, would do with other
    arguments only its author knows."""
    if not argv or not re.fullmatch(r"python[0-9.]*(\.exe)?", Path(argv[0]).name):
        return False
    words = [word for word in argv[1:] if not word.startswith("-X")]
    return words[:2] in (["-m", "ipykernel_launcher"], ["-m", "ipykernel"])


def _has_package(name: str, argv: list[str]) -> Findings:
    """Asks that Python, without its user's start-up files and without running anything of ours."""
    python = sys.executable if not Path(argv[0]).is_absolute() else argv[0]  # as jupyter_client does
    told = f"from importlib.metadata import version; print(version({NAME!r}))"
    try:
        asked = subprocess.run(
            [python, "-I", "-c", told], capture_output=True, text=True, timeout=LIMIT - 1, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        why = getattr(problem, "strerror", None) or "it does not answer"
        yield _without(name, f"its Python cannot be started ({python}: {why}).", "")
        return
    if asked.returncode:
        yield _without(
            name, f"its Python ({python}) has no {NAME}.", f"{shlex.quote(python)} -m pip install {NAME}"
        )
    else:
        yield Finding(check=CHECK, about=name, state="ok", message=asked.stdout.strip())


def _without(name: str, message: str, line: str) -> Finding:
    return Finding(
        check=CHECK,
        about=name,
        state="note",
        reason=Reason.KERNEL_WITHOUT_PACKAGE,
        message=message,
        advice="Notebooks of this kernel cannot import jupyter_auth. Install it there:" if line else "",
        run=(line,) if line else (),
    )


def _remote(situation: Situation, specs: dict[str, Any]) -> Findings:
    for name, spec in specs.items():
        metadata = spec.get("metadata") or {}
        provisioner = (metadata.get("kernel_provisioner") or {}).get("provisioner_name", LOCAL)
        if provisioner != LOCAL:
            yield _elsewhere(name, f"its kernels are started by {provisioner}, and {ELSEWHERE}")
    url = os.environ.get("JUPYTER_GATEWAY_URL") or next(
        (
            str(c["GatewayClient"]["url"])
            for _, c in situation.server_config
            if c.get("GatewayClient", {}).get("url")
        ),
        "",
    )
    if url:
        host = host_of(url) or "another machine"
        yield _elsewhere("gateway", f"kernels run behind the gateway at {host}, and {ELSEWHERE}")


def _elsewhere(name: str, message: str) -> Finding:
    return Finding(
        check=CHECK,
        about=name,
        state="note",
        reason=Reason.REMOTE_KERNELS,
        message=message,
        advice=f"Install {NAME} and a profile where they run; the documentation tells more (Run without a "
        "Jupyter server).",
    )

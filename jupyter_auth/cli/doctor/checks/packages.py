"""Is ours the ``jupyter_auth`` that Python finds, and is it whole?"""

import base64
import hashlib
import json
import shlex
import sys
from importlib import metadata
from pathlib import Path

from jupyter_auth.cli.doctor.finding import Finding, Findings, Reason
from jupyter_auth.cli.doctor.situation import Situation

NAME = "jupyter-token-broker"
OTHER = "jupyter-auth"  # another project on PyPI that installs a package of the same import name
CHECK = "packages"


def check(_: Situation) -> Findings:
    """The other project's distribution; files of ours that are no longer what was installed."""
    other, own = distribution(OTHER), distribution(NAME)
    if other is not None:
        yield Finding(
            check=CHECK,
            state="fault",
            reason=Reason.OTHER_PACKAGE,
            message=f"{OTHER} {other.version} is installed: another project, whose files have the same names "
            "(jupyter_auth/…).",
            advice=f"Remove it, then install {NAME} again, since they share files:",
            run=(f"{pip()} uninstall -y {OTHER}", installing_again(own)),
        )
        return
    changed = _changed(own) if own else []
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        yield Finding(
            check=CHECK,
            state="fault",
            reason=Reason.FILES_CHANGED,
            message=f"{changed[0]}{more} of {NAME} is not what was installed.",
            advice="Install it again:",
            run=(installing_again(own),),
        )
        return
    version = own.version if own else "(not installed as a package)"
    yield Finding(check=CHECK, state="ok", message=f"{NAME} {version}, Python {sys.version.split()[0]}")


def distribution(name: str) -> metadata.Distribution | None:
    """The installed distribution of that name, if there is one."""
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None


def pip() -> str:
    """How pip is called for this Python."""
    return f"{shlex.quote(sys.executable)} -m pip"


def installing_again(own: metadata.Distribution | None) -> str:
    """The line that installs ours from where it came."""
    install = f"{pip()} install --force-reinstall --no-deps"
    try:
        came = json.loads((own and own.read_text("direct_url.json")) or "{}")  # PEP 610
    except ValueError:
        came = {}
    editable = "--editable " if came.get("dir_info", {}).get("editable") else ""
    url = str(came.get("url", ""))
    return f"{install} {editable}{shlex.quote(url if url.startswith('file:') else NAME)}"


def _changed(own: metadata.Distribution) -> list[str]:
    """The files of ours whose SHA-256 is not that of ``RECORD``, and those that are gone."""
    found = []
    for file in own.files or ():
        if file.hash is None or file.hash.mode != "sha256" or file.parts[0] != "jupyter_auth":
            continue  # configuration is there to be changed
        try:
            digest = hashlib.sha256(Path(str(file.locate())).read_bytes()).digest()
        except OSError:
            digest = b""
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value:
            found.append(str(file))
    return found

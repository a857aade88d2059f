"""Files with secrets of clients, which profiles name: there, whose, and closed to others."""

import os
import shlex
import stat
from pathlib import Path

from jupyter_auth.cli.doctor.finding import Finding, Findings, Reason
from jupyter_auth.cli.doctor.situation import Situation
from jupyter_auth.core.errors import ProfileError
from jupyter_auth.core.profile import Profile
from jupyter_auth.providers.credential_files import credential_file

CHECK = "secrets"
FILES = ("client_secret_file", "client_certificate_file", "client_key_file", "client_assertion_file")
#: Everybody may read a certificate.
PUBLIC = "client_certificate_file"


def check(situation: Situation) -> Findings:
    """Read as an engine would, and not told."""
    seen, faults = 0, 0
    for profile in situation.configuration.profiles.values():
        for key in FILES:
            if getattr(profile, key):
                found = list(_file(profile, key))
                seen, faults = seen + 1, faults + len(found)
                yield from found
        yield from _variable(profile)
    if seen and not faults:
        yield Finding(check=CHECK, state="ok", message=f"{seen} file{'s' * (seen > 1)} of clients' secrets")


def _file(profile: Profile, key: str) -> Findings:
    path = Path(getattr(profile, key)).expanduser()
    try:
        credential_file(profile, key)
        found = path.stat()
    except (ProfileError, OSError) as problem:
        told = problem.message if isinstance(problem, ProfileError) else f"{path}: {problem.strerror}."
        is_there = os.path.lexists(path)
        run = () if is_there else (f"install -m 600 /dev/null {shlex.quote(str(path))}",)
        advice = "Put it there" if is_there else "Make the file, closed to others, and put it there"
        yield _fault(profile, Reason.SECRET_MISSING, told, advice + (":" if run else "."), *run)
        return
    if key == PUBLIC or os.name != "posix":
        return
    if stat.S_IMODE(found.st_mode) & 0o077:
        mode = f"{stat.S_IMODE(found.st_mode):04o}"
        told = f"{path}, the {key} of profile {profile.name!r}, can be read by others (mode {mode})."
        advice = "Close it; where others use this machine, have the provider give you a new one:"
        yield _fault(profile, Reason.SECRET_OPEN, told, advice, f"chmod 600 {shlex.quote(str(path))}")


def _fault(profile: Profile, reason: Reason, message: str, advice: str, *run: str) -> Finding:
    return Finding(
        check=CHECK, about=profile.name, state="fault", reason=reason, message=message, advice=advice, run=run
    )


def _variable(profile: Profile) -> Findings:
    name = profile.client_secret_env
    if name and not os.environ.get(name):
        yield Finding(
            check=CHECK,
            about=profile.name,
            state="note",
            reason=Reason.SECRET_ELSEWHERE,
            message=f"the variable {name} is not set here; the Jupyter server needs it.",
            advice=f"Set {name} where the Jupyter server is started.",
        )

"""Every fault of the settings and the profiles, and whether there is a profile to use."""

import os
import re
import shlex

from jupyter_auth.broker.config.configuration import PROFILE_VARIABLE, user_file
from jupyter_auth.broker.config.settings import PLACE
from jupyter_auth.cli.doctor.finding import Finding, Findings, Reason
from jupyter_auth.cli.doctor.situation import Situation
from jupyter_auth.core.profile import Fault, did_you_mean

CHECK = "configuration"
EXAMPLE = ("[profiles.lake]", 'issuer = "https://idp.example.org"', 'client_id = "notebooks"')


def check(situation: Situation) -> Findings:
    """As a server would read them; flags of a running server are not seen here."""
    configuration = situation.configuration
    for fault in configuration.faults:
        yield _told(fault)
    for name, file in configuration.shut_out.items():
        yield Finding(
            check=CHECK,
            about=name,
            state="note",
            reason=Reason.USER_PROFILES_OFF,
            message=f"{file}: profiles.{name} does not count: "
            "an administrator has switched user profiles off.",
            advice="Ask your administrator for this profile.",
        )
    if configuration.profiles:
        yield from _default(situation)
        names = ", ".join(sorted(configuration.profiles))
        yield Finding(check=CHECK, state="ok", message=f"profiles: {names}")
    elif not configuration.faults:
        may_add = configuration.settings.allow_user_profiles
        yield Finding(
            check=CHECK,
            state="note",
            reason=Reason.NO_PROFILE,
            message="no profile yet: nobody can sign in.",
            advice=f"Add one to {user_file()}, such as:"
            if may_add
            else "Ask your administrator: user profiles are switched off.",
            write=EXAMPLE if may_add else (),
        )


def _told(fault: Fault) -> Finding:
    in_files = not fault.file.startswith(PLACE)
    key = fault.key.rpartition(".")[2]
    meant = re.search(r'did you mean "([^"]+)"', fault.message)
    where = fault.file if in_files else "Jupyter's configuration, then restart the server"
    if meant:
        advice = (
            f"Write {meant[1]} in the place of {key if 'unknown' in fault.message else 'that'} in {where}."
        )
    elif "plain http" in fault.message:
        advice = f"Begin the address with https:// in {where}."
    elif "may be written by every user" in fault.message:
        return _finding(
            fault, "Look what others have written, then close it:", f"chmod go-w {shlex.quote(fault.file)}"
        )
    elif fault.key == "file":
        advice = f"Correct {where}."
    else:
        advice = f"Correct {fault.key} in {where}."
    return _finding(fault, advice)


def _finding(fault: Fault, advice: str, *run: str) -> Finding:
    return Finding(
        check=CHECK,
        state="fault",
        reason=Reason.CONFIGURATION_WRONG,
        message=str(fault) if str(fault).endswith("?") else f"{fault}.",
        advice=advice,
        run=run,
    )


def _default(situation: Situation) -> Findings:
    """A default that names no profile: in the settings, the variable or the file, whichever counts."""
    configuration = situation.configuration
    said = (
        (configuration.settings.default_profile, f"{PLACE}.default_profile"),
        (os.environ.get(PROFILE_VARIABLE), f"the variable {PROFILE_VARIABLE}"),
        (configuration.default_profile, "default_profile"),
    )
    name, where = next(((name, where) for name, where in said if name), ("", ""))
    known = sorted({*configuration.profiles, *configuration.broken, *configuration.shut_out})
    if name and name not in known:
        meant = did_you_mean(name, known) or "."
        yield Finding(
            check=CHECK,
            state="fault",
            reason=Reason.DEFAULT_UNKNOWN,
            message=f"{where} is {name!r}, and there is no such profile{meant}",
            advice=f"Correct {where}. Known profiles: {', '.join(known)}.",
        )

"""This machine's clock beside those of the providers (RFC 9110 §6.6.1 ``Date``)."""

import email.utils
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jupyter_auth.cli.doctor.finding import Finding, Findings, Reason
from jupyter_auth.core.urls import host_of
from jupyter_auth.providers.idtoken import CLOCK_SKEW

CHECK = "clock"
NOTED = 60.0  # seconds of difference
TOGETHER = 120.0  # seconds within which two clocks agree
SYNCHRONISE = "sudo timedatectl set-ntp true"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """By how many seconds this machine is ahead of a host."""

    host: str
    ahead: float


def compare(url: str, headers: Mapping[str, str], before: float, after: float) -> Compared | None:
    """Against the ``Date`` of an answer that was got between two moments; None where it has none that can be
    read. What a cache has kept is older by ``Age``."""
    try:
        told = email.utils.parsedate_to_datetime(headers["Date"]).timestamp()
        age = headers.get("Age", "0")
        told += float(age) if age.isascii() and age.isdecimal() else 0.0
    except (KeyError, ValueError, TypeError, OverflowError, IndexError):
        return None
    # Date has whole seconds: the moment was somewhere in [told, told + 1)
    ahead = before - told - 1 if before > told + 1 else after - told if after < told else 0.0
    return Compared(host=host_of(url), ahead=ahead)


def judged(compared: Sequence[Compared]) -> Findings:
    """One finding for all hosts that say the same."""
    hosts = {known.host: known for known in compared}
    off = [known for known in hosts.values() if abs(known.ahead) > NOTED]
    if not off:
        if hosts:
            yield Finding(check=CHECK, state="ok", message=f"agrees with {', '.join(sorted(hosts))}")
        return
    first = max(off, key=lambda known: abs(known.ahead))
    agree = [known for known in off if abs(known.ahead - first.ahead) < TOGETHER]
    is_ours = len(agree) == len(hosts) > 1
    for known in [first] if is_ours else off:
        yield _told(
            known, [other.host for other in agree] if is_ours else [known.host], len(hosts), is_ours=is_ours
        )


def _told(known: Compared, hosts: list[str], count: int, *, is_ours: bool) -> Finding:
    is_wrong = abs(known.ahead) > CLOCK_SKEW
    way = "ahead of" if known.ahead > 0 else "behind"
    harm = (
        f"Id tokens are refused beyond {CLOCK_SKEW // 60} minutes: nobody can sign in."
        if is_wrong
        else f"That is forgiven up to {CLOCK_SKEW // 60} minutes."
    )
    set_it = "set this machine's clock by the network:"
    if is_ours:
        advice = set_it.capitalize()
    elif count > 1:
        advice = f"Other providers agree with this machine: tell the administrator of {known.host}."
    else:
        advice = f"Compare with another clock (date -u). If {known.host} is right, {set_it}"
    return Finding(
        check=CHECK,
        about="" if is_ours else known.host,
        state="fault" if is_wrong else "note",
        reason=Reason.CLOCK_WRONG if is_wrong else Reason.CLOCK_OFF,
        message=f"this machine is {_span(known.ahead)} {way} {', '.join(sorted(hosts))}. {harm}",
        advice=advice,
        run=(SYNCHRONISE,) if is_ours or count == 1 else (),
    )


def _span(seconds: float) -> str:
    seconds = abs(seconds)
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"

"""Running checks side by side: each in a thread of its own, with a limit; none can stop another, or us."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import wait
from functools import partial

from jupyter_auth.cli.doctor.finding import Finding, Reason
from jupyter_auth.core.faults import where
from jupyter_auth.core.threads import DaemonThreads

Work = Callable[[], Iterable[Finding]]


def side_by_side(jobs: Sequence[tuple[str, str, Work]], limit: float) -> list[Finding]:
    """What all jobs (check, what it is about, the work) find within ``limit`` seconds, in their order."""
    return [finding for found in each_of(jobs, limit) for finding in found]


def each_of(jobs: Sequence[tuple[str, str, Work]], limit: float) -> list[list[Finding]]:
    """The same, job by job.

    One that raises, or does not end, is a finding of its own; what it had found before counts. A thread
    that still waits then is left behind: it is a daemon, and ends with the process.
    """
    if not jobs:
        return []
    threads = DaemonThreads(len(jobs), "jupyter_auth-doctor")
    kept: list[list[Finding]] = [[] for _ in jobs]
    begun = [
        threads.submit(partial(_collect, work, into)) for (_, _, work), into in zip(jobs, kept, strict=True)
    ]
    wait(begun, timeout=limit)
    all_found: list[list[Finding]] = []
    for (check, about, _), future, into in zip(jobs, begun, kept, strict=True):
        is_done = future.done()  # asked first: what one that has ended has found is all there
        found = into[:]  # one that is late may still add to it
        if not is_done:
            found.append(_unfinished(check, about, limit))
        elif problem := future.exception():
            found.append(_failed(check, about, problem))
        all_found.append(found)
    threads.shutdown(wait=False)
    return all_found


def _collect(work: Work, into: list[Finding]) -> None:
    for finding in work():
        into.append(finding)  # one by one: what was found counts, whatever comes after it


def _unfinished(check: str, about: str, limit: float) -> Finding:
    return Finding(
        check=check,
        about=about,
        state="fault",
        reason=Reason.CHECK_TIMEOUT,
        message=f"could not be looked at within {limit:.0f} s.",
        advice="Something does not answer: a network, a folder on one, a keyring. Mend the other faults, "
        "then run the doctor again.",
    )


def _failed(check: str, about: str, problem: BaseException) -> Finding:
    return Finding(
        check=check,
        about=about,
        state="fault",
        reason=Reason.CHECK_FAILED,
        message=f"could not be looked at: {where(problem)}.",
        advice="Mend the other faults, then run the doctor again; if this stays, report it with this line.",
    )

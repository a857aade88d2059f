"""Ending sign-ins wherever this user has them: in the store, and in every running server, whose memory or
whose own store nobody else can reach."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from jupyter_auth.cli import servers
from jupyter_auth.cli.endings import FAILED, OK, code_of, note, print_json
from jupyter_auth.core.errors import AuthError, error_to_wire
from jupyter_auth.core.reports import AccountOutcome, SignOutReport
from jupyter_auth.core.text import clean

Server = dict[str, Any]
Wire = Mapping[str, Any]
R = TypeVar("R", bound=SignOutReport)

#: A server of which one of these is true has nothing that could be ended.
_NOTHING_THERE = ("no_extension", "not_found")
HERE = "here"
_LONGEST_URL = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One place where it could not be done: its URL, or ``here``."""

    where: str
    error: AuthError


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was done in all places, as REST answers it, and where it was not."""

    reports: tuple[Wire, ...]
    problems: tuple[Problem, ...]


def everywhere(here: Callable[[], SignOutReport], at: Callable[[Server], Iterable[Wire]]) -> Done:
    """Do it here, then at each running server. What fails in one place keeps no other from it; a profile
    that only some of them know is done with where it is known. Raises where it was done nowhere."""
    reports: list[Wire] = []
    problems: list[Problem] = []
    for where, work in _places(here, at):
        try:
            reports += [wire for wire in work() if isinstance(wire, Mapping)]
        except AuthError as error:
            if error.reason not in _NOTHING_THERE:
                problems.append(Problem(where=where, error=error))
    if not reports and problems:
        raise problems[0].error
    return Done(
        reports=tuple(reports),
        problems=tuple(p for p in problems if p.error.reason != "unknown_profile"),
    )


def _places(
    here: Callable[[], SignOutReport], at: Callable[[Server], Iterable[Wire]]
) -> Iterator[tuple[str, Callable[[], list[Any]]]]:
    yield HERE, lambda: [here().to_wire()]
    for server in servers.running():
        yield server["url"], lambda server=server: list(at(server))  # type: ignore[misc]


def tell(done: Done, report: SignOutReport, *, as_json: bool) -> int:
    """Print the report of all places; 1 where something could not be done, or not be revoked."""
    if as_json:
        problems = [{"where": p.where, **error_to_wire(p.error)} for p in done.problems]
        print_json({**report.to_wire(), "problems": problems})
    else:
        print(report)
    for problem in done.problems:
        note(f"jupyter auth: not done at {problem.where}: {problem.error}")
    if done.problems:
        return code_of(done.problems[0].error)
    return FAILED if any(account.outcome == "failed" for account in report.accounts) else OK


def accounts_of(done: Done, kind: type[R]) -> tuple[AccountOutcome, ...]:
    """The accounts of all reports, fit to be printed."""
    found = (account for wire in done.reports for account in kind.from_wire(wire).accounts)
    return tuple(
        replace(
            account,
            username=clean(account.username),
            profile=clean(account.profile),
            host=clean(account.host),
            end_session_uri=clean(account.end_session_uri, _LONGEST_URL),
        )
        for account in found
    )

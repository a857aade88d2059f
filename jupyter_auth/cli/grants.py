"""``jupyter auth grants``: what each notebook may use, on all running servers of this user."""

import argparse
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from jupyter_auth.cli import servers
from jupyter_auth.cli.endings import print_json, print_lines
from jupyter_auth.core.errors import PolicyError, ProfileError, TransportError

Row = dict[str, Any]

_DECISIONS = {"allow": "allow", "refuse": "deny"}
_VERBS = {
    "list": "kernels, what they may use, and what they ask for",
    "allow": "let a kernel use a profile",
    "refuse": "keep a kernel from a profile, and from asking for it",
    "revoke": "take back what was allowed or refused",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``list``, ``allow``, ``refuse``, ``revoke``."""
    does = parser.add_subparsers(dest="does", metavar="VERB", required=True)
    for verb, told in _VERBS.items():
        one = does.add_parser(verb, help=told)
        one.add_argument("--json", action="store_true", help="print JSON")
        if verb == "list":
            continue
        one.add_argument(
            "kernel", metavar="KERNEL", help="its id, or how that begins, or its notebook's path"
        )
        one.add_argument("profile", metavar="PROFILE", nargs="?" if verb == "revoke" else None)
        if verb != "revoke":
            one.add_argument("--scopes", help="with spaces between them; without it, those of the profile")
            one.add_argument("--account", help="username or home_account_id; without it, any")
            one.add_argument("--notebook", action="store_true", help="also for the notebook's next kernel")


def run(args: argparse.Namespace) -> int:
    """List, allow, refuse or revoke; raises ``AuthError`` for what cannot be done."""
    if args.does == "list":
        return _list(as_json=args.json)
    server, kernel = _chosen(args.kernel)
    resource = f"kernels/{kernel['kernel_id']}/grants"
    if args.does == "revoke":
        narrowed = f"?profile={quote(args.profile, safe='')}" if args.profile else ""
        rows = servers.ask(server, resource + narrowed, "DELETE")
    else:
        said = {
            "profile": args.profile,
            "scopes": args.scopes.split() if args.scopes else None,
            "account": args.account,
            "decision": _DECISIONS[args.does],
            "remember": "notebook" if args.notebook else "kernel",
        }
        rows = servers.ask(server, resource, "PUT", said)
    with servers.reading(server):
        lines = _lines({**kernel, "grants": rows})
    if args.json:
        print_json(rows)
    else:
        print_lines(lines)
    return 0


def _list(*, as_json: bool) -> int:
    rows = [
        {**kernel, "server": server["url"], "asks": _of(kernel, waiting)}
        for server, kernels, waiting in _asked()
        for kernel in kernels
    ]
    if as_json:
        print_json(rows)
    elif not rows:
        print("No kernel of a running Jupyter server has asked for anything.")
    for row in () if as_json else rows:
        print_lines(_lines(row))
    return 0


def _of(kernel: Row, waiting: list[Row]) -> list[Row]:
    return [asked for asked in waiting if asked["requested_by"]["kernel_id"] == kernel["kernel_id"]]


def _asked() -> list[tuple[Row, list[Row], list[Row]]]:
    """Each server that has a broker, with its kernels and the questions that wait there."""
    found = []
    for server in servers.running():
        with suppress(TransportError, PolicyError):  # another server need have no broker
            interactions, kernels = servers.ask(server, "interactions"), servers.ask(server, "kernels")
            with servers.reading(server):
                waiting = [
                    one for one in interactions if one["state"] == "pending" and one["flow"] == "consent"
                ]
                for kernel in kernels:
                    _lines({**kernel, "asks": _of(kernel, waiting)})
            found.append((server, kernels, waiting))
    return found


def _chosen(named: str) -> tuple[Row, Row]:
    """The one kernel that is meant; raises ``ProfileError``."""
    every = [(server, kernel) for server, kernels, _ in _asked() for kernel in kernels]
    exact = [pair for pair in every if named in (pair[1]["kernel_id"], pair[1]["notebook"])]
    found = exact or [pair for pair in every if named and pair[1]["kernel_id"].startswith(named)]
    if len(found) != 1:
        raise ProfileError(
            f"{'Several kernels are' if found else 'No kernel is'} called {named!r}.",
            reason="unknown_kernel",
            hint="See: jupyter auth grants list",
        )
    return found[0]


def _lines(kernel: Row) -> list[str]:
    lines = [f"{kernel['kernel_id']}  {kernel['notebook'] or kernel['kernel_name'] or ''}".rstrip()]
    for grant in kernel["grants"]:
        may = "may use" if grant["decision"] == "allow" else "may not use"
        whose = f" as {grant['account']}" if grant["account"] else ""
        scopes = f" for {' '.join(grant['scopes'])}" if grant["scopes"] else ""
        until = "for this notebook" if grant["remember"] == "notebook" else "until it is shut down"
        lines.append(f"  {may} {grant['profile']}{whose}{scopes} · {until}")
    for asked in kernel.get("asks", ()):
        whose = f" as {asked['account']}" if asked["account"] else ""
        lines.append(f"  asks for {asked['profile']}{whose}: {' '.join(asked['scopes'])}")
    return lines if len(lines) > 1 else [*lines, "  nothing was decided"]

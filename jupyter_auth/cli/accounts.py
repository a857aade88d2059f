"""``jupyter auth accounts``."""

import argparse
from typing import Any

from jupyter_auth.cli import options, servers
from jupyter_auth.cli.endings import note, print_json
from jupyter_auth.core.errors import AuthError, PolicyError, TransportError

Row = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Of which profile."""
    options.add_profile(parser, "of all profiles")
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """List who is signed in, in the store and at the running servers; raises ``AuthError``."""
    rows = list(_rows(args.profile).values())
    if args.json:
        print_json(rows)
        return 0
    for row in rows:
        words = [row["username"] or row["home_account_id"], row["profile"]]
        words += ["used by default"] if row.get("default") else []
        words += ["needs a new sign-in"] if row.get("state") == "needs_sign_in" else []
        words += [] if row["here"] else [f"only in {', '.join(row['servers'])}"]
        print(" · ".join(words))
    if not rows:
        note("Nobody is signed in.")
    return 0


def _rows(profile: str | None) -> dict[tuple[str, str], Row]:
    """One for each account of a profile: ``here`` where a script finds it, ``servers`` that know of it."""
    import jupyter_auth as ja

    rows: dict[tuple[str, str], Row] = {}
    problem: AuthError | None = None
    try:
        for account in ja.get_accounts(profile):
            rows[account.profile, account.home_account_id] = account.to_wire() | {"here": True, "servers": []}
    except AuthError as error:
        problem = error  # a server may have such a profile all the same
    for server in servers.running():
        try:
            told = servers.accounts(server)
        except (TransportError, PolicyError) as error:
            if error.reason != "no_extension":
                note(f"jupyter auth: {error}")
            continue
        for row in told:
            if profile in (None, row["profile"]):
                known = rows.setdefault(
                    (row["profile"], row["home_account_id"]), {**row, "here": False, "servers": []}
                )
                known["state"] = row["state"]
                known["servers"].append(server["url"])
    if problem is not None and not rows:
        raise problem
    return rows

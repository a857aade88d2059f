"""``jupyter auth logout``."""

import argparse
from collections.abc import Iterator
from urllib.parse import quote

from jupyter_auth.broker.accounts import matching
from jupyter_auth.cli import options, servers
from jupyter_auth.cli.everywhere import Server, Wire, accounts_of, everywhere, tell
from jupyter_auth.core.account import Account
from jupyter_auth.core.errors import ProfileError
from jupyter_auth.core.reports import SignOutReport


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Who, and of which profile."""
    options.add_profile(parser, "every profile")
    options.add_account(parser, "without it, all of the profile")
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Sign out and print the report; raises ``AuthError``."""
    import jupyter_auth as ja

    narrowed = f"?profile={quote(args.profile, safe='')}" if args.profile else ""

    def at(server: Server) -> Iterator[Wire]:
        known = [Account.from_wire(row) for row in servers.accounts(server)]
        meant = matching([a for a in known if args.profile in (None, a.profile)], args.account)
        names = {account.home_account_id for account in meant}
        for name in sorted(names):
            resource = f"accounts/{quote(name, safe='')}{narrowed}"
            yield servers.ask(server, resource, "DELETE", timeout=servers.TIMEOUT_WITH_PROVIDER)

    done = everywhere(lambda: ja.sign_out(args.profile, account=args.account), at)
    report = SignOutReport(accounts=accounts_of(done, SignOutReport))
    if args.account and not report.accounts and not done.problems:
        raise ProfileError(
            f"Nobody of that name is signed in{f' to {args.profile}' if args.profile else ''}.",
            reason="no_account",
            hint="See: jupyter auth accounts",
        )
    return tell(done, report, as_json=args.json)

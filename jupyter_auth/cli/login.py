"""``jupyter auth login``."""

import argparse

from jupyter_auth.cli import options
from jupyter_auth.cli.acquiring import at_a_terminal, interactive
from jupyter_auth.cli.endings import print_json
from jupyter_auth.core.errors import InteractionRequiredError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whom to ask, and for what."""
    options.add_profile(parser)
    options.add_request(parser)
    options.add_person(parser)
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Ask a person; raises ``AuthError``."""
    from jupyter_auth.kernel.api import get_accounts
    from jupyter_auth.kernel.asking import can_ask
    from jupyter_auth.kernel.interactive import log_in

    with at_a_terminal():
        said = interactive(args.interactive)
        if said is False or not (said is True or can_ask()):
            if args.profile is not None:
                get_accounts(args.profile)  # whoever mistyped the profile is to hear of that
            raise InteractionRequiredError(
                "Nobody can be asked here: stdin or stderr is no person's terminal.",
                reason="no_terminal",
                profile=args.profile,
            )
        found = log_in(args.profile, **options.request_of(args), **options.person_of(args))
    if args.json:
        account = found.account
        told = {"profile": found.profile, "scopes": found.scopes, "expires_on": found.expires_on}
        print_json({**told, "account": account.to_wire() if account else None})
    return 0

"""``jupyter auth token``: an access token on stdout, for programs that take one there."""

import argparse
import sys
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from jupyter_auth.cli import options
from jupyter_auth.cli.acquiring import at_a_terminal, interactive
from jupyter_auth.cli.endings import note, print_json
from jupyter_auth.core.errors import AuthError

if TYPE_CHECKING:
    from jupyter_auth.core.result import AuthenticationResult


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which token, and in which form."""
    options.add_profile(parser)
    options.add_request(parser)
    parser.add_argument("--for-client", action="store_true", help="the application's own, not a person's")
    parser.add_argument("--force-refresh", action="store_true", help="a new one in any case")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--header", action="store_true", help="print it as an Authorization header")
    form.add_argument("--json", action="store_true", help="print JSON, with expires_on, scopes and account")
    options.add_person(parser)
    parser.set_defaults(refuse=parser.error)


def run(args: argparse.Namespace) -> int:
    """Print it; raises ``AuthError``."""
    with at_a_terminal():
        found = acquire(args)
    if sys.stdout is not None and sys.stdout.isatty():
        until = datetime.fromtimestamp(found.expires_on).strftime("%H:%M")
        note(f"Whoever sees this token can use it until {until}. Programs are better given it by a pipe:")
        note("  jupyter auth run --help")
    if args.json:
        print_json(_told(found))
    elif args.header:
        print(*(f"{name}: {value}" for name, value in found.headers().items()))
    else:
        print(found.reveal())
    return 0


def acquire(args: argparse.Namespace) -> "AuthenticationResult":
    """The token that the options name; raises ``AuthError``."""
    import jupyter_auth as ja

    if args.for_client:
        if args.account or args.login_hint or args.flow:
            args.refuse("--for-client is nobody's token: it takes no --account, --login-hint or --flow")
        get = partial(
            ja.acquire_token_for_client,
            args.profile,
            scopes=args.scopes,
            tenant=args.tenant,
            timeout=args.timeout,
        )
        without_a_person = get
    else:
        get = partial(ja.get_token, args.profile, **options.request_of(args), **options.person_of(args))
        without_a_person = partial(get, interactive=False)
        get = partial(get, interactive=interactive(args.interactive))
    if args.force_refresh:
        # A new one means another than is cached now, be that a second old: this process must have seen it.
        with suppress(AuthError):
            without_a_person()
    return get(force_refresh=args.force_refresh)


def _told(found: "AuthenticationResult") -> dict[str, Any]:
    account = found.account
    return {
        "access_token": found.reveal(),
        "token_type": found.token_type,
        "expires_on": found.expires_on,
        "profile": found.profile,
        "scopes": found.scopes,
        "account": account.to_wire() if account else None,
        "tenant_id": found.tenant_id,
    }

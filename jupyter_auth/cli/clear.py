"""``jupyter auth clear``."""

import argparse
from collections.abc import Iterator
from urllib.parse import urlencode

from jupyter_auth.cli import options, servers
from jupyter_auth.cli.everywhere import Server, Wire, accounts_of, everywhere, tell
from jupyter_auth.core.reports import ClearReport


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What, and whether the providers are to know."""
    options.add_profile(parser, "everything")
    parser.add_argument("--revoke", action="store_true", help="afterwards, also revoke at the providers")
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Clear and print the report; raises ``AuthError``."""
    import jupyter_auth as ja

    said = {"profile": args.profile, "revoke": "true" if args.revoke else None}
    query = urlencode({name: value for name, value in said.items() if value})

    def at(server: Server) -> Iterator[Wire]:
        resource = f"cache?{query}" if query else "cache"
        yield servers.ask(server, resource, "DELETE", timeout=servers.TIMEOUT_WITH_PROVIDER)

    done = everywhere(lambda: ja.clear_cache(args.profile, revoke=args.revoke), at)
    parts = [ClearReport.from_wire(wire) for wire in done.reports]
    report = ClearReport(
        accounts=accounts_of(done, ClearReport),
        access_tokens=sum(part.access_tokens for part in parts),
        refresh_tokens=sum(part.refresh_tokens for part in parts),
    )
    return tell(done, report, as_json=args.json)

"""``jupyter auth profiles``: its verbs and their options."""

import argparse

from jupyter_auth.cli import options
from jupyter_auth.cli.profiles.keys import OPTIONS
from jupyter_auth.core.profile import PROVIDERS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``list``, ``add``, ``test``."""
    does = parser.add_subparsers(dest="does", metavar="VERB", required=True)
    listed = does.add_parser("list", help="every profile, where it stands, and what is wrong with it")
    options.add_json(listed)
    added = does.add_parser("add", help="write a profile; at a terminal, what is not said is asked")
    added.add_argument(
        "name", metavar="NAME", nargs="?", type=options.name, help="what notebooks will call it"
    )
    added.add_argument("--provider", choices=PROVIDERS, help="of which kind the provider is")
    for key, told in OPTIONS.items():
        added.add_argument(f"--{key.replace('_', '-')}", metavar="…", type=options.name, help=told)
    added.add_argument("--default", action="store_true", help="use it where no profile is named")
    added.add_argument("--replace", action="store_true", help="in place of one of this name")
    added.add_argument("--offline", action="store_true", help="write it without asking the provider")
    options.add_json(added)
    tested = does.add_parser("test", help="ask its provider whether it would work, without a sign-in")
    options.add_profile(tested)
    tested.add_argument("--sign-in", action="store_true", help="and sign in, to be certain")
    options.add_json(tested)
    parser.set_defaults(refuse=parser.error)


def run(args: argparse.Namespace) -> int:
    """Do what was said; raises ``AuthError``."""
    if args.does == "list":
        from jupyter_auth.cli.profiles.listing import run_list

        return run_list(as_json=args.json)
    if args.does == "add":
        from jupyter_auth.cli.profiles.adding import run_add

        return run_add(args)
    from jupyter_auth.cli.profiles.trying import run_test

    return run_test(args)

"""``jupyter auth doctor``: its options, and which of its two questions is asked."""

import argparse

from jupyter_auth.cli.doctor import policy_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``--json``, and the options of ``--policy``."""
    parser.add_argument("--json", action="store_true", help="print JSON")
    policy_options.add_arguments(parser)
    parser.set_defaults(refuse=parser.error)


def run(args: argparse.Namespace) -> int:
    """Look for faults, or tell the policy; 1 where something is wrong or refused."""
    if not policy_options.is_complete(args):
        args.refuse("a question needs --policy, and --profile or --issuer")
    if args.policy:
        from jupyter_auth.cli.doctor.policy import run_policy

        return run_policy(args)
    from jupyter_auth.cli.doctor.examination import run_doctor

    return run_doctor(as_json=args.json)

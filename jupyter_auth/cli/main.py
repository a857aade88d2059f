"""``jupyter auth``: the frame of verbs."""

import argparse
import sys
from collections.abc import Sequence

from jupyter_auth import __version__
from jupyter_auth.cli import policy_options
from jupyter_auth.core.errors import AuthError

OK, FAILED, USAGE = 0, 1, 2


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(prog="jupyter auth", description="One token broker beside the notebooks.")
    top.add_argument("--version", action="version", version=__version__)
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)

    status = verbs.add_parser("status", help="running servers with a broker, and who is signed in there")
    status.add_argument("--json", action="store_true", help="print JSON")

    doctor = verbs.add_parser("doctor", help="look for what is wrong, and say what to do")
    doctor.add_argument("--json", action="store_true", help="print JSON")
    policy_options.add_arguments(doctor)

    _add_grants(verbs.add_parser("grants", help="what each notebook may use, and what it asks for"))

    rotate = verbs.add_parser("rotate-key", help="seal the token store under new keys")
    rotate.add_argument(
        "--forget-old", action="store_true", help="destroy the keys before: what they sealed opens no more"
    )

    demo = verbs.add_parser("demo", help="try it: a small identity provider, an API, and JupyterLab")
    demo.add_argument("--check", action="store_true", help="run the same without a browser, and tell")
    demo.add_argument("--no-browser", action="store_true", help="do not open a browser")
    demo.add_argument("--port", type=_port, help="port of the Jupyter server")
    return top


def _add_grants(grants: argparse.ArgumentParser) -> None:
    does = grants.add_subparsers(dest="does", metavar="VERB", required=True)
    verbs = {
        "list": "kernels, what they may use, and what they ask for",
        "allow": "let a kernel use a profile",
        "refuse": "keep a kernel from a profile, and from asking for it",
        "revoke": "take back what was allowed or refused",
    }
    for verb, told in verbs.items():
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


def _port(text: str) -> int:
    if not text.isdecimal() or not int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 0 to 65535")
    return int(text)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; 0 is success, 1 a failure that was explained, 2 a wrong command line."""
    command = parser()
    args = command.parse_args(argv)
    if args.verb == "doctor" and not policy_options.is_complete(args):
        command.error("doctor: a question needs --policy, and --profile or --issuer")
    try:
        return _run(args)
    except AuthError as problem:
        print(f"jupyter auth: {problem}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return 130


def _run(args: argparse.Namespace) -> int:
    if args.verb == "status":
        from jupyter_auth.cli.status import run_status

        return run_status(as_json=args.json)
    if args.verb == "doctor":
        if args.policy:
            from jupyter_auth.cli.policy import run_policy

            return run_policy(args)
        from jupyter_auth.cli.doctor import run_doctor

        return run_doctor(as_json=args.json)
    if args.verb == "grants":
        from jupyter_auth.cli.grants import run_grants

        return run_grants(args)
    if args.verb == "rotate-key":
        from jupyter_auth.cli.rotate import run_rotate

        return run_rotate(forget_old=args.forget_old)
    if args.check:
        from jupyter_auth.cli.demo.check import run_check

        return run_check()
    from jupyter_auth.cli.demo.run import run_demo

    return run_demo(open_browser=not args.no_browser, port=args.port)


if __name__ == "__main__":
    sys.exit(main())

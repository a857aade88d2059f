"""``jupyter auth demo``: its options, and whether a person looks at it."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``--check``, ``--no-browser``, ``--port``."""
    parser.add_argument("--check", action="store_true", help="run the same without a browser, and tell")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    parser.add_argument("--port", type=_port, help="port of the Jupyter server")


def run(args: argparse.Namespace) -> int:
    """Run the demo until it is stopped, or its check to the end."""
    if args.check:
        from jupyter_auth.cli.demo.check import run_check

        return run_check()
    from jupyter_auth.cli.demo.run import run_demo

    return run_demo(open_browser=not args.no_browser, port=args.port)


def _port(text: str) -> int:
    if not text.isdecimal() or not int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 0 to 65535")
    return int(text)

"""``jupyter auth``: the frame of verbs."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple, Protocol, cast

from jupyter_auth import __version__
from jupyter_auth.core.errors import AuthError

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


class Verb(NamedTuple):
    """A verb: what it is for, and the module that has its options and does it."""

    help: str
    module: str


class VerbModule(Protocol):
    """What ``Verb.module`` has; only the module of the verb that was said is imported."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The verb's own options."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it; answers the exit code, or raises ``AuthError`` for what it explains."""


VERBS = {
    "status": Verb("running servers with a broker, and who is signed in there", "status"),
    "doctor": Verb("look for what is wrong, and say what to do", "doctor.verb"),
    "grants": Verb("what each notebook may use, and what it asks for", "grants"),
    "rotate-key": Verb("seal the token store under new keys", "rotate"),
    "demo": Verb("try it: a small identity provider, an API, and JupyterLab", "demo.verb"),
}


def module_of(verb: str) -> VerbModule:
    """The module that does ``verb``."""
    return cast("VerbModule", import_module(f"jupyter_auth.cli.{VERBS[verb].module}"))


def parser(said: Sequence[str] = tuple(VERBS)) -> argparse.ArgumentParser:
    """The command line, with the options of the verbs that are among ``said``."""
    top = argparse.ArgumentParser(prog="jupyter auth", description="One token broker beside the notebooks.")
    top.add_argument("--version", action="version", version=__version__)
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, verb in VERBS.items():
        own = verbs.add_parser(name, help=verb.help, description=verb.help)
        if name in said:
            module_of(name).add_arguments(own)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; 0 is success, 1 a failure that was explained, 2 a wrong command line."""
    said = sys.argv[1:] if argv is None else argv
    args = parser(said).parse_args(said)
    try:
        return module_of(args.verb).run(args)
    except AuthError as problem:
        print(f"jupyter auth: {problem}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())

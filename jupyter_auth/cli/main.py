"""``jupyter auth``: the frame of verbs."""

import argparse
import atexit
import gc
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple, Protocol, cast

from jupyter_auth import __version__
from jupyter_auth.cli import endings


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
    "login": Verb("sign in, whatever is cached", "login"),
    "token": Verb("print an access token", "token"),
    "run": Verb("run a command that reads a token from a file or a descriptor", "run.verb"),
    "accounts": Verb("who is signed in", "accounts"),
    "logout": Verb("sign out: forget here, and revoke at the provider", "logout"),
    "clear": Verb("wipe the token cache, here and in all running servers", "clear"),
    "profiles": Verb("list, add and test what one can sign in to", "profiles.verb"),
    "status": Verb("running servers with a broker, and who is signed in there", "status"),
    "doctor": Verb("look for what is wrong, and say what to do", "doctor.verb"),
    "agent": Verb("a broker of your own, for where there is no Jupyter server", "agent"),
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
    verbs = top.add_subparsers(dest="verb", metavar="VERB")
    for name, verb in VERBS.items():
        own = verbs.add_parser(name, help=verb.help, description=verb.help)
        if name in said:
            module_of(name).add_arguments(own)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; answers the exit code, of which ``endings`` says the meaning."""
    said = sys.argv[1:] if argv is None else argv
    args = argparse.Namespace()
    if argv is None:
        endings.prepare_streams()
        # Python looks for garbage once more when it ends: up to a quarter of what a short verb takes.
        atexit.register(gc.freeze)

    def work() -> int:
        words = parser(said)
        words.parse_args(said, args)
        if args.verb is None:
            words.print_help(sys.stderr)
            return endings.USAGE
        return module_of(args.verb).run(args)

    ended = endings.ended(work, as_json=lambda: getattr(args, "json", False))
    if ended == endings.INTERRUPTED and argv is None:
        # the broker of this process has still to save what is under way: whoever cannot wait ends that, too
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    return ended


if __name__ == "__main__":
    sys.exit(main())

"""``jupyter auth run -- COMMAND``: its options, and what becomes of them."""

import argparse
import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from jupyter_auth.cli import endings, options
from jupyter_auth.cli.acquiring import at_a_terminal
from jupyter_auth.core.errors import AuthError

if TYPE_CHECKING:
    from jupyter_auth.core.result import AuthenticationResult

    Acquire = Callable[[], AuthenticationResult]

FAILED, NOT_RUNNABLE, NOT_FOUND = 125, 126, 127  # as env, nice and timeout have them
_FIRST_FREE = 3  # after stdin, stdout and stderr
_LAST = 255
_PLACEHOLDER = re.compile(r"\{(token_file|header_file|fd)\}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which token, where it goes, and the command."""
    parser.usage = "%(prog)s [options] -- COMMAND [ARGUMENT ...]"
    parser.epilog = (
        "In the command's words, {token_file} and {header_file} become the paths of files with the token and "
        "with an Authorization header, which are kept up to date while it runs; {fd} becomes the number of a "
        "descriptor from which the token can be read."
    )
    parser.add_argument("--profile", type=options.name, metavar="NAME", help="without it, the default")
    options.add_request(parser)
    parser.add_argument("--for-client", action="store_true", help="the application's own, not a person's")
    parser.add_argument("--fd", type=_number, metavar="N", help="let the command read it from descriptor N")
    parser.add_argument(
        "--token-file", type=_variable, metavar="VARIABLE", help="set VARIABLE to the path of a file of it"
    )
    parser.add_argument(
        "--header-file", type=_variable, metavar="VARIABLE", help="the same with an Authorization header"
    )
    options.add_person(parser)
    parser.add_argument("command", metavar="COMMAND", nargs="+", help="the command and its arguments")
    parser.set_defaults(refuse=parser.error, force_refresh=False)


def run(args: argparse.Namespace) -> int:
    """Run the command; its exit code, or 125 to 127 where it did not run."""
    places = set(_PLACEHOLDER.findall(" ".join(args.command)))
    if not (places or args.fd or args.token_file or args.header_file):
        args.refuse("say where the command reads its token: {token_file}, {header_file}, {fd} or an option")
    try:
        with at_a_terminal():
            from jupyter_auth.cli.token import acquire

            first = acquire(args)
            return _with_token(args, places, first)
    except AuthError as problem:
        endings.tell(problem, as_json=False)
    except OSError as problem:
        endings.note(f"jupyter auth: no place for the token: {problem.strerror}: {problem.filename}")
    return FAILED


def _with_token(args: argparse.Namespace, places: set[str], first: "AuthenticationResult") -> int:
    from jupyter_auth.cli.run.child import Child
    from jupyter_auth.cli.run.files import content, descriptor_of, folder
    from jupyter_auth.cli.run.supply import Supply

    with Child() as child, folder() as own:
        values, environment = dict[str, str](), _environment()
        files = []
        for place, variable, form in (
            ("token_file", args.token_file, _token),
            ("header_file", args.header_file, _header),
        ):
            if place in places or variable:
                path = own / place.removesuffix("_file")
                files.append((content(path), form))
                values[place] = str(path)
                if variable:
                    environment[variable] = str(path)
        descriptors = {}
        if "fd" in places or args.fd:
            number = args.fd or _FIRST_FREE
            values["fd"] = str(number)
            descriptors[number] = descriptor_of(first.reveal(), own)
        words = [_PLACEHOLDER.sub(lambda found: values[found[1]], word) for word in args.command]
        with Supply(_again(args, first), files, first):
            return _run(child.run, words, environment, descriptors)


def _run(
    run: Callable[[list[str], dict[str, str], dict[int, int]], int],
    words: list[str],
    environment: dict[str, str],
    descriptors: dict[int, int],
) -> int:
    try:
        return run(words, environment, descriptors)
    except OSError as problem:
        endings.note(f"jupyter auth: {words[0]}: {problem.strerror}")
        return NOT_FOUND if isinstance(problem, FileNotFoundError) else NOT_RUNNABLE
    except ValueError:
        endings.note("jupyter auth: the command has a word that no command can have")
        return NOT_RUNNABLE


def _again(args: argparse.Namespace, first: "AuthenticationResult") -> "Acquire":
    """The same for the same person, and never with a question."""
    import jupyter_auth as ja

    if args.for_client:
        return lambda: ja.acquire_token_for_client(args.profile, scopes=args.scopes, tenant=args.tenant)
    account = first.account
    request = options.request_of(args) | ({"account": account.home_account_id} if account else {})
    return lambda: ja.acquire_token_silent(args.profile, **request)


def _token(found: "AuthenticationResult") -> str:
    return found.reveal()


def _header(found: "AuthenticationResult") -> str:
    return "".join(f"{name}: {value}\n" for name, value in found.headers().items())


def _environment() -> dict[str, str]:
    """Ours, without the secrets of clients that a profile names: the command is given a token, no more."""
    from jupyter_auth.broker.config.configuration import config_files, load
    from jupyter_auth.broker.config.settings_files import load_settings

    profiles = load(config_files(), load_settings()).profiles.values()
    secrets = {profile.client_secret_env for profile in profiles}
    return {name: value for name, value in os.environ.items() if name not in secrets}


def _number(text: str) -> int:
    number = int(text)  # argparse tells a ValueError in words
    if not _FIRST_FREE <= number <= _LAST:
        raise argparse.ArgumentTypeError(f"must be from {_FIRST_FREE} to {_LAST}")
    return number


def _variable(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        raise argparse.ArgumentTypeError("must be the name of an environment variable")
    return text

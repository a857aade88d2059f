"""The options that several verbs have, and the arguments of ``get_token`` that they stand for."""

import argparse
import math
from contextlib import suppress
from typing import Any

from jupyter_auth.core.profile import FLOWS


def add_profile(parser: argparse.ArgumentParser, without: str = "the default profile") -> None:
    """The profile, by its place; ``without`` it, something else is meant."""
    parser.add_argument(
        "profile", metavar="PROFILE", nargs="?", type=name, help=f"its name; without it, {without}"
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """``--json``: what was asked for on stdout, and an error on stderr, too."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_request(parser: argparse.ArgumentParser) -> None:
    """What a token is to be for."""
    parser.add_argument("--scopes", help="with spaces between them; without it, those of the profile")
    add_account(parser, "where several are signed in")
    parser.add_argument("--tenant", help="in place of the profile's (Entra only)")


def add_account(parser: argparse.ArgumentParser, more: str) -> None:
    """``--account``; ``more`` says when it is needed."""
    parser.add_argument(
        "--account", type=name, metavar="NAME", help=f"its username or home_account_id; {more}"
    )


def add_person(parser: argparse.ArgumentParser) -> None:
    """Whether and how a person is asked."""
    asks = parser.add_mutually_exclusive_group()
    asks.add_argument(
        "--interactive",
        dest="interactive",
        action="store_const",
        const=True,
        default="auto",
        help="ask for a sign-in on stderr even where that is no terminal",
    )
    asks.add_argument(
        "--no-interactive",
        dest="interactive",
        action="store_const",
        const=False,
        help="never ask: exit with 3 where a person is needed",
    )
    parser.add_argument("--flow", choices=FLOWS, help="how to sign in; without it, what works best here")
    parser.add_argument("--login-hint", metavar="NAME", help="the account to propose at the provider")
    parser.add_argument("--timeout", type=seconds, metavar="SECONDS", help="how long to wait for a person")


def request_of(args: argparse.Namespace) -> dict[str, Any]:
    """The keyword arguments that ``add_request`` stands for."""
    return {"scopes": args.scopes, "account": args.account, "tenant": args.tenant}


def person_of(args: argparse.Namespace) -> dict[str, Any]:
    """The keyword arguments that ``add_person`` stands for, but for ``interactive``."""
    return {"flow": args.flow, "login_hint": args.login_hint, "timeout": args.timeout}


def name(text: str) -> str:
    """A word that names something: an unset variable of a shell must not come to mean everything."""
    if not text.strip():
        raise argparse.ArgumentTypeError("is empty")
    return text


def seconds(text: str) -> float:
    """How long to wait: some time, but not for ever."""
    with suppress(ValueError):
        if 0 < (value := float(text)) < math.inf:
            return value
    raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds, more than 0")

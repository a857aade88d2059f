"""What stands in a line of ``%get_token`` or ``%auth``; their docstrings say what each word is for."""

from __future__ import annotations

import shlex
from argparse import ArgumentParser
from inspect import getdoc
from typing import Any, NoReturn

from IPython.core.error import UsageError

from jupyter_auth.kernel.magics import AuthMagics


class LineParser(ArgumentParser):
    """Reads the words of a magic; what is wrong with them is IPython's error for that, and ends nothing."""

    def error(self, message: str) -> NoReturn:
        """Raise ``UsageError``."""
        raise UsageError(message)


def parsed(magic: str, line: str) -> Any:
    """The arguments of a magic's line, in any order, without a comment or a closing semicolon."""
    try:
        words = shlex.split(_code(line))
    except ValueError:
        raise UsageError("A quote is not closed.") from None
    if {"--help", "-h"} & set(words):
        raise UsageError(getdoc(getattr(AuthMagics, magic)))
    return PARSERS[magic]().parse_intermixed_args(words)


def get_token_parser() -> LineParser:
    """The words of ``%get_token``."""
    parser = LineParser(add_help=False)
    parser.add_argument("profile", nargs="?")
    parser.add_argument("scopes", nargs="*")
    for option in ("--account", "--tenant", "--login-hint", "--flow"):
        parser.add_argument(option)
    for option in ("--force-refresh", "--no-prompt"):
        parser.add_argument(option, action="store_true")
    parser.add_argument("--timeout", type=float)
    return parser


def auth_parser() -> LineParser:
    """The words of ``%auth``."""
    parser = LineParser(add_help=False)
    parser.add_argument("verb", nargs="?", default="panel")
    parser.add_argument("profile", nargs="?")
    parser.add_argument("scopes", nargs="*")
    for option in ("--account", "--flow"):
        parser.add_argument(option)
    parser.add_argument("--revoke", action="store_true")
    return parser


PARSERS = {"get_token": get_token_parser, "auth": auth_parser}


def _code(line: str) -> str:
    """The line up to a comment: IPython hands magics all of it."""
    quote, is_escaped = "", False
    for place, char in enumerate(line):
        if is_escaped:
            is_escaped = False
        elif char == "\\" and quote != "'":
            is_escaped = True
        elif quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char == "#" and (place == 0 or line[place - 1].isspace()):
            line = line[:place]
            break
    return line.rstrip().removesuffix(";")

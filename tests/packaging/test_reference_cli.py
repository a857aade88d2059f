"""The reference of the command line names every verb, every option and every exit code, and no other."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_auth.cli import endings
from jupyter_auth.cli.main import VERBS, parser
from jupyter_auth.cli.run import verb as run_verb

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "cli.md"
_OPTION = re.compile(r"`(--[a-z][a-z-]*)")


def sections() -> dict[str, str]:
    """What the page says below each ``## `jupyter auth VERB```."""
    parts = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    headed = (part.partition("\n") for part in parts)
    return {
        head.removeprefix("`jupyter auth ").rstrip("`"): text
        for head, _, text in headed
        if head.startswith("`jupyter auth ")
    }


def parsers(of: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """The verbs below a parser, and those below these."""
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield name, below
                yield from parsers(below)


def options(of: argparse.ArgumentParser) -> set[str]:
    own = {option for action in of._actions for option in action.option_strings} - {"-h", "--help"}
    return own.union(*(options(below) for _, below in parsers(of)))


def test_every_verb_has_its_section_and_no_other() -> None:
    assert sections().keys() == VERBS.keys()


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_of_a_verb_is_named_and_no_other(verb: str) -> None:
    (own,) = (found for name, found in parsers(parser([verb])) if name == verb)
    text = sections()[verb]
    assert set(_OPTION.findall(text)) == options(own)
    below = {name for name, _ in parsers(own)}
    assert {name for name in below if not re.search(rf"^`{name}\b", text, flags=re.MULTILINE)} - set(
        re.findall(r", `(\w+) ", text)
    ) == set()


def test_every_exit_code_is_named_and_no_other() -> None:
    rows = re.findall(r"^\| ([\d, ]+) \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    named = {int(code) for row in rows for code in row.split(",")}
    codes = {vars(endings)[name] for name in vars(endings) if name.isupper() and name[0] != "_"}
    assert named == codes | {run_verb.FAILED, run_verb.NOT_RUNNABLE, run_verb.NOT_FOUND}

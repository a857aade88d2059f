"""What can be said of a block without running it: that it is written rightly."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import re
import shlex
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from importlib import import_module

import yaml
from IPython.core.inputtransformer2 import TransformerManager

from jupyter_auth.cli.main import parser
from tests.docs.collecting import Block

#: Blocks of these are something to look at: a drawing, what a program prints, a table of another program.
TO_LOOK_AT = ("text",)
#: What nothing here can run: such a block says which test does, or why none.
RUN_ELSEWHERE = ("r",)
#: A line that sets something in Jupyter's own configuration.
SETS = re.compile(r"^c\.(\w+)\.(\w+)", re.MULTILINE)
#: What ends a command on a line of the shell.
_ENDS = set("();<>|&")
_CLASSES = {
    "JupyterAuth": "jupyter_auth.broker.config.traits:JupyterAuth",
    "ServerApp": "jupyter_server.serverapp:ServerApp",
}


def problems(block: Block) -> list[str]:
    """What is wrong with it; raises ``ValueError`` for a language that nobody knows here."""
    if block.language in TO_LOOK_AT:
        return []
    if block.language in RUN_ELSEWHERE:
        told = f"{block}: nothing here runs {block.language}: say `run by: tests/…`, or why it is not run"
        return [] if not block.marks.is_run else [told]
    if block.language not in CHECKS:
        known = ", ".join((*CHECKS, *RUN_ELSEWHERE, *TO_LOOK_AT))
        raise ValueError(f"{block}: a block in {block.language or 'no language'!r}; known are {known}")
    return [f"{block}: {problem}" for problem in CHECKS[block.language](block)]


def is_configuration(block: Block) -> bool:
    """Whether it is for ``jupyter_server_config.py`` or the like, and not for a kernel."""
    return block.language == "python" and bool(SETS.search(block.text))


def _python(block: Block) -> Iterator[str]:
    for code in (block.marks.before, block.text):
        try:
            plain = TransformerManager().transform_cell(code)  # type: ignore[no-untyped-call]
            compile(plain, str(block), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        except SyntaxError as problem:
            yield f"line {problem.lineno}: {problem.msg}"
    for name, trait in SETS.findall(block.text):
        if name in _CLASSES:
            module, _, attribute = _CLASSES[name].partition(":")
            if not getattr(import_module(module), attribute).class_traits(config=True).get(trait):
                yield f"{name} has no setting {trait}"


def _bash(block: Block) -> Iterator[str]:
    done = subprocess.run(
        ["bash", "-n"], input=block.text, capture_output=True, text=True, check=False, timeout=20
    )
    if done.returncode:
        yield done.stderr.strip()
        return
    for words in commands(block.text):
        if words[:2] == ["jupyter", "auth"]:
            yield from command_line(words[2:])


def commands(text: str) -> Iterator[list[str]]:
    """The simple commands of a script, in words; what is within quotes is one."""
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        for word in (*lexer, ";"):
            if not _ENDS.issuperset(word):
                words.append(word)
            elif words:
                yield words
                words = []


def command_line(words: list[str]) -> Iterator[str]:
    """What our own parser of command lines has to say."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            parser(words).parse_args(words)
    except SystemExit as end:
        if end.code:
            yield f"jupyter auth {shlex.join(words)}: {said.getvalue().strip().splitlines()[-1]}"


def _parsed(reads: Callable[[str], object]) -> Callable[[Block], Iterator[str]]:
    def check(block: Block) -> Iterator[str]:
        try:
            reads(block.text)
        except (ValueError, yaml.YAMLError) as problem:
            yield str(problem)

    return check


def _yaml(text: str) -> None:
    for _ in yaml.safe_load_all(text):
        pass


CHECKS: dict[str, Callable[[Block], Iterator[str]]] = {
    "python": _python,
    "bash": _bash,
    "toml": _parsed(tomllib.loads),
    "json": _parsed(json.loads),
    "yaml": _parsed(_yaml),
}

"""A block that another test runs: whether what the block says really occurs in that test.

A test that reads the page runs its blocks as they stand there. In any other are looked for the words that a
block cannot do without: commands with their options, functions with their keywords, modules. All words of a
statement must be in what one of the tests is made of: its own function, the functions, fixtures, classes and
constants of the tests that it names, and so on.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import dropwhile, takewhile
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager

from tests.docs.checks import commands
from tests.docs.collecting import Block
from tests.docs.marks import ROOT

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_Place = tuple[Path, str]

_R_CALL = re.compile(r"\b([A-Za-z_][\w.]*)\(|\b([a-z_]+) = ")
#: What the shell has itself, and what stands in R before a comment.
_PLAIN = ("if", "!", "then")
#: Words of our command line, up to three of which say what is to be done.
_VERBS = {
    *("accounts", "add", "agent", "allow", "clear", "demo", "doctor", "grants", "list", "login", "logout"),
    *("profiles", "refuse", "revoke", "run", "start", "status", "stop", "test", "token"),
}
_MAGIC = ("run_line_magic", "run_cell_magic")
_NO_WORDS = ("get_ipython", "print")


def missing(block: Block) -> list[str]:
    """The statements of a block that do not occur in the tests that it names; or what is wrong with these."""
    file, names = tests_of(block)
    for name in names:
        if not name.lower().startswith("test") or name not in _names(ROOT / file):
            return [f"there is no test {name} in {file}"]
    made_of = ["\n".join(pieces_of(ROOT / file, name)) for name in names]
    if any(_is_in(block.page.name, source) for source in made_of):
        return []
    if not (said := statements(block)):
        return [f"nothing of the block can be looked for in {block.marks.run_by}"]
    return [
        f"{' '.join(words)!r} does not occur in {block.marks.run_by}"
        for words in said
        if not any(all(_is_in(word, source) for word in words) for source in made_of)
    ]


def tests_of(block: Block) -> tuple[str, list[str]]:
    """The file, and the names of its tests."""
    file, _, names = block.marks.run_by.partition("::")
    return file, names.split("+")


def _is_in(word: str, source: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", source) is not None


# -- what a block cannot do without ------------------------------------------------------------------------


def statements(block: Block) -> list[list[str]]:
    """The words of each of its statements."""
    read = {"bash": _of_bash, "python": _of_python, "r": _of_r}.get(block.language)
    return [words for words in read(block.text) if words] if read else []


def _of_bash(text: str) -> Iterator[list[str]]:
    """Those of ours; of another program, which may read what ours write, only where there is none of ours."""
    plain = [list(dropwhile(_PLAIN.__contains__, words)) for words in commands(text)]
    ours = [words[2:] for words in plain if words[:2] == ["jupyter", "auth"]]
    if ours:
        yield from map(_of_command, ours)
        return
    for words in filter(None, plain):
        yield [words[0], *(word for word in words[1:] if word.startswith("-"))]


def _of_command(words: list[str]) -> list[str]:
    """The verb, the options, and what stands for a token in a command that is started."""
    verbs = list(takewhile(lambda word: word in _VERBS, words))
    told = [word for word in words if word.startswith("--") and word != "--"]
    return [*verbs, *told, *re.findall(r"{\w+}", " ".join(words))]


def _of_python(text: str) -> Iterator[list[str]]:
    plain = TransformerManager().transform_cell(text)  # type: ignore[no-untyped-call]
    code = compile(plain, "block", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    for statement in code.body:
        yield list(dict.fromkeys(_of_statement(statement)))


def _of_statement(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.ClassDef):  # what is within is for the reader to write
        yield from (base.id for base in statement.bases if isinstance(base, ast.Name))
        return
    for node in ast.walk(statement):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, names=names):
                yield from (str(module), *(alias.name for alias in names))
            case ast.Call(func=ast.Attribute(attr=name)) | ast.Call(func=ast.Name(id=name)):
                if name in _MAGIC:
                    yield str(node.args[0].value)  # type: ignore[attr-defined]
                elif name not in _NO_WORDS:
                    yield name
            case ast.keyword(arg=str(name)):
                yield name
            case ast.ExceptHandler(type=ast.Attribute(attr=name)):
                yield name


def _of_r(text: str) -> Iterator[list[str]]:
    code = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for line in code.splitlines():
        yield [call or name for call, name in _R_CALL.findall(line)]


# -- what a test is made of --------------------------------------------------------------------------------


def pieces_of(file: Path, name: str) -> list[str]:
    """The source of a test, and of all of the tests' own that it needs."""
    found: dict[_Place, str] = {}
    waiting: list[_Place] = [(file, name)]
    while waiting:
        place = waiting.pop()
        if place in found or (node := _names(place[0]).get(place[1])) is None:
            continue
        if isinstance(node, Path):  # a whole module, of which only what is named counts: see ``_needed``
            continue
        if isinstance(node, tuple):
            waiting.append(node)
            continue
        found[place] = _source(place[0], node)
        waiting += _needed(place[0], node)
    return list(found.values())


def _needed(file: Path, node: ast.stmt) -> Iterator[_Place]:
    for part in ast.walk(node):
        match part:
            case ast.Attribute(value=ast.Name(id=module), attr=name):
                there = _names(file).get(module)
                if isinstance(there, Path):
                    yield there, name
            case ast.Name(id=name) | ast.arg(arg=name):
                yield _fixture(file, name)


def _fixture(file: Path, name: str) -> _Place:
    """Where a name is defined: in the file, or as a fixture in the next ``conftest.py`` that has it."""
    for folder in file.parents:
        if name in _names(file):
            break
        if (folder / "conftest.py").exists() and name in _names(folder / "conftest.py"):
            return folder / "conftest.py", name
        if folder == ROOT:
            break
    return file, name


@cache
def _names(file: Path) -> dict[str, ast.stmt | _Place | Path]:
    """What a module of the tests has at its top: definitions, and where imported ones are."""
    found: dict[str, ast.stmt | _Place | Path] = {}
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, _Definition):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id: node for target in targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            for alias in node.names:
                is_ours = module is not None and module.startswith("tests.")
                found[alias.asname or alias.name] = _imported(str(module), alias.name) if is_ours else node
    return found


def _imported(module: str, name: str) -> _Place | Path:
    folder = ROOT.joinpath(*module.split("."))
    if (folder / f"{name}.py").is_file():
        return folder / f"{name}.py"
    file = folder.with_suffix(".py")
    return (file if file.is_file() else folder / "__init__.py"), name


@cache
def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def _source(file: Path, node: ast.stmt) -> str:
    decorators = node.decorator_list if isinstance(node, _Definition) else []
    first = min([node.lineno, *(one.lineno for one in decorators)])
    return "\n".join(_lines(file)[first - 1 : node.end_lineno])

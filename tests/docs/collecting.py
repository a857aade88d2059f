"""The code blocks of a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from mdit_py_plugins.colon_fence import colon_fence_plugin

from tests.docs import marks
from tests.docs.marks import ROOT, WRITING, Marks

if TYPE_CHECKING:
    from markdown_it.token import Token

#: Directives of MyST whose text is code, in the language that follows them.
CODE = ("code", "code-block")
#: Directives whose text is no Markdown.
OPAQUE = (
    "eval-rst",
    "image",
    "figure",
    "include",
    "literalinclude",
    "toctree",
    "raw",
    "mermaid",
    "generated",
)

HOW_TO = ROOT / "docs" / "how-to"

_PARSER = MarkdownIt("commonmark").enable("table").use(colon_fence_plugin)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A code block, as it stands on its page."""

    page: Path
    line: int
    language: str
    text: str
    marks: Marks = marks.PLAIN

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """The README and every page of the documentation that has code."""
    found = sorted(path for path in (ROOT / "docs").rglob("*.md") if "_build" not in path.parts)
    return [page for page in (ROOT / "README.md", *found) if blocks(page)]


def blocks(page: Path, text: str | None = None) -> list[Block]:
    """The blocks of a page, in its order; raises ``ValueError`` with the place of a comment that is wrong."""
    said = text if text is not None else page.read_text(encoding="utf-8")
    return list(_blocks(page, said, 1))


def _blocks(page: Path, text: str, first_line: int) -> Iterator[Block]:
    pending: tuple[str, int] | None = None
    every = marks.PLAIN  # for what follows, where a block has no comment of its own
    for token in _PARSER.parse(text):
        line = first_line + (token.map or [0])[0]
        if token.type == "html_block" and marks.is_comment(token.content):
            if pending:
                raise ValueError(_at(page, pending[1], "no code block follows the comment"))
            if marks.is_for_all(token.content):
                every = _read(page, line, token.content)
            else:
                pending = token.content, line
        elif token.type in {"fence", "colon_fence"}:
            name, argument = _head(token)
            if name and name not in CODE:
                if name not in OPAQUE:
                    yield from _blocks(page, token.content, line + 1)
                continue
            said, pending = pending, None
            read = _read(page, line, said[0]) if said else every
            yield Block(page=page, line=line, language=argument, text=token.content, marks=read)
    if pending:
        raise ValueError(_at(page, pending[1], "no code block follows the comment"))


def _read(page: Path, line: int, comment: str) -> Marks:
    try:
        return marks.read(comment)
    except marks.MarkError as problem:
        raise ValueError(_at(page, line, str(problem))) from problem


def _head(token: Token) -> tuple[str, str]:
    """The directive, if it is one, and the language."""
    first, _, rest = token.info.strip().partition(" ")
    if first.startswith("{"):
        return first.strip("{}"), rest.strip()
    return "", first


def _at(page: Path, line: int, problem: str) -> str:
    where = f"{page.relative_to(ROOT)}:{line}: {problem}"
    return where if WRITING in where else f"{where}\n\n{WRITING}"

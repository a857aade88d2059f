"""Parts of the reference that are made of the code itself when the pages are built: ``{generated} NAME``.

``rest`` is the table of resources in ``openapi.yaml``, ``events`` the fields of every event's schema. So
neither can say anything else than the code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

import jupyter_auth.server
from jupyter_auth.server.events import SCHEMAS

_METHODS = ("get", "post", "put", "delete")
_VALUE = re.compile(r"^\d+\. (\w+)\n", re.MULTILINE)


def rest() -> str:
    """The resources with their verbs, in the description's order."""
    file = Path(jupyter_auth.server.__file__).parent / "openapi.yaml"
    rows = ["| resource | verb | what it does |", "|---|---|---|"]
    for path, item in yaml.safe_load(file.read_text(encoding="utf-8"))["paths"].items():
        for method in _METHODS:
            if operation := item.get(method):
                rows.append(f"| `{path.lstrip('/')}` | {method.upper()} | {operation['summary']} |")
    return "\n".join(rows)


def events() -> str:
    """Every event: when there is one, and what it holds."""
    return "\n".join(line for path in SCHEMAS for line in _event(yaml.safe_load(path.read_text("utf-8"))))


def _event(schema: dict[str, Any]) -> Iterator[str]:
    yield f"## {schema['title']}\n"
    yield f"`{schema['$id']}`\n"
    yield schema["description"]
    for name, field in schema["properties"].items():
        values = ", ".join(f"`{'null' if value is None else value}`" for value in field.get("enum", ()))
        # what each value means stands in the description as a numbered list
        first, *meant = _VALUE.split(field["description"].strip())
        yield f"`{name}`"
        yield f": {_line(first)}{f' One of {values}.' if values and not meant else ''}\n"
        for value, words in zip(meant[::2], meant[1::2], strict=True):
            yield f"  - `{value}`: {_line(words)}"
        yield ""


def _line(text: str) -> str:
    return " ".join(text.split())


MAKERS: dict[str, Callable[[], str]] = {"rest": rest, "events": events}


class Generated(SphinxDirective):
    """The directive."""

    required_arguments = 1

    def run(self) -> list[Any]:
        """The part as nodes of the page."""
        return self.parse_text_to_nodes(MAKERS[self.arguments[0]](), allow_section_headings=True)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Make the directive known."""
    app.add_directive("generated", Generated)
    return {"parallel_read_safe": True}

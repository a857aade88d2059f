"""The words of the prompt, read from ``strings.json`` when the first of them is needed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A sentence whose values are still apart, so that HTML can isolate and escape each of them.

    ``str(phrase)`` is the sentence as plain text.
    """

    template: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format_map(self.values)


def phrase(key: str, /, *, count: int | None = None, **values: str) -> Phrase:
    """The sentence ``key`` with its values; ``count`` chooses between one and many, and fills ``{count}``."""
    entry = _table()[key]
    if isinstance(entry, dict):
        entry = entry["one" if count == 1 else "other"]
    if count is not None:
        values["count"] = str(count)
    return Phrase(template=entry, values=values)


def text(key: str, /, *, count: int | None = None, **values: str) -> str:
    """``phrase`` as plain text."""
    return str(phrase(key, count=count, **values))


def known(key: str) -> bool:
    """Whether there is a sentence of this name."""
    return key in _table()


def verbatim(value: str) -> Phrase:
    """A name, path or other value that stands alone."""
    return Phrase(template="{value}", values={"value": value})


@cache
def _table() -> dict[str, str | dict[str, str]]:
    data = files(__package__).joinpath("strings.json").read_text("utf-8")
    table: dict[str, str | dict[str, str]] = json.loads(data)
    return table

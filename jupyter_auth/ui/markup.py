"""Filling the parts of the files in ``card``: every value is escaped unless it is markup of ours."""

import re
from functools import cache
from html import escape
from importlib.resources import files
from string import Template

from jupyter_auth.ui.strings import Phrase


class Html(str):
    """Markup made here, from our own files and escaped values."""

    __slots__ = ()


def fill(part: str, **values: str) -> Html:
    """The part with its values; a plain ``str`` is text and gets escaped."""
    safe = {name: value if isinstance(value, Html) else escape(value) for name, value in values.items()}
    return Html(_parts()[part].substitute(safe))


def sentence(words: Phrase) -> Html:
    """A sentence in which each value is escaped and keeps its own direction."""
    values = {name: f"<bdi>{escape(value)}</bdi>" for name, value in words.values.items()}
    return Html(escape(words.template).format_map(values))


@cache
def stylesheet(name: str = "card.css") -> Html:
    """A sheet without its comments and indentation, since every card carries it."""
    css = re.sub(r"/\*.*?\*/", "", _asset(name), flags=re.DOTALL)
    return Html(re.sub(r"\s+", " ", css).strip())


@cache
def script() -> Html:
    """``card.js``; it holds no value of a request, so it is the same in every card."""
    return Html("\n" + _asset("card.js"))


@cache
def _parts() -> dict[str, Template]:
    assets = _asset("card.html") + _asset("panel.html")
    pieces = re.split(r"^<!-- part: ([\w-]+) -->\n", assets, flags=re.MULTILINE)
    return {name: Template(body.strip()) for name, body in zip(pieces[1::2], pieces[2::2], strict=True)}


def _asset(name: str) -> str:
    return files(__package__).joinpath("card", name).read_text("utf-8")

"""The prompt as plain text: the floor that every front end and every terminal can show."""

from collections.abc import Iterable, Mapping
from textwrap import wrap
from typing import Any

from jupyter_auth.ui.content import Card, Fact, Line, Outcome, read
from jupyter_auth.ui.strings import phrase, text
from jupyter_auth.ui.words import duration

_WIDTH = 79
_INDENT = "  "


def render_text(
    interaction: Mapping[str, Any], *, now: float, terminal: bool = False, unicode: bool = True
) -> str:
    """The interaction as text: the request while it is pending, one line once it has ended.

    ``terminal`` names the terminal's way to stop; ``unicode=False`` keeps to signs of ASCII.
    """
    content = read(interaction, now=now)
    shown = _card(content, terminal) if isinstance(content, Card) else _line(content, unicode)
    return shown if unicode else shown.replace("·", "-").replace("…", "...")


def _card(card: Card, terminal: bool) -> str:
    blocks = [
        [*_wrapped(str(card.title)), *_wrapped(str(card.caution))],
        _facts(card.facts),
        _wrapped(" ".join(map(str, card.why))),
        _action(card),
        _wrapped(text("card.slow.hint")) if card.slow else [],
        _wrapped(_ending(card, terminal)),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _facts(facts: Iterable[Fact]) -> list[str]:
    width = max((len(fact.label) for fact in facts), default=0)
    lines = []
    for fact in facts:
        label = fact.label
        for value in _values(fact.lines):
            lead = f"{_INDENT}{label.ljust(width)}  "
            lines += _wrapped(value, lead)
            label = ""
    return lines


def _values(lines: Iterable[Line]) -> list[str]:
    values: list[str] = []
    for line in lines:
        said = f"{line.words} ({line.raw})" if line.raw else str(line.words)
        if line.kind == "continues":
            values[-1] = f"{values[-1]} {said}"
        else:
            values.append(said)
    return values


def _action(card: Card) -> list[str]:
    if card.elsewhere:
        return _wrapped(str(card.elsewhere))
    if card.by_code:
        steps = [text("text.open", url=card.url)] if card.url else []
        steps += [text("text.enter", code=card.code)] if card.code else []
        return [_INDENT + step for step in steps]
    if not card.url:
        return []
    then = [_INDENT + text("card.step.paste") + "."] if card.must_paste else []
    line = _INDENT + text("text.openAndSignIn", url=card.url)
    if len(line) <= _WIDTH:
        return [line, *then]
    before, after = phrase("text.openAndSignIn").template.split("{url}")
    return [*(_INDENT + part.strip() for part in (before, card.url, after) if part.strip()), *then]


def _ending(card: Card, terminal: bool) -> str:
    time = duration(card.left)
    if card.by_code:
        return text("text.expiresTerminal" if terminal else "text.expires", time=time)
    return text("card.waiting.ends", time=time) + "."


def _line(outcome: Outcome, unicode: bool) -> str:
    good, bad = ("✓", "✗") if unicode else ("ok", "--")
    return " ".join([good if outcome.good else bad, *map(str, outcome.phrases)])


def _wrapped(value: str, lead: str = "") -> list[str]:
    """The value in lines under 80 columns, as far as its words allow; what follows aligns with its start."""
    return wrap(
        value,
        _WIDTH,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )

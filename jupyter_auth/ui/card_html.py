"""The prompt as HTML that any notebook front end can show: one element with its style and script.

It reads well without either of them. The style reaches nothing outside the card, the script adds a
Copy button and a live countdown and opens nothing, and neither loads anything. The outcome is a
single line without script, since that line stays in the notebook.
"""

import json
from collections.abc import Iterable, Mapping
from hashlib import blake2s
from typing import Any

from jupyter_auth.ui.content import Card, Fact, Outcome, expired, read
from jupyter_auth.ui.markup import Html, fill, script, sentence, stylesheet
from jupyter_auth.ui.strings import phrase, text
from jupyter_auth.ui.words import duration

_LONG_CODE = 16  # characters that fit in one line beside the Copy button
_DASH = "\N{EN DASH}"  # screen readers pass over a hyphen between spaces
_GOOD, _WARN = "var(--jp-success-color1,#388e3c)", "var(--jp-warn-color0,#e65100)"
_BAD, _SOFT = "var(--jp-error-color1,#d32f2f)", "var(--jp-ui-font-color2,currentColor)"
_LINE_ICONS = {
    "done": ("path-tick", _GOOD),
    "cancelled": ("path-cross", _SOFT),
    "expired": ("path-clock", _WARN),
    "declined": ("path-refused", _BAD),
    "refused": ("path-refused", _SOFT),
    "failed": ("path-alert", _BAD),
    "offline": ("path-offline", _BAD),
    "shield": ("path-shield", _BAD),
}


def render_card(interaction: Mapping[str, Any], *, now: float) -> str:
    """The interaction as HTML: a card while it is pending, one line once it has ended."""
    content = read(interaction, now=now)
    return _card(content) if isinstance(content, Card) else _line(content)


def _card(card: Card) -> Html:
    return fill(
        "card",
        key=blake2s(card.id.encode("utf-8", "replace"), digest_size=6).hexdigest(),
        state="slow" if card.slow else "waiting",
        created=f"{card.created_on:.0f}",
        expires=f"{card.expires_on:.0f}",
        left=f"{card.left:.0f}",
        words=json.dumps(_script_words(card)),
        css=stylesheet(),
        js=script(),
        icon=_icon("path-shield", _WARN) if card.elsewhere else _icon("path-key", "var(--ja-accent)"),
        title=sentence(card.title),
        caution=sentence(card.caution),
        facts=_join(_fact(fact) for fact in card.facts),
        steps=_steps(card),
        tip=Html("") if card.elsewhere else _tip(card),
        low=Html(" data-low" if card.slow else ""),
        percent=f"{100 * card.share_left:.1f}",
        status=text(_status_key(card)),
        time=text(_time_key(card), time=duration(card.left)),
        stop=text("card.stop"),
    )


def _tip(card: Card) -> Html:
    return fill(
        "tip",
        hidden=Html("" if card.slow else ' hidden="hidden"'),
        icon=_icon("path-clock", "var(--ja-soft)"),
        words=text("card.slow.hint"),
    )


def _status_key(card: Card) -> str:
    if card.elsewhere:
        return "card.consent.waiting"
    return "card.slow" if card.slow else "card.waiting"


def _time_key(card: Card) -> str:
    return "card.waiting.expires" if card.by_code else "card.waiting.ends"


def _script_words(card: Card) -> dict[str, str]:
    """The sentences the script needs, with their braces, so that it has none of its own."""
    keys = {
        "time": _time_key(card),
        "soon": "a11y.expiresSoon" if card.by_code else _time_key(card),
        "slow": "card.consent.waiting" if card.elsewhere else "card.slow",
        "copied": "card.copied",
        "copiedAloud": "a11y.copied",
        "minute": "time.minute",
        "second": "time.second",
        "hour": "time.hour",
        "hourMinute": "time.hourMinute",
    }
    words = {name: phrase(key).template for name, key in keys.items()}
    ended = phrase("card.consent.expired") if card.elsewhere else expired(by_code=card.by_code)
    return {**words, "expired": str(ended)}


def _fact(fact: Fact) -> Html:
    lines = []
    for line in fact.lines:
        if line.raw:
            lines.append(fill("scope", words=sentence(line.words), raw=line.raw))
        else:
            lines.append(fill("value" if line.kind == "value" else "sub", words=sentence(line.words)))
    return fill("fact", label=fact.label, lines=_join(lines))


def _steps(card: Card) -> Html:
    if card.elsewhere:
        return fill("elsewhere", words=sentence(card.elsewhere))
    if card.by_code:
        steps = [_step("card.step.copy", _code(card.code))] if card.code else []
        steps += [_step("card.step.enter", _link(card))] if card.url else []
    else:
        said = [Html(" ".join(sentence(words) for words in card.why))] if card.why else []
        said += [] if card.must_paste else [sentence(phrase("card.browser.note"))]
        notes = [fill("sub", words=words) for words in said]
        steps = [_step("card.step.open", _join([_link(card), *notes]))] if card.url else []
        steps += [_step("card.step.paste", Html(""))] if card.url and card.must_paste else []
    return fill("steps", steps=_join(steps)) if steps else Html("")


def _step(key: str, action: Html) -> Html:
    return fill("step", words=text(key), action=action)


def _code(code: str) -> Html:
    return fill(
        "code",
        code=code,
        long=Html(" ja-long" if len(code) > _LONG_CODE else ""),
        spelled=text("a11y.code", letters=" ".join(code.replace("-", _DASH))),
        copy=text("card.copy"),
        copy_icon=_icon("path-copy", "inherit", "ja-before"),
        copied_icon=_icon("path-tick", "inherit", "ja-after"),
        refused=text("card.copyRefused"),
    )


def _link(card: Card) -> Html:
    return fill(
        "link",
        url=card.url,
        words=sentence(phrase("card.open", host=card.url_name)),
        new_tab=text("a11y.newTab"),
        icon=_icon("path-open", "inherit"),
    )


def _line(outcome: Outcome) -> Html:
    path, color = _LINE_ICONS[outcome.icon]
    return fill(
        "line",
        role="alert" if outcome.urgent else "status",
        icon=_icon(path, color),
        words=Html(" ".join(sentence(words) for words in outcome.phrases)),
    )


def _icon(path: str, color: str, name: str = "") -> Html:
    return fill("icon", path=fill(path), color=color, name=name)


def _join(pieces: Iterable[str]) -> Html:
    return Html("\n".join(pieces))

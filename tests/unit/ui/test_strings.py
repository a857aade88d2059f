import json
import re
from pathlib import Path

import pytest

import jupyter_auth.ui
from jupyter_auth.ui.strings import known, phrase, text

UI = Path(jupyter_auth.ui.__path__[0])
TABLE = json.loads((UI / "strings.json").read_text("utf-8"))
KEYS = {key for key in TABLE if not key.startswith("@")}


def test_plural() -> None:
    assert text("card.fact.more", count=1) == "and 1 more notebook waits"
    assert text("card.fact.more", count=2) == "and 2 more notebooks wait"


def test_values_are_not_read_as_patterns() -> None:
    said = phrase("card.title.you", profile="{0.__class__}{profile}%s$x")
    assert str(said) == "Sign in to {0.__class__}{profile}%s$x"


def test_an_unknown_key_is_an_error() -> None:
    assert not known("card.nothing")
    with pytest.raises(KeyError):
        phrase("card.nothing")


def test_every_string_is_used_and_every_used_string_exists() -> None:
    source = "".join(path.read_text("utf-8") for path in UI.rglob("*.py"))
    used = set(re.findall(r"""["']((?:card|scope|time|a11y|text|panel)\.[\w.]+)["']""", source))
    used -= {"card.html", "card.css", "card.js"}
    used -= {"panel.html", "panel.css", "panel.js"}
    used |= {f"panel.column.{name}" for name in ("profile", "account", "state", "token")}
    used |= {f"card.fact.{name}" for name in re.findall(r'_fact\("(\w+)"', source)}
    assert used <= KEYS
    assert {key for key in KEYS - used if not key.startswith("scope.")} == set()


def test_plural_entries_have_both_forms_and_patterns_are_plain_names() -> None:
    for key in KEYS:
        entry = TABLE[key]
        forms = [entry] if isinstance(entry, str) else [entry["one"], entry["other"]]
        for form in forms:
            assert re.fullmatch(r"(?:[^{}]|\{\w+\})+", form), key

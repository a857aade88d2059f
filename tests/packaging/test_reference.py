"""The reference names what the package offers: no more (Sphinx would warn), and no less."""

from __future__ import annotations

import re
from pathlib import Path

import jupyter_auth
from docs import generated
from jupyter_auth.server.events import AUDIT, TOPICS
from tests.support.description import operations, pages, websockets

PAGES = Path(__file__).resolve().parents[2] / "docs" / "reference"


def test_every_public_name_is_in_the_reference() -> None:
    documented = set(
        re.findall(
            r"^\.\. auto\w+:: (\w+)", (PAGES / "api.md").read_text(encoding="utf-8"), flags=re.MULTILINE
        )
    )
    assert documented == set(jupyter_auth.__all__) - {"__version__", "load_ipython_extension"}


def test_every_rest_resource_with_its_verbs_is_in_the_reference() -> None:
    assert "```{generated} rest\n" in (PAGES / "rest.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\S+)` \| ([A-Z]+) \|", generated.rest(), flags=re.MULTILINE)
    documented = {(f"/{resource}", verb.lower()) for resource, verb in rows}
    assert documented == operations() | websockets() | pages()


def test_every_event_with_its_fields_is_in_the_reference() -> None:
    assert "```{generated} events\n" in (PAGES / "events.md").read_text("utf-8")
    made = generated.events()
    assert set(re.findall(r"^`(https:\S+)`$", made, flags=re.MULTILINE)) == {*TOPICS.values(), AUDIT}
    for field in ("home_account_id", "interaction", "waiting"):
        assert f"\n`{field}`\n: " in made
    assert "- `needs_sign_in`: The provider no longer accepts" in made and "`records_lost`" in made

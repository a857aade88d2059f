"""The reference names what the package offers: no more (Sphinx would warn), and no less."""

from __future__ import annotations

import re
from pathlib import Path

import jupyter_auth
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
    documented, resource = set(), ""
    rows = re.findall(
        r"^\| (?:`(\S+)`)? ?\| ([A-Z]+) \|", (PAGES / "rest.md").read_text("utf-8"), flags=re.MULTILINE
    )
    for named, verb in rows:
        resource = named or resource  # the first cell stays empty where a resource has a second verb
        documented.add((f"/{resource}", verb.lower()))
    assert documented == operations() | websockets() | pages()


def test_every_event_is_in_the_reference() -> None:
    page = (PAGES / "events.md").read_text("utf-8")
    assert set(re.findall(r"^\| `(https:\S+)` \|", page, flags=re.MULTILINE)) == {*TOPICS.values(), AUDIT}

"""The reference names what the package offers: no more (Sphinx would warn), and no less."""

from __future__ import annotations

import re
from pathlib import Path

import jupyter_auth

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "api.md"


def test_every_public_name_is_in_the_reference() -> None:
    documented = set(
        re.findall(r"^\.\. auto\w+:: (\w+)", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    )
    assert documented == set(jupyter_auth.__all__) - {"__version__", "load_ipython_extension"}

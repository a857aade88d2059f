"""The reference names every key of a profile."""

from __future__ import annotations

from pathlib import Path

from jupyter_auth.core.presets import PRESETS
from jupyter_auth.core.profile_checks import CHECKS, PROVIDERS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "configuration.md"


def test_every_key_of_a_profile_is_in_the_reference() -> None:
    text = PAGE.read_text(encoding="utf-8")
    missing = [key for key in CHECKS if f"`{key}`" not in text]
    assert missing == []


def test_every_provider_and_preset_is_in_the_reference() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in (*PROVIDERS, *PRESETS) if f'`"{name}"`' not in text] == []

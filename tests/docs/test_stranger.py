"""The page that connects one's own provider, followed to the letter but for a new environment."""

import pytest

from tests.docs.stranger import stranger

pytestmark = pytest.mark.timeout(300)  # JupyterLab's start is in it


def test_the_pages_words_lead_to_the_api() -> None:
    told: list[str] = []
    with stranger(told.append, here=True) as who:
        who.follow()
    transcript = "\n".join(told)
    assert "Only continue if you started this just now." in transcript
    assert "'asked_by': {'username': 'ada'}" in transcript
    assert "ok    provider of lake" in transcript

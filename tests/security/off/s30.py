"""Without S30: an address is judged as a parser reads it, and not as it is written."""

from urllib.parse import urlsplit

import pytest

from jupyter_auth.providers import answers
from jupyter_auth.ui import content


def _is_safe_link(url: object, issuer: str) -> bool:
    try:
        return isinstance(url, str) and urlsplit(url).scheme == "https"
    except ValueError:
        return False


def switch_off(patch: pytest.MonkeyPatch) -> None:
    """As it says above."""
    for module in (answers, content):
        patch.setattr(module, "is_safe_link", _is_safe_link)

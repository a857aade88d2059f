"""Logs as they are: nothing in them is masked."""

import pytest

from jupyter_auth.core import log_filter


def switch_off(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(log_filter, "mask", lambda record: None)
    patch.setattr(log_filter, "_masked", lambda text, looks=None: text)  # of warnings

"""Results and secrets as objects that show what they hold, and can be copied like any."""

from typing import Any

import pytest

from jupyter_auth.core.result import AuthenticationResult
from jupyter_auth.core.secret import Secret


def _shown(self: Any) -> str:
    return f"<{type(self).__name__} {self.reveal()}>"


def switch_off(patch: pytest.MonkeyPatch) -> None:
    for kind in (Secret, AuthenticationResult):
        patch.setattr(kind, "__repr__", _shown)
        patch.setattr(kind, "__str__", _shown)
        patch.setattr(kind, "__format__", lambda self, spec: format(_shown(self), spec))
        patch.setattr(kind, "__reduce_ex__", object.__reduce_ex__)
        patch.setattr(kind, "__getstate__", object.__getstate__)
        patch.setattr(kind, "__setattr__", object.__setattr__)

"""Without S12: answers hold, beside their listed fields, all that providers were sent and have said."""

from typing import Any

import pytest
import requests

from jupyter_auth.broker.signing_in.interaction import Interaction
from jupyter_auth.broker.tokens import handing
from jupyter_auth.core.wire import result_to_wire

KEPT = 24_000  # characters, so that an answer is still a frame


def switch_off(patch: pytest.MonkeyPatch) -> None:
    """As it says above."""
    seen: list[str] = []
    send, shown = requests.Session.send, Interaction.to_wire

    def heard(self: requests.Session, request: Any, **options: Any) -> requests.Response:
        answer = send(self, request, **options)
        seen.extend([f"{dict(request.headers)} {request.body}", answer.text])
        return answer

    def passed_on() -> dict[str, str]:
        return {"provider": " ".join(seen)[-KEPT:]}

    patch.setattr(requests.Session, "send", heard)
    patch.setattr(Interaction, "to_wire", lambda self: shown(self) | passed_on())
    patch.setattr(handing, "result_to_wire", lambda found: result_to_wire(found) | passed_on())

"""An answer's ``state`` is not looked at: it is for whichever request waits."""

from collections.abc import Mapping

import pytest

from jupyter_auth.broker.signing_in.answers import Answers
from jupyter_auth.broker.signing_in.code_sign_in import CodeSignIn
from jupyter_auth.broker.signing_in.interaction import Interaction
from jupyter_auth.cache.records import AccountRecord


def switch_off(patch: pytest.MonkeyPatch) -> None:
    take = CodeSignIn.take

    def awaiting(self: Answers, state: str) -> Interaction | None:
        return next((known for known in self._interactions.all() if known.state == "pending"), None)

    def take_any(
        self: CodeSignIn, answer: Mapping[str, str], place: str | None = None
    ) -> AccountRecord | None:
        return take(self, {**answer, "state": self._started.state.reveal()}, place)

    patch.setattr(Answers, "awaiting", awaiting)
    patch.setattr(CodeSignIn, "take", take_any)

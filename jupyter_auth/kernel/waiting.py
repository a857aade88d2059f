"""Asking a person: the prompt is shown where the code runs, and waits on a connection of its own.

That connection is the waiting: when it ends, by the stop button or with the kernel, the broker knows that
nobody waits here any more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from time import monotonic
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from jupyter_auth.core.errors import (
    AuthError,
    InteractionCancelledError,
    InteractionDeclinedError,
    InteractionExpiredError,
    ProfileError,
)
from jupyter_auth.core.result import AuthenticationResult
from jupyter_auth.core.wire import result_from_wire
from jupyter_auth.kernel import prompting
from jupyter_auth.kernel.connection import Connection, part
from jupyter_auth.kernel.finding import connect
from jupyter_auth.kernel.stopping import hide_ours

if TYPE_CHECKING:
    from jupyter_auth.kernel.in_process import InProcess
    from jupyter_auth.kernel.prompting import Prompt

SLICE = 10.0  # seconds of one wait: how often the prompt looks at the time

_STATES: dict[type[AuthError], str] = {
    InteractionDeclinedError: "declined",
    InteractionExpiredError: "expired",
    InteractionCancelledError: "cancelled",
}


class Waiting:
    """One wait of a caller, for the broker and then maybe for a person. ``abort`` ends it from another
    thread."""

    def __init__(self, join: Callable[[Mapping[str, Any]], Prompt] = prompting.join) -> None:
        """``join`` gives what shows the request; the cell's prompt, unless something else does."""
        self._join = join
        self._connection: Connection | InProcess | None = None
        self._aborted = threading.Event()

    def abort(self) -> None:
        """Stop waiting; who waits gets ``InteractionCancelledError``."""
        self._aborted.set()
        connection = self._connection
        if connection is not None:
            connection.close()

    def uses(self, connection: Connection | InProcess | None) -> None:
        """From here on, ``connection`` is what an abort has to close."""
        self._connection = connection
        if connection is not None:
            self.check()  # it may have come before there was one

    def check(self) -> None:
        """Raise ``InteractionCancelledError`` after an abort."""
        if self._aborted.is_set():
            raise self._cancelled()

    def run(self, request: Mapping[str, Any], timeout: float | None) -> AuthenticationResult:
        """Ask, show, wait. Raises ``InteractionError`` with the person's answer; at ``timeout`` (seconds)
        the request ends."""
        __tracebackhide__ = True
        deadline = None if timeout is None else monotonic() + timeout
        connection = connect()
        try:
            self.uses(connection)
            while True:  # a consent comes before a sign-in, and then the same request goes on
                answer = connection.call(dict(request))
                if "result" in answer:
                    return result_from_wire(answer["result"])
                interaction = part(answer, "interaction", dict)
                part(interaction, "id", str)
                found = self._wait(connection, interaction, deadline)
                if found is not None:
                    return found
        finally:
            connection.close()

    def _wait(
        self, connection: Connection | InProcess, interaction: dict[str, Any], deadline: float | None
    ) -> AuthenticationResult | None:
        """The person's part; None where they have allowed what was asked, which gives no token yet."""
        __tracebackhide__ = True
        prompt = self._join(interaction)
        try:
            prompt.update(interaction)
            while True:
                left = SLICE if deadline is None else min(SLICE, deadline - monotonic())
                if left <= 0:
                    raise InteractionExpiredError(
                        "Nobody answered in time.",
                        reason="timeout",
                        hint="Run the cell again, with a longer timeout.",
                        profile=interaction.get("profile"),
                        scopes=interaction.get("scopes"),
                    )
                if _can_paste(interaction):
                    self._paste(connection, interaction, prompt)
                answer = connection.call({"op": "wait", "id": interaction["id"], "timeout": left})
                interaction = part(answer, "interaction", dict)
                if "result" in answer:
                    prompt.finish(interaction)
                    return result_from_wire(answer["result"])
                if _is_consent(interaction) and interaction.get("state") == "succeeded":
                    prompt.finish(interaction)
                    return None
                prompt.update(interaction)
        except AuthError as problem:
            ended = self._cancelled(interaction) if self._aborted.is_set() else problem
            interaction = answer = _ended(interaction, ended)  # no frame keeps a code
            prompt.finish(interaction)
            raise ended from None
        except BaseException as stop:  # the cell ends as it always does, and so does the prompt
            interaction = answer = _ended(interaction, self._cancelled(interaction))
            prompt.finish(interaction)
            hide_ours(stop)
            raise

    def _paste(
        self, connection: Connection | InProcess, interaction: dict[str, Any], prompt: prompting.Prompt
    ) -> None:
        """Take what the person typed to the broker; how that went, the next wait tells."""
        address = prompt.ask_address()
        if address is None:
            interaction["paste"] = False  # nothing can be typed: whoever can, answers elsewhere
            return
        try:
            connection.call({"op": "answer", "id": interaction["id"], "url": address})
        except ProfileError as wrong:
            if wrong.reason != "wrong_address":
                raise
            print(wrong)

    @staticmethod
    def _cancelled(interaction: Mapping[str, Any] = MappingProxyType({})) -> InteractionCancelledError:
        if _is_consent(interaction):
            hint = "Run the cell again to be asked again."
            return InteractionCancelledError("The request was cancelled. Nothing was allowed.", hint=hint)
        return InteractionCancelledError("Sign-in cancelled.", hint="Run the cell again to sign in.")


def _is_consent(interaction: Mapping[str, Any]) -> bool:
    return interaction.get("flow") == "consent"


def _can_paste(interaction: Mapping[str, Any]) -> bool:
    """True where no redirect comes and no page of ours takes the address: it is typed where one waits."""
    is_wanted = interaction.get("paste") is True and interaction.get("front_end") is not True
    return is_wanted and threading.current_thread() is threading.main_thread()


def _ended(interaction: Mapping[str, Any], problem: AuthError) -> dict[str, Any]:
    """The interaction as it ended, without anything that was of use only before."""
    gone = dict.fromkeys(("user_code", "verification_uri", "verification_uri_complete", "authorization_uri"))
    return {
        **interaction,
        **gone,
        "state": _STATES.get(type(problem), "failed"),
        "reason": problem.reason,
        "message": problem.message,
        "hint": problem.hint,
    }

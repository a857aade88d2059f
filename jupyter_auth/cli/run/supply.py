"""Keeping the files of a running command up to date: the token that is good now, or none after a sign-out."""

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from jupyter_auth.cli.endings import note
from jupyter_auth.cli.run.files import Content
from jupyter_auth.core.errors import (
    AuthError,
    InteractionRequiredError,
    KernelGrantRequiredError,
    PolicyError,
    ProfileError,
)
from jupyter_auth.core.faults import where

if TYPE_CHECKING:
    from jupyter_auth.core.result import AuthenticationResult
    from jupyter_auth.core.secret import Secret

    Form = Callable[[AuthenticationResult], str]

LOOK = 1.0  # seconds between two looks; nearly every one is answered from this process's memory
#: After one of these the command may have no token any more. Any other passes, or the token's time does.
_ENDS = (InteractionRequiredError, KernelGrantRequiredError, PolicyError, ProfileError)


class Supply:
    """The files, each with the form in which it has the token, and where to get that."""

    def __init__(
        self,
        acquire: "Callable[[], AuthenticationResult]",
        files: "Iterable[tuple[Content, Form]]",
        first: "AuthenticationResult",
    ) -> None:
        self._acquire = acquire
        self._files = list(files)
        self._held: Secret | None = None
        self._told = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jupyter_auth-run", daemon=True)
        self._put(first)

    def __enter__(self) -> None:
        if self._files:
            self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._files:
            self._thread.join(LOOK)  # it may be waiting for a provider, and is not waited for

    def look(self) -> None:
        """Bring the files up to date."""
        try:
            self._put(self._acquire())
            self._told = ""
        except AuthError as problem:
            if isinstance(problem, _ENDS) and self._held:
                self._held = None
                for file, _ in self._files:
                    file.withdraw()
            if problem.reason != self._told:
                self._told = problem.reason
                note(f"jupyter auth: {problem}")

    def _put(self, found: "AuthenticationResult") -> None:
        new = found.access_token  # two such compare in constant time
        if new != self._held:
            for file, form in self._files:
                file.put(form(found))
            self._held = new

    def _run(self) -> None:
        while not self._ended.wait(LOOK):
            try:
                self.look()
            except Exception as problem:  # noqa: BLE001 -- the next look may do: of descriptors, of space
                if (told := where(problem)) != self._told:
                    self._told = told
                    note(f"jupyter auth: the token could not be replaced: {told}")

"""Asking a kernel's client from a command line: what people see goes to stderr, and says what to type."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING

from jupyter_auth import kernel
from jupyter_auth.core.errors import InteractionError, InteractionRequiredError

if TYPE_CHECKING:
    from jupyter_auth.ui.prompt import CellPrompt


@contextmanager
def at_a_terminal() -> Iterator[None]:
    """Prompts, and the question whether anybody can answer, are about stdin and stderr: stdout is for the
    answer, and may be a pipe. Errors say which command helps."""
    kernel.make_prompt = _prompt
    try:
        with redirect_stdout(sys.stderr):
            yield
    except InteractionError as problem:
        problem.hint = _hint(problem)
        raise


def _prompt() -> "CellPrompt":
    from jupyter_auth.ui.prompt import make_prompt  # paid only where a person is asked

    return make_prompt()


def _hint(problem: InteractionError) -> str:
    if not isinstance(problem, InteractionRequiredError):
        return "Run the command again to be asked again."
    if problem.reason == "no_terminal":
        return "Do it in a terminal, or have it ask all the same: --interactive"
    if problem.reason == "ambiguous_account":
        return "Name one of them with --account."
    return f"Sign in with: jupyter auth login {problem.profile or ''}".rstrip()

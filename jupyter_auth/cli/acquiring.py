"""Asking a kernel's client from a command line: what people see goes to stderr, and says what to type."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Literal

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


def interactive(said: bool | Literal["auto"]) -> bool | Literal["auto"]:
    """Whether a person may be asked, where ``said`` is what the options say. What a cell starts (``!``) has a
    terminal that is none: a code would be saved in the notebook, and by nbconvert waited for in vain."""
    return False if said == "auto" and _is_in_cell() else said


def _is_in_cell() -> bool:
    return "JPY_PARENT_PID" in os.environ  # jupyter_client tells it to kernels, and they to what they start


def _prompt() -> "CellPrompt":
    from jupyter_auth.ui.prompt import make_prompt  # paid only where a person is asked

    return make_prompt()


def _hint(problem: InteractionError) -> str:
    if not isinstance(problem, InteractionRequiredError):
        return "Run the command again to be asked again."
    if problem.reason == "no_terminal" and not _is_in_cell():
        return "Do it in a terminal, or have it ask all the same: --interactive"
    if problem.reason == "ambiguous_account":
        return "Name one of them with --account."
    way = "in the notebook, with: %auth login" if _is_in_cell() else "with: jupyter auth login"
    return f"Sign in {way} {problem.profile or ''}".rstrip()

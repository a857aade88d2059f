"""How a command ends: its exit code, and the one line that says why."""

import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from jupyter_auth.core.errors import (
    AuthError,
    InteractionError,
    InteractionRequiredError,
    KernelGrantRequiredError,
    TransportError,
    error_to_wire,
)
from jupyter_auth.core.faults import where
from jupyter_auth.core.text import clean

OK, FAILED, USAGE = 0, 1, 2
PERSON_NEEDED = 3  # only a person can go on, and none can be asked here
NOT_GIVEN = 4  # a person was asked, and declined, stopped it, or did not answer in time
TRY_AGAIN = 5  # the network, or somebody at its other end, did not answer
INTERRUPTED = 130  # 128 + SIGINT, as a shell has it
PIPE_CLOSED = 141  # 128 + SIGPIPE

_LONGEST = 2000  # characters of a line on stderr


def code_of(problem: AuthError) -> int:
    """The exit code for an error."""
    if isinstance(problem, InteractionRequiredError):
        return PERSON_NEEDED
    if isinstance(problem, KernelGrantRequiredError):
        return PERSON_NEEDED if problem.reason == "grant_required" else FAILED
    if isinstance(problem, InteractionError):
        return NOT_GIVEN
    return TRY_AGAIN if isinstance(problem, TransportError) and problem.retryable else FAILED


def tell(problem: AuthError, *, as_json: bool) -> None:
    """Say on stderr what went wrong: stdout is for what was asked for."""
    if as_json:
        _say(json.dumps(error_to_wire(problem)))
    else:
        note(f"jupyter auth: {problem}")


def note(line: str) -> None:
    """A line on stderr; what providers and servers have put into it moves no cursor."""
    _say(clean(line, _LONGEST))


def _say(line: str) -> None:
    if sys.stderr is not None:  # print() would take stdout instead
        with suppress(OSError, ValueError):  # nobody may listen there any more
            print(line, file=sys.stderr, flush=True)


def prepare_streams() -> None:
    """Have the three that a process is given be there, lest a file that is opened later takes their number;
    and have them write what they can where their encoding lacks a sign."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest number that is free
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def print_lines(lines: Iterable[str]) -> None:
    """Lines on stdout, with their spaces: what servers have put into them moves no cursor either."""
    for line in lines:
        print(re.sub("[^ ]+", lambda word: clean(word[0], _LONGEST), line))


def print_json(value: Any) -> None:
    """A value on stdout, as people and programs can read it."""
    print(json.dumps(value, indent=2))


def ended(work: Callable[[], int], *, as_json: Callable[[], bool]) -> int:
    """Do ``work``, and make an exit code of whatever comes out of it: never a traceback, which could show
    what a variable held."""
    try:
        code = work()
        if sys.stdout is not None:
            sys.stdout.flush()  # what cannot be written is to be noticed here
    except AuthError as problem:
        tell(problem, as_json=as_json())
        return code_of(problem)
    except BrokenPipeError:
        _close_stdout()
        return PIPE_CLOSED
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as problem:
        _close_stdout()
        said = f"{problem.strerror or where(problem)}{_file_of(problem)}"
        tell(AuthError(said, reason="system"), as_json=as_json())
        return FAILED
    except Exception as problem:  # noqa: BLE001 -- the last place where it can be told in words
        said = f"this is a fault of its own, please report it: {where(problem)}"
        tell(AuthError(said, reason="fault"), as_json=as_json())
        return FAILED
    return code


def _file_of(problem: OSError) -> str:
    return f": {problem.filename}" if isinstance(problem.filename, str) else ""


def _close_stdout() -> None:
    """Python would try to write the rest once more at its end, and complain."""
    with suppress(OSError, ValueError, AttributeError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)

"""Run a module or a script as ``python`` would, without some defences.

``python -m tests.security.off s14 [s15 ...] -- (-m module | script) [arguments]``
"""

import runpy
import sys

import pytest

from tests.security.off import switch_off


def main(arguments: list[str]) -> None:
    """Switch off, and become the other program; nothing is switched on again."""
    at = arguments.index("--")
    switch_off(pytest.MonkeyPatch(), *arguments[:at])
    program = arguments[at + 1 :]
    if program[0] == "-m":
        sys.argv = program[1:]
        runpy.run_module(program[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = program
        runpy.run_path(program[0], run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])

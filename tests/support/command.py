"""``jupyter auth`` as people type it: in a pipe, and in a terminal of its own."""

import json
import re
import subprocess
import sys
from typing import Any, TypeAlias

import pexpect

from tests.idp import Provider
from tests.support.place import Place

Ended: TypeAlias = "subprocess.CompletedProcess[str]"
Terminal: TypeAlias = "pexpect.spawn[str]"

COMMAND = (sys.executable, "-m", "jupyter_auth.cli.main")


def auth(home: Place, *words: str, timeout: float = 110, **environment: str) -> Ended:
    """Run it without a terminal; what it said, and its exit code."""
    return subprocess.run(
        [*COMMAND, *words],
        env={**home.environment, **environment},
        cwd=home.notebooks,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def told(home: Place, *words: str) -> Any:
    """The JSON that it prints, having gone well."""
    ended = auth(home, *words, "--json")
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def terminal(home: Place, *words: str, line: str = "", **environment: str) -> Terminal:
    """Run it at a terminal; ``line`` is one for bash, where ``$auth`` is the command."""
    command = ["bash", "-c", line] if line else [*COMMAND, *words]
    return pexpect.spawn(
        command[0],
        command[1:],
        env={**home.environment, "auth": " ".join(COMMAND), **environment},
        cwd=str(home.notebooks),
        encoding="utf-8",
        timeout=90,
        dimensions=(60, 250),
    )


def approve(child: Terminal, provider: Provider, username: str = "ada") -> None:
    """Type the code that a terminal shows at the provider."""
    child.expect(r"2\. Enter\s+(\S+)")
    assert isinstance(child.match, re.Match)
    code = str(child.match.group(1))
    child.expect("To stop, press Ctrl")
    provider.approve(code, username=username)
    child.expect(f"Signed in as {username}")


def code_of(child: Terminal) -> int:
    """Its exit code, once it has said all."""
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus is not None, f"ended by signal {child.signalstatus}"
    return child.exitstatus


def log_in(home: Place, provider: Provider, profile: str = "lake", username: str = "ada") -> None:
    """Sign in by the command itself."""
    child = terminal(home, "login", profile)
    approve(child, provider, username)
    assert code_of(child) == 0

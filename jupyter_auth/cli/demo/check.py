"""`jupyter auth demo --check`: the product's main job from end to end, without a browser.

It starts all of the demo, opens two kernels through the Jupyter server, signs in once as a person would, and
looks at what each kernel gets. Every step has a time limit; at the end nothing is left running.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

from websocket import WebSocketException

from . import person
from .ending import ended_by_signals, missing_extra, say
from .jupyter_process import JupyterProcess, a_free_port
from .kernel_channel import CellTimeoutError, KernelChannel
from .servers import DemoError, DemoServers
from .workspace import PROFILE, workspace

#: How long a step may wait for something to show up (seconds).
PATIENCE = 30.0

#: What can go wrong in a step: an expectation, the network (requests raises OSErrors), an answer's form.
FAILURES = (DemoError, OSError, ValueError, LookupError, TypeError, WebSocketException)

IMPORT = "import os\nimport jupyter_auth as ja\n"
ASK = f"{IMPORT}tok = ja.get_token({PROFILE!r}, timeout=60)"
READ = f"""
answer = ja.session({PROFILE!r}).get(os.environ["DEMO_API_URL"] + "/measurements", timeout=10)
rows = answer.json()
"""
SILENT = f"""
try:
    outcome = repr(ja.acquire_token_silent({PROFILE!r}))
except ja.InteractionRequiredError as error:
    outcome = type(error).__name__
"""
SOURCE = "tok.metadata.token_source"
READING = "[answer.status_code, len(rows['measurements']), rows['asked_by']['username']]"


@dataclass(slots=True)
class Scene:
    """What the steps build and share."""

    closing: ExitStack
    servers: DemoServers = field(default_factory=DemoServers)
    parts: dict[str, Any] = field(default_factory=dict)

    @property
    def jupyter(self) -> JupyterProcess:
        server: JupyterProcess = self.parts["jupyter"]
        return server

    def log_lines(self) -> list[str]:
        lines = self.servers.log_lines()
        return lines + (self.jupyter.last_lines() if "jupyter" in self.parts else [])


def servers_up(scene: Scene) -> str:
    scene.closing.enter_context(scene.servers)
    return scene.servers.issuer


def jupyter_up(scene: Scene) -> str:
    space = scene.closing.enter_context(workspace(scene.servers.issuer, scene.servers.api))
    scene.parts["space"] = space
    scene.parts["jupyter"] = JupyterProcess("jupyter_server", space, "--no-browser", a_free_port())
    scene.closing.enter_context(scene.jupyter)
    answer = scene.jupyter.get("jupyter_auth/v1/status")
    expect(answer.status_code == 200, f"jupyter_auth/v1/status answers {answer.status_code}, not 200")
    return scene.jupyter.url


def kernels_up(scene: Scene) -> str:
    for name in ("first", "second"):
        scene.parts[name] = kernel = KernelChannel(scene.jupyter)
        scene.closing.callback(kernel.close)
    ready = [scene.parts[name].run(IMPORT, "ja.__name__") for name in ("first", "second")]
    expect(ready == ["jupyter_auth"] * 2, f"the kernels import {ready}")
    return ""


def a_code_waits(scene: Scene) -> str:
    expect(waiting(scene) == [], "somebody is asked before anybody wants a token")
    scene.parts["cell"] = scene.parts["first"].start(ASK, SOURCE)
    deadline = time.monotonic() + PATIENCE
    while not (found := waiting(scene)):
        expect(time.monotonic() < deadline, "no request for a sign-in shows up")
        with suppress(CellTimeoutError):  # a cell that fails instead of asking says so here
            source = scene.parts["first"].result_of(scene.parts["cell"], timeout=0.1)
            raise DemoError(f"the cell ended without a sign-in, token_source = {source}")
    expect(len(found) == 1, f"{len(found)} requests wait, not one")
    request = scene.parts["request"] = found[0]
    expect(request["verification_uri"].startswith(scene.servers.issuer), "the code is for another provider")
    return str(request["user_code"])


def a_person_allows(scene: Scene) -> str:
    request = scene.parts["request"]
    return person.approve(request["verification_uri"], request["user_code"])


def first_has_its_token(scene: Scene) -> str:
    source = scene.parts["first"].result_of(scene.parts["cell"])
    expect(source == "identity_provider", f"token_source is {source}")
    return f"token_source = {source}"


def first_reads(scene: Scene) -> str:
    return reads(scene.parts["first"])


def second_is_silent(scene: Scene) -> str:
    source = scene.parts["second"].run(ASK, SOURCE)
    expect(source == "cache", f"token_source is {source}")
    expect(waiting(scene) == [], "a second sign-in is asked for")
    return f"token_source = {source}"


def second_reads(scene: Scene) -> str:
    return reads(scene.parts["second"])


def first_clears(scene: Scene) -> str:
    scene.parts["first"].run("report = ja.clear_cache()", "None")
    return ""


def second_must_ask(scene: Scene) -> str:
    outcome = scene.parts["second"].run(SILENT, "outcome")
    expect(outcome == "InteractionRequiredError", f"acquire_token_silent gives {outcome}")
    return str(outcome)


def all_gone(scene: Scene) -> str:
    scene.closing.close()
    expect(not scene.jupyter.running(), "the Jupyter server still runs")
    expect(not scene.parts["space"].root.exists(), "the workspace is still there")
    return ""


STEPS: tuple[tuple[str, Callable[[Scene], str]], ...] = (
    ("The provider and the lake's API are up", servers_up),
    ("A Jupyter server with jupyter_auth is up", jupyter_up),
    ("Two kernels are up", kernels_up),
    ("The first kernel asks for a token: a code waits for a person", a_code_waits),
    ("Ada enters the code, signs in and allows", a_person_allows),
    ("The cell goes on with a token", first_has_its_token),
    ("The first kernel reads the lake", first_reads),
    ("The second kernel has a token without asking", second_is_silent),
    ("The second kernel reads the lake", second_reads),
    ("The first kernel clears the cache", first_clears),
    ("The second kernel has to ask a person again", second_must_ask),
    ("Everything is stopped and removed", all_gone),
)


def run_check(echo: Callable[[str], object] = say) -> int:
    """Run every step and say how it went; 0 if all went well."""
    if missing := missing_extra("authlib", "flask", "jupyter_server"):
        echo(missing)
        return 1
    began = time.monotonic()
    try:
        with ended_by_signals(), ExitStack() as closing:
            scene = Scene(closing)
            for title, step in STEPS:
                if not _went_well(title, step, scene, echo):
                    return 1
    except KeyboardInterrupt:
        echo("Stopped. Nothing is left running.")
        return 130
    echo(f"All {len(STEPS)} steps went well, in {time.monotonic() - began:.1f} s.")
    return 0


def _went_well(title: str, step: Callable[[Scene], str], scene: Scene, echo: Callable[[str], object]) -> bool:
    began = time.monotonic()
    good, bad = _marks()
    try:
        detail = step(scene)
    except FAILURES as problem:
        echo(f"{bad} {title}  {time.monotonic() - began:.1f} s")
        for line in [*str(problem).splitlines(), "The last lines of the logs:", *scene.log_lines()]:
            echo(f"    {line}")
        return False
    echo(f"{good} {title}{': ' + detail if detail else ''}  {time.monotonic() - began:.1f} s")
    return True


def reads(kernel: KernelChannel) -> str:
    """Read the API from a kernel that has a token."""
    status, count, username = kernel.run(READ, READING)
    expect(
        (status, count, username) == (200, 12, "ada"),
        f"the API answers {status} with {count} rows to {username}",
    )
    return f"{count} measurements for {username}"


def waiting(scene: Scene) -> list[dict[str, Any]]:
    """The requests that wait for a person, as the sidebar sees them."""
    answer = scene.jupyter.get("jupyter_auth/v1/interactions")
    answer.raise_for_status()
    return [known for known in answer.json() if known["state"] == "pending" and known.get("user_code")]


def expect(true: bool, else_say: str) -> None:
    if not true:
        raise DemoError(else_say)


def _marks() -> tuple[str, str]:
    """A terminal that knows no ✓ gets words."""
    try:
        "✓✗".encode(sys.stdout.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return "ok", "--"
    return "✓", "✗"

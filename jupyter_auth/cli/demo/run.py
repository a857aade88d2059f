"""`jupyter auth demo`: provider, API and workspace, and JupyterLab opened on the quickstart notebook."""

from __future__ import annotations

from contextlib import ExitStack

from .ending import ended_by_signals, missing_extra, say
from .jupyter_process import JupyterProcess
from .servers import DemoError, DemoServers
from .workspace import NOTEBOOK, workspace

WELCOME = """
JupyterLab runs with a demo provider and a small API to ask, all on this machine:

    {url}

Run the notebook from top to bottom. When it asks you to sign in: sign in as ada / demo
To stop, press Ctrl+C. Then everything it made is gone.
"""


def run_demo(open_browser: bool = True, port: int | None = None) -> int:
    """Run the demo until Ctrl+C; 0 if it went well."""
    if missing := missing_extra("authlib", "flask", "jupyterlab"):
        say(missing)
        return 1
    try:
        with ended_by_signals(), ExitStack() as closing:
            return _run(closing, open_browser, port)
    except KeyboardInterrupt:
        say("\nStopped. Nothing is left running.")
        return 0
    except DemoError as problem:
        say(str(problem))
        return 1


def _run(closing: ExitStack, open_browser: bool, port: int | None) -> int:
    servers = closing.enter_context(DemoServers())
    space = closing.enter_context(workspace(servers.issuer, servers.api))
    page = f"lab/tree/{NOTEBOOK}"
    options = [f"--LabApp.default_url=/{page}"]
    if not open_browser:
        options.append("--no-browser")
    if port is not None:
        options += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    say("Starting …")
    lab = closing.enter_context(JupyterProcess("jupyterlab", space, *options))
    say(WELCOME.format(url=f"{lab.url}{page}?token={lab.token}"))
    code = lab.wait()
    if code:
        say("\n".join(["JupyterLab ended by itself. The last lines of its log:", *lab.last_lines()]))
    return code

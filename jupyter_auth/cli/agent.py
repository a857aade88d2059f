"""``jupyter auth agent``: the broker for kernels and scripts that no Jupyter server has started."""

import argparse
import json
import logging
import math
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from jupyter_auth.cli.options import add_json
from jupyter_auth.core.agent_place import IDLE_TIMEOUT, KNOWS_BY
from jupyter_auth.core.errors import AuthError, TransportError
from jupyter_auth.kernel import agents
from jupyter_auth.kernel.connection import Connection

STOP_TIMEOUT = 45.0  # seconds: a refresh under way is saved first

HELP = {
    "start": "start it, detached from this terminal",
    "stop": "end it: who is signed in stays so, in the store",
    "status": "whether it runs, and who is signed in; 1 where none runs",
    "run": "run it here, until Ctrl+C",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``start``, ``stop``, ``status`` and ``run``."""
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    for name, told in HELP.items():
        act = acts.add_parser(name, help=told, description=told)
        if name in {"start", "run"}:
            act.add_argument(
                "--idle-timeout",
                metavar="SECONDS",
                type=_seconds,
                default=IDLE_TIMEOUT,
                help=f"end after so long without a caller; 0 is never (default: {IDLE_TIMEOUT:.0f})",
            )
        if name != "run":
            add_json(act)


def run(args: argparse.Namespace) -> int:
    """Do it."""
    return {"start": _start, "stop": _stop, "status": _status, "run": _run}[args.act](args)


def _seconds(text: str) -> float:
    with suppress(ValueError):
        if 0 <= (value := float(text)) < math.inf:
            return value
    raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds, 0 or more")


def _start(args: argparse.Namespace) -> int:
    try:
        pid, is_new = agents.start(args.idle_timeout), True
    except AuthError as problem:
        if problem.reason != agents.RUNS:
            raise
        pid, is_new = int(_known().described()["pid"]), False
    said = f"The agent runs (process {pid})." if is_new else f"An agent runs already (process {pid})."
    _print(args, {"running": True, "pid": pid, "started": is_new}, said, f"Note: {KNOWS_BY}.")
    return 0


def _stop(args: argparse.Namespace) -> int:
    pid = agents.process()
    if pid is None:
        _print(args, {"running": False, "stopped": False}, "No agent runs.")
        return 0
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    until = monotonic() + STOP_TIMEOUT
    while _runs(pid):
        if monotonic() > until:
            raise TransportError(f"The agent (process {pid}) has not ended in {STOP_TIMEOUT:.0f} s.")
        sleep(0.05)
    _print(args, {"running": False, "stopped": True, "pid": pid}, f"The agent (process {pid}) has ended.")
    return 0


def _status(args: argparse.Namespace) -> int:
    row = described()
    if row is None:
        kept = agents.log_file()
        last = [f"The log of the last one: {kept}"] if kept else []
        said = "No agent runs. Start one with: jupyter auth agent start"
        _print(args, {"running": False, "log": str(kept) if kept else None}, said, *last)
        return 1
    _print(args, row, *lines(row))
    return 0


def _run(args: argparse.Namespace) -> int:
    """In this process, and what it logs on stderr."""
    from jupyter_auth.agent.service import serve
    from jupyter_auth.broker.config.settings_files import load_settings
    from jupyter_auth.core.log_filter import filter_logs

    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    filter_logs()

    def ready(_: Path) -> None:
        print(f"The agent runs (process {os.getpid()}). Stop it with Ctrl+C.\nNote: {KNOWS_BY}.", flush=True)

    try:
        serve(load_settings(), args.idle_timeout, ready)
    except OSError as problem:
        raise TransportError(f"The agent's socket cannot be made: {problem.strerror}.") from None
    return 0


def described() -> dict[str, Any] | None:
    """What the agent says of itself, with its accounts; None where none runs."""
    connection, problem = agents.connect()
    if connection is None:
        return None if problem is None else {"running": True, "problem": str(problem)}
    try:
        status = connection.call({"op": "status"})["status"]
        accounts = connection.call({"op": "list", "resource": "accounts"})["rows"]
    finally:
        connection.close()
    return {"running": True, "pid": status["broker"]["pid"], "status": status, "accounts": accounts}


def lines(row: dict[str, Any]) -> list[str]:
    """The same for a person."""
    if "problem" in row:
        return [f"the agent: {row['problem']}"]
    broker, store = row["status"]["broker"], row["status"]["store"]
    others = broker["kernels_connected"] - 1  # this one is no caller that anybody cares about
    said = [
        f"The agent (process {row['pid']}): {KNOWS_BY}",
        f"  store     {store['name']} {store['location'] or ''}".rstrip(),
        f"  process   {broker['process']}",
        f"  callers   {others or 'none'}",
        f"  log       {broker.get('log') or 'none'}",
    ]
    for account in row["accounts"]:
        words = "signed in" if account["state"] == "signed_in" else "needs a new sign-in"
        said.append(f"  account   {account['username']} · {account['profile']} · {words}")
    if not row["accounts"]:
        said.append("  account   nobody is signed in")
    notes = [*store["notes"], *([broker["problem"]] if broker["problem"] else [])]
    return said + [f"  note      {note}" for note in notes]


def _known() -> Connection:
    """A connection to the agent that is there; raises ``TransportError`` where it is not any more."""
    connection, problem = agents.connect()
    if connection is None:
        raise problem or TransportError("The agent has just ended.", hint="Try again.", retryable=True)
    connection.close()
    return connection


def _runs(pid: int) -> bool:
    """Until it has ended, its lock is held and no other can start; one that nobody has buried holds none."""
    import psutil

    with suppress(psutil.NoSuchProcess):
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    return False


def _print(args: argparse.Namespace, row: dict[str, Any], *said: str) -> None:
    print(json.dumps(row, indent=2) if args.json else "\n".join(said))

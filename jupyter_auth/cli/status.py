"""``jupyter auth status``."""

import argparse
from collections.abc import Iterator
from typing import Any

from jupyter_auth.cli import agent, servers
from jupyter_auth.cli.endings import print_json, print_lines
from jupyter_auth.core.errors import AuthError
from jupyter_auth.core.statistics import told


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``--json``."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Print what the brokers of the running servers say, and the agent; 1 where there is none."""
    rows = [_row(server) for server in servers.running()]
    if (own := agent.described()) is not None:
        rows.append({"url": None, "interactions": [], **own})
    if args.json:
        print_json(rows)
    else:
        _print(rows)
    return 0 if any("status" in row for row in rows) else 1


def _row(server: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"url": server["url"], "pid": server.get("pid")}
    try:
        row["status"] = servers.ask(server, "status")
        row["accounts"] = servers.ask(server, "accounts")
        waiting = servers.ask(server, "interactions")
        with servers.reading(server):
            row["interactions"] = [i for i in waiting if i["state"] == "pending"]
            list(_lines(row))
    except AuthError as problem:
        return {"url": server["url"], "pid": server.get("pid"), "problem": str(problem)}
    return row


def _print(rows: list[dict[str, Any]]) -> None:
    if not rows:
        print("No Jupyter server is running. Start one with: jupyter lab")
    for row in rows:
        print_lines(_lines(row) if row["url"] is not None else agent.lines(row))


def _lines(row: dict[str, Any]) -> Iterator[str]:
    """Those of a server."""
    yield f"{row['url']} (process {row['pid']})"
    if "problem" in row:
        yield f"  {row['problem']}"
        return
    store = row["status"]["store"]
    yield f"  store     {store['name']} {store['location'] or ''}".rstrip()
    for line in store.get("key_sources", ()):
        yield f"  key       {line}"
    for heading, words in told(row["status"]["statistics"]).items():
        yield f"  {heading.lower():<9} {words}"
    for account in row["accounts"]:
        words = "signed in" if account["state"] == "signed_in" else "needs a new sign-in"
        yield f"  account   {account['username']} · {account['profile']} · {words}"
    if not row["accounts"]:
        yield "  account   nobody is signed in"
    for interaction in row["interactions"]:
        needed = "allow it to a kernel" if interaction["flow"] == "consent" else "sign in"
        yield f"  waiting   {interaction['profile']}: somebody must {needed}"
    audit = row["status"].get("audit", {}).get("problem")
    faults = row["status"]["configuration"]["faults"]
    for note in [*store["notes"], *faults, *([audit] if audit else [])]:
        yield f"  note      {note}"

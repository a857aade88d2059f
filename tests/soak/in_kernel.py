"""What a kernel of the soak does: a thread that asks for tokens and uses them, and counts.

The text of this file is run as a cell, so that the kernel needs nothing else of the tests.
"""

import threading
import time
from typing import Any

import requests

import jupyter_auth as ja

counts = {"tokens": 0, "calls": 0}
failures: list[dict[str, Any]] = []
MAX_FAILURES = 2_000  # told; all are counted
failed = 0
over = threading.Event()
CALL_TIMEOUT = 10.0  # seconds for the API's answer


def attempt(what: str, work: Any) -> Any:
    """Do one thing, and note it where it fails."""
    global failed  # noqa: PLW0603 -- a cell's names
    began = time.time()
    try:
        done = work()
    except (ja.AuthError, requests.RequestException) as problem:
        failed += 1
        if len(failures) < MAX_FAILURES:
            kind = type(problem).__name__
            reason = str(getattr(problem, "reason", "") or getattr(problem, "args", ""))[:120]
            failures.append(
                {"what": what, "began": began, "ended": time.time(), "kind": kind, "reason": reason}
            )
        return None
    counts[what] += 1
    return done


def use(session: requests.Session, api: str, token: Any) -> None:
    """Ask the API with the token, which it checks."""
    session.get(api, headers=token.headers(), timeout=CALL_TIMEOUT).raise_for_status()


def work(profile: str, account: str, api: str, tokens: float, calls: float) -> None:
    """Ask for ``tokens`` a second and ask the API ``calls`` times a second, until it is over."""
    session, owed = requests.Session(), 0.0
    while not over.wait(1 / tokens):
        token = attempt("tokens", lambda: ja.get_token(profile, account=account, interactive=False))
        owed += calls / tokens
        if token is not None and owed >= 1:
            owed -= 1
            attempt("calls", lambda token=token: use(session, api, token))


def begin(*args: Any) -> None:
    """Begin to work beside the cells."""
    threading.Thread(target=work, args=args, daemon=True).start()

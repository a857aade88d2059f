"""``python -m jupyter_auth.agent``: a detached agent, which says in a line of JSON how its start went."""

import json
import os
import sys
from pathlib import Path

from jupyter_auth.agent.service import serve
from jupyter_auth.broker.config.settings_files import load_settings
from jupyter_auth.core.errors import AuthError, error_to_wire
from jupyter_auth.core.log_filter import filter_logs


def main() -> int:
    """Leave the process that was started, so that who started it has no child to wait for; then serve.

    The one argument is the idle timeout, in seconds.
    """
    if os.fork():
        os._exit(0)
    os.chdir("/")  # no folder is kept from being removed or unmounted
    filter_logs()
    try:
        serve(load_settings(), float(sys.argv[1]), ready, keeps_log=True)
    except AuthError as problem:
        tell(error_to_wire(problem))
        return 1
    except OSError as problem:
        tell({"error": "transport_error", "message": f"Its socket cannot be made: {problem.strerror}."})
        return 1
    return 0


def ready(socket: Path) -> None:
    """It listens."""
    tell({"ok": True, "pid": os.getpid(), "socket": str(socket)})


def tell(said: dict[str, object]) -> None:
    """One line, to who waits for the start; then nobody is told anything any more."""
    print(json.dumps(said), flush=True)
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 -- a descriptor's business
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())

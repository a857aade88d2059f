"""The process of the second test provider: Django on 127.0.0.1, its data in a temporary folder.

Its one argument is a JSON object: ``at_ttl``, ``dc_ttl``, ``port`` (0: a free one) and ``redirect_uris``. It
prints one JSON line, ``{"ready": issuer}``, when it answers, and ends when its stdin does.
"""

import json
import sys
import tempfile
import threading
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from . import site
from .control import Control


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the control API keeps the log."""


def main(options: dict[str, Any]) -> None:
    """Serve until stdin ends."""
    server = _Server(("127.0.0.1", options["port"]), _Quiet)  # bound first: the issuer names the port
    issuer = f"http://127.0.0.1:{server.server_port}/o"
    control = Control(at_ttl=options["at_ttl"], dc_ttl=options["dc_ttl"])
    with server, tempfile.TemporaryDirectory(prefix="test-idp-") as folder:
        site.configure(issuer, Path(folder) / "db.sqlite3", control)
        control.serve(site.make_application(options["redirect_uris"]), site.WATCHED, site.revoke_all)
        server.set_app(control)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(json.dumps({"ready": issuer}), flush=True)
        sys.stdin.read()
        server.shutdown()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))

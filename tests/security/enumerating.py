"""A server extension that tells which routes the running server has; what it tells, and to whom.

``jupyter_server`` loads it like any other. It looks at the application's own tables once the event loop
runs, when every extension has added what it has.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tornado.ioloop import IOLoop
from tornado.routing import PathMatches, RuleRouter
from tornado.web import RequestHandler
from tornado.websocket import WebSocketHandler

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.support import Place, until

OPTION = "--ServerApp.jpserver_extensions=tests.security.enumerating=True"
#: Jupyter's own page, which everybody may open; ours adds to it that memory is let go of (S47).
LEFT_OUT = "/logout"
NOBODYS = "http://127.0.0.1:9"  # a provider that is not there: what is let in gets as far as that
FILE = "routes.json"  # in the server's runtime folder
ROOT = Path(__file__).parents[2]
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One of the running server's; ``methods`` are those that the handler itself has."""

    pattern: str
    handler: str
    methods: tuple[str, ...]
    is_websocket: bool

    def path(self, found: str = "nobody") -> str:
        """An address that it matches, below the base URL."""
        return re.sub(r"\(\?:/\.\*\)\?$", "/nothing/here", re.sub(r"\(\[[^)]*\)", found, self.pattern)).strip(
            "/"
        )


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(serverapp: Any) -> None:
    IOLoop.current().add_callback(_tell, serverapp)


def _tell(serverapp: Any) -> None:
    rows = [row for row in _rules(serverapp.web_app.default_router) if "jupyter_auth" in str(row)]
    told = Path(serverapp.runtime_dir) / FILE
    told.with_suffix(".new").write_text(json.dumps(rows), encoding="utf-8")
    told.with_suffix(".new").rename(told)


def _rules(router: RuleRouter) -> Iterator[dict[str, Any]]:
    for rule in router.rules:
        if isinstance(rule.target, RuleRouter):
            yield from _rules(rule.target)
        elif isinstance(rule.target, type) and isinstance(rule.matcher, PathMatches):
            yield {
                "pattern": rule.matcher.regex.pattern.removesuffix("$"),
                "handler": f"{rule.target.__module__}.{rule.target.__qualname__}",
                "methods": [name for name in METHODS if _has(rule.target, name)],
                "is_websocket": issubclass(rule.target, WebSocketHandler),
            }


def _has(handler: type, method: str) -> bool:
    own = getattr(handler, method.lower())
    return method in handler.SUPPORTED_METHODS and own is not getattr(RequestHandler, method.lower())  # type: ignore[attr-defined]


def enumerated(home: Place, *options: str) -> JupyterProcess:
    """``home.server`` with this extension; a context manager."""
    home.variables(PYTHONPATH=str(ROOT))
    return home.server(OPTION, *options)


def routes(home: Place) -> list[Route]:
    """All of ours that the running server has, by what it is itself told of them."""
    told = home.runtime / FILE
    until(told.exists)
    rows = json.loads(told.read_text(encoding="utf-8"))
    assert LEFT_OUT in {row["pattern"] for row in rows}
    rows = [row for row in rows if row["pattern"] != LEFT_OUT]
    return [Route(**row | {"methods": tuple(row["methods"])}) for row in rows]

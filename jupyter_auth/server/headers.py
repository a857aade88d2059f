"""The headers of every answer of ours."""

from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from tornado.web import RequestHandler

from jupyter_auth.broker.signing_in.callback_page import HEADERS
from jupyter_auth.server.refusals import ToldRefusals


class ClosedHeaders(ToldRefusals):
    """Nothing in an answer is run, framed, stored, sniffed, named in a Referer or given to another origin."""

    @property
    def content_security_policy(self) -> str:
        """Nothing in an answer of ours is ever run or framed."""
        return HEADERS["Content-Security-Policy"]

    def set_default_headers(self) -> None:
        """No answer is stored, sniffed or named in a Referer, whatever headers the server is told to send."""
        super().set_default_headers()
        for name in [name for name, _ in self._headers.get_all() if name.startswith("Access-Control-")]:
            self.clear_header(name)
        for name in ("Cache-Control", "X-Content-Type-Options", "Referrer-Policy"):
            self.set_header(name, HEADERS[name])

    def set_cors_headers(self) -> None:
        """None. Jupyter would give an answer to whatever origin asks, where the token came with it."""

    def set_status(self, status_code: int, reason: str | None = None) -> None:
        """With the methods that there are, where another was used (RFC 9110 §15.5.6)."""
        super().set_status(status_code, reason)
        if status_code == 405:
            self.set_header("Allow", ", ".join(methods_of(type(self))))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Errors of the framework (401, 403, 404, 405) in the same shape as ours."""
        self.set_header("Content-Type", "application/json")
        message = self._reason if status_code < 500 else "The server failed; its log says more."
        self.finish({"error": f"http_{status_code}", "message": message, "hint": ""})


def methods_of(handler: type[JupyterHandler]) -> list[str]:
    """Those that are written for it, or before it."""
    missing = RequestHandler._unimplemented_method
    return [name for name in handler.SUPPORTED_METHODS if getattr(handler, name.lower()) is not missing]

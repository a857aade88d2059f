"""The headers of every answer of ours."""

from jupyter_server.base.handlers import JupyterHandler

from jupyter_auth.broker.signing_in.callback_page import HEADERS


class ClosedHeaders(JupyterHandler):
    """Nothing in an answer is run, framed, stored, sniffed or named in a Referer."""

    @property
    def content_security_policy(self) -> str:
        """Nothing in an answer of ours is ever run or framed."""
        return HEADERS["Content-Security-Policy"]

    def set_default_headers(self) -> None:
        """No answer is stored, sniffed or named in a Referer."""
        super().set_default_headers()
        for name in ("Cache-Control", "X-Content-Type-Options", "Referrer-Policy"):
            self.set_header(name, HEADERS[name])

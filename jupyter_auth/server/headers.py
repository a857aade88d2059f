"""The headers of every answer of ours."""

from jupyter_server.base.handlers import JupyterHandler


class ClosedHeaders(JupyterHandler):
    """Nothing in an answer is run, framed, stored, sniffed or named in a Referer."""

    @property
    def content_security_policy(self) -> str:
        """Nothing in an answer of ours is ever run or framed."""
        return "default-src 'none'; frame-ancestors 'none'"

    def set_default_headers(self) -> None:
        """No answer is stored, sniffed or named in a Referer."""
        super().set_default_headers()
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")

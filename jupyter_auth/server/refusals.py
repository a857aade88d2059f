"""Whoever is refused over HTTP is in the audit, once, whether we, Jupyter or Tornado refused it, and why."""

from __future__ import annotations

from typing import Any

from jupyter_server.base.handlers import JupyterHandler

from jupyter_auth.broker.auditing.actors import Actor
from jupyter_auth.core.audit import Via
from jupyter_auth.core.errors import AuthError, PolicyError
from jupyter_auth.server.people import actor_of

CROSS_SITE = PolicyError("A page of another origin has sent this request.", reason="cross_site")
XSRF = PolicyError("This request has no valid XSRF header.", reason="xsrf")
FOREIGN_HOST = PolicyError("This server does not answer at that host name.", reason="foreign_host")
UNKNOWN_STATE = PolicyError("No sign-in waits for this answer.", reason="unknown_state")
_NOBODY = PolicyError("Nobody is logged in.", reason="not_logged_in")
_NOT_AUTHORIZED = PolicyError("This server's authorizer has refused it.", reason="not_authorized")
_BODY = {
    413: PolicyError("The body is too large.", reason="body_too_large"),
    415: PolicyError("The body is no JSON.", reason="not_json"),  # all that a form of another origin can send
}


class ToldRefusals(JupyterHandler):
    """A handler that says to the audit what it refuses. Nothing that was sent is in a record."""

    #: Why this request is refused; what was found first counts.
    refused: AuthError | None = None

    def refuse(self, why: AuthError) -> None:
        """The request is about to be refused, and this is to be written down of it."""
        self.refused = self.refused or why

    def check_host(self) -> bool:
        """As Jupyter does: a name that leads to this machine without being one of its own is refused."""
        if not (may := super().check_host()):
            self.refuse(FOREIGN_HOST)
        return may

    def check_origin(self, origin_to_satisfy_tornado: str = "") -> bool:
        """As Jupyter does."""
        if not (may := super().check_origin(origin_to_satisfy_tornado)):
            self.refuse(CROSS_SITE)
        return may

    def check_xsrf_cookie(self) -> None:
        """As Jupyter does."""
        try:
            super().check_xsrf_cookie()
        except Exception:
            self.refuse(XSRF)
            raise

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Where nothing has said why: by the status, which has one meaning in each handler of ours."""
        if status_code == 403:
            self.refuse(_NOT_AUTHORIZED if self._is_somebody else _NOBODY)
        elif status_code in _BODY:
            self.refuse(_BODY[status_code])
        elif status_code == 405 and "Access-Control-Request-Method" in self.request.headers:
            self.refuse(CROSS_SITE)  # a preflight, which no page of this server's own sends
        super().send_error(status_code, **kwargs)

    def on_finish(self) -> None:
        """Write it down."""
        super().on_finish()
        if self.refused is not None:
            who = actor_of(self) if self._is_somebody else Actor(via=Via.REST)
            self.settings["jupyter_auth_service"].desks.denied(self.refused, who)

    @property
    def _is_somebody(self) -> bool:
        """False also before Jupyter has looked who it is: some is refused earlier."""
        return bool(getattr(self, "_jupyter_current_user", None))

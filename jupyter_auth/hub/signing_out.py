"""For ``jupyterhub_config.py``: whoever logs out at the Hub has no tokens left, here and at the provider, nor
has whom an administrator deletes there.

It runs in the Hub, and imports nothing else of this package.
"""

import json
import logging
from inspect import isawaitable
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPRequest

log = logging.getLogger("jupyterhub.jupyter_auth")

SERVICE = "jupyter-auth"  # as it is called in c.JupyterHub.services
LIFE = 60  # seconds for which the Hub lets this be asked
TIMEOUT = 15.0  # seconds; a logout waits no longer for the service


def forgetting(authenticator: type, service: str = SERVICE) -> type:
    """``authenticator``, an Authenticator's class, whose logout also has the service let go of the person's
    tokens and revoke the refresh token, and removes what the Hub itself keeps of the sign-in. So does the
    removal of a person from the Hub. A server that stops loses its API token, whatever happened meanwhile."""

    class Forgetting(authenticator):  # type: ignore[misc, valid-type]  # whichever is configured
        async def delete_user(self, user: Any) -> None:
            """While the Hub still has the person, whose servers have been stopped."""
            done = super().delete_user(user)
            if isawaitable(done):
                await done
            await _forgotten(user, self._app.tornado_settings["services"].get(service))

        async def post_spawn_stop(self, user: Any, spawner: Any) -> None:
            """A Hub that was restarted does not know any more which API token it gave to the server."""
            done = super().post_spawn_stop(user, spawner)
            if isawaitable(done):
                await done
            if not spawner.will_resume:
                take_back(user, spawner.name)

        def get_handlers(self, app: Any) -> list[Any]:
            self._app = app
            handlers = super().get_handlers(app)
            found = [(path, _logout(handler, service)) for path, handler in handlers if path == "/logout"]
            kept = [pair for pair in handlers if pair[0] != "/logout"]
            if not found:
                from jupyterhub.handlers.login import LogoutHandler  # noqa: PLC0415 -- as the Hub itself

                found = [("/logout", _logout(LogoutHandler, service))]
            return [*kept, *found]

    Forgetting.__name__ = authenticator.__name__
    return Forgetting


def take_back(user: Any, server: str) -> None:
    """Revoke the API tokens that the Hub has given to that server of ``user``, a user of the Hub."""
    scope = f"access:servers!server={user.name}/{server}"
    for token in list(user.api_tokens):
        if scope in token.scopes and str(token.note).startswith("Server at "):
            user.db.delete(token)
    user.db.commit()


def _logout(handler: type, service: str) -> type:
    class Logout(handler):  # type: ignore[misc, valid-type]  # as above
        async def default_handle_logout(self) -> None:
            """First, while the Hub still knows who that is. Whatever goes wrong, the logout goes on."""
            user = self.current_user
            await super().default_handle_logout()
            if user is not None:
                await _forgotten(user, self.settings["services"].get(service))

    return Logout


async def _forgotten(user: Any, service: Any) -> None:
    try:
        await forget(user, service)
    except Exception as problem:  # noqa: BLE001 -- nobody must stay at the Hub for a fault of ours
        log.error("Tokens of %s may be left: %s", user.name, type(problem).__name__)


async def forget(user: Any, service: Any) -> None:
    """Have the service forget ``user``, a user of the Hub; then remove the ``auth_state``.

    ``service`` is the Hub's record of it; None where there is no such service.
    """
    try:
        if service is not None:
            token = user.new_api_token(
                note="logging out", expires_in=LIFE, scopes=[f"access:services!service={service.name}"]
            )
            url = f"{service.url.rstrip('/')}{service.prefix}forget"
            asked = HTTPRequest(
                url,
                method="POST",
                body=json.dumps({}),
                headers={"Authorization": f"token {token}", "Content-Type": "application/json"},
                request_timeout=TIMEOUT,
                follow_redirects=False,
            )
            await AsyncHTTPClient().fetch(asked)
    finally:
        await user.save_auth_state(None)

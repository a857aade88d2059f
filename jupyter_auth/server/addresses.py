"""Where this server can be reached by a browser, as far as its configuration knows it.

Nothing of a request counts: its ``Host`` and ``X-Forwarded-*`` are whoever's who sent it.
"""

import os
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import urlsplit

from jupyter_auth.broker.signing_in.redirects import MARK, PATH, PasteBack, Redirect, path_of
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.urls import checked_split, is_loopback


class ServerRedirects:
    """``callback_url`` where it is set, else this server's own address if that is known, else paste-back."""

    def __init__(self, serverapp: Any, callback_url: str | None) -> None:
        self._serverapp = serverapp
        self._configured = callback_url

    @property
    def is_configured(self) -> bool:
        return self._configured is not None

    @property
    def uri(self) -> str | None:
        """The callback's address; None where nobody knows it. Looked up anew each time: the port is known
        only once the server listens."""
        if self._configured is not None:
            return self._configured
        base = base_of(self._serverapp)
        return base + PATH if base else None

    def open(self, profile: Profile) -> Redirect:
        """The same for every profile, where it is known, but for one that has a place of its own below it."""
        uri = self.uri
        own = path_of(profile).removeprefix(PATH)
        return Redirect(uri=uri + own, arrives=True, mark=_mark(uri)) if uri else PasteBack().open(profile)


def _mark(uri: str) -> str:
    """For the Hub service at that address, which sends answers on: this server's own path. It is believed
    there only of the person whose server that is."""
    own = os.environ.get("JUPYTERHUB_SERVICE_PREFIX", "")
    if not own or urlsplit(uri).path.startswith(own):
        return ""
    return MARK + urlsafe_b64encode(own.encode()).decode().rstrip("=")


def base_of(serverapp: Any) -> str | None:
    """The URL of this server with its ``base_url``, which ends with a slash; None where nobody knows it.

    At JupyterHub what the Hub says is public; else ``ServerApp.custom_display_url``; else the loopback
    address that the server listens on, by the name that Jupyter opens in the browser.
    """
    if "JUPYTERHUB_SERVICE_PREFIX" in os.environ:
        return _usable(os.environ.get("JUPYTERHUB_PUBLIC_URL", ""), "")
    if serverapp.custom_display_url:
        return _usable(serverapp.custom_display_url, serverapp.base_url)
    if serverapp.sock or not is_loopback(serverapp.ip):
        return None
    host = f"[{serverapp.ip}]" if ":" in serverapp.ip else serverapp.ip
    scheme = "https" if serverapp.certfile else "http"
    return f"{scheme}://{host}:{serverapp.port}{serverapp.base_url}"


def _usable(url: str, base_url: str) -> str | None:
    """Without query and token; None where an answer would travel in clear text."""
    plain = url.partition("#")[0].partition("?")[0]
    parts = checked_split(plain)
    if parts is None or (parts.scheme == "http" and not is_loopback(parts.hostname)):
        return None
    path = base_url or urlsplit(plain).path
    return f"{parts.scheme}://{parts.netloc}{path.rstrip('/')}/"

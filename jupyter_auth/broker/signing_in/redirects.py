"""Where a provider sends a person back to after a sign-in by authorization code.

Never from a request's ``Host`` or ``X-Forwarded-*``: whoever can send those would choose where the
answer goes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from jupyter_auth.core.profile import Profile

#: Below a server's base URL; the same path on loopback, so that one address has to be registered for it.
PATH = "jupyter_auth/v1/callback"
#: Between the random part of a ``state`` and what tells a relay for which server it is.
MARK = "."


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """The redirect URI of one sign-in. ``arrives``: what is sent there comes to this broker by itself; else
    the person copies the address. ``mark``: what its ``state`` ends with, for a relay that sends the answer
    on. ``close``: nobody is expected any more."""

    uri: str
    arrives: bool
    mark: str = ""
    close: Callable[[], None] = lambda: None


class Redirects(Protocol):
    """What gives a sign-in its redirect URI. ``is_configured``: an administrator has named it, so that it can
    be taken as registered at the providers."""

    @property
    def is_configured(self) -> bool: ...

    def open(self, profile: Profile) -> Redirect:
        """Expect somebody; a ``TransportError`` says that it is not possible here."""


class PasteBack:
    """Nothing listens: the browser fails to open the page, and its address holds the answer."""

    is_configured = False

    def open(self, profile: Profile) -> Redirect:
        """A loopback address without a port: providers let it stand for every port (RFC 8252 §7.3)."""
        return Redirect(uri=f"http://{loopback_host(profile)}/{path_of(profile)}", arrives=False)


def path_of(profile: Profile) -> str:
    """``PATH``, or below it that of a profile whose answers arrive at a place of its own (``mix_up``)."""
    return f"{PATH}/{profile.name}" if profile.own_callback else PATH


def loopback_host(profile: Profile) -> str:
    """``localhost`` for Entra, which registers no other for every port; else 127.0.0.1 (RFC 8252 §8.3)."""
    return "localhost" if profile.provider == "entra" else "127.0.0.1"

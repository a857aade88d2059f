"""Runs ``server.mjs`` (npm ``oidc-provider``, which is certified) in a process of its own, and drives it."""

import subprocess
from pathlib import Path
from typing import Any, cast

from .base import CONFIDENTIAL_SECRET, Provider, Traits
from .node import ensure_packages, node
from .person import Person

RESOURCE = "https://api.example/"  # scopes read and write, as a JWT
_SERVER = Path(__file__).resolve().parent / "server.mjs"


class OidcProvider(Provider):
    """A certified OpenID provider on 127.0.0.1. ``with OidcProvider() as p: ... p.issuer``.

    ``client_jwks`` are the public keys (RFC 7517) of a client ``nb-key``, which there is then; with
    ``require_par`` authorization requests have to be pushed.
    """

    name = "oidc-provider"
    traits = Traits(
        id_token_from_device=True,
        offline_access_decides=True,
        error_of_expired_code="expired_token",
        unknown_code=(400, "invalid_grant"),
        device_code_serves_once=True,
        refresh_ends_access_token=False,
        refresh_narrows=False,
    )
    paths = {  # noqa: RUF012 -- read only, as its type in the base class says
        "authorization": "/auth",
        "device_authorization": "/device/auth",
        "introspection": "/token/introspection",
        "revocation": "/token/revocation",
        "token": "/token",
        "userinfo": "/me",
    }

    def __init__(self, *, client_jwks: str = "", require_par: bool = False, **more: Any) -> None:
        super().__init__(**more)
        self._more = {"CLIENT_JWKS": client_jwks, "REQUIRE_PAR": "1" if require_par else ""}

    def _launch(self) -> "subprocess.Popen[str]":
        """Install the packages where need be and start node."""
        ensure_packages()
        return self._spawn(
            [node(), str(_SERVER)],
            PORT=str(self._port),
            AT_TTL=str(self._at_ttl),
            DC_TTL=str(self._dc_ttl),
            REDIRECT_URIS=",".join(self._redirect_uris),
            CLIENT_SECRET=CONFIDENTIAL_SECRET,
            EXIT_WITH_STDIN="1",  # so that a killed test run leaves no provider behind
            **self._more,
        )

    def issued(self) -> dict[str, list[str]]:
        """Every access, id and refresh token and device code that was given out, for who looks for them."""
        return cast(dict[str, list[str]], self._control("GET", "issued"))

    def approve(self, user_code: str, username: str = "ada", verification_uri: str | None = None) -> None:
        """Enter the code, confirm it, sign in and consent."""
        with self._at_device_page(user_code, verification_uri) as person:
            person.submit()
            person.sign_in(username)
            person.expect("Sign-in Success")

    def deny(self, user_code: str, verification_uri: str | None = None) -> None:
        """Enter the code and press Abort."""
        with self._at_device_page(user_code, verification_uri) as person:
            person.submit(abort="yes")
            person.expect("request was interrupted")

    def sign_in(self, authorization_uri: str, username: str = "ada") -> str:
        """Sign in and consent at an authorization request; returns the callback URL, which is not visited."""
        with self._at_authorization_page(authorization_uri) as person:
            person.sign_in(username)
            return person.callback()

    def refuse(self, authorization_uri: str) -> str:
        """Press Cancel at an authorization request; returns the callback URL, which is not visited."""
        with self._at_authorization_page(authorization_uri) as person:
            person.open(f"{person.page.url}/abort")
            return person.callback()

    def _at_device_page(self, user_code: str, verification_uri: str | None) -> Person:
        person = Person()
        person.open(verification_uri or f"{self.issuer}/device")
        person.submit(user_code=user_code)
        person.expect("Confirm Device")
        return person

"""Runs ``server.py`` (django-oauth-toolkit) in a process of its own, and drives it."""

import json
import subprocess
import sys

from ..base import Provider, Traits
from ..person import Person


class DjangoProvider(Provider):
    """django-oauth-toolkit on 127.0.0.1, with the interface of ``OidcProvider``."""

    name = "django-oauth-toolkit"
    traits = Traits(
        id_token_from_device=False,
        offline_access_decides=False,
        error_of_expired_code="authorization_pending",
        unknown_code=(404, "device_not_found"),
        device_code_serves_once=False,
        refresh_ends_access_token=True,
        refresh_narrows=True,
    )
    paths = {  # noqa: RUF012 -- read only, as its type in the base class says
        "authorization": "/authorize/",
        "device_authorization": "/device-authorization/",
        "introspection": "/introspect/",
        "revocation": "/revoke_token/",
        "token": "/token/",
        "userinfo": "/userinfo/",
    }

    def _launch(self) -> "subprocess.Popen[str]":
        options = {"at_ttl": self._at_ttl, "dc_ttl": self._dc_ttl, "port": self._port}
        options_text = json.dumps({**options, "redirect_uris": self._redirect_uris})
        return self._spawn([sys.executable, "-m", "tests.idp.django_toolkit.server", options_text])

    def approve(self, user_code: str, username: str = "ada", verification_uri: str | None = None) -> None:
        """Sign in, enter the code and accept."""
        self._decide("accept", "Device Authorized", user_code, username, verification_uri)

    def deny(self, user_code: str, verification_uri: str | None = None) -> None:
        """Sign in, enter the code and deny."""
        self._decide("deny", "Device Denied", user_code, "ada", verification_uri)

    def sign_in(self, authorization_uri: str, username: str = "ada") -> str:
        """Sign in and consent at an authorization request; returns the callback URL, which is not visited."""
        with self._at_authorization_page(authorization_uri) as person:
            _log_in(person, username)
            person.submit(allow="Authorize")
            return person.callback()

    def refuse(self, authorization_uri: str) -> str:
        """Press Cancel at an authorization request; returns the callback URL, which is not visited."""
        with self._at_authorization_page(authorization_uri) as person:
            _log_in(person, "ada")
            person.submit()
            return person.callback()

    def _decide(
        self, action: str, outcome: str, user_code: str, username: str, verification_uri: str | None
    ) -> None:
        with Person() as person:
            person.open(verification_uri or f"{self.issuer}/device/")
            _log_in(person, username)
            person.submit(user_code=user_code)
            person.expect("requests access")
            person.submit(action=action)
            person.expect(outcome)


def _log_in(person: Person, username: str) -> None:
    person.expect("Log in")
    person.submit(username=username, password="any will do")

"""Runs ``server.mjs`` of this folder in a process of its own, and drives it."""

import json
import subprocess
from pathlib import Path
from typing import Any, TypedDict
from urllib.parse import parse_qs, urlsplit

import jwskate
import requests

from ..base import CONFIDENTIAL_SECRET, REDIRECT_URIS
from ..node import ensure_packages, node
from ..person import TIMEOUT, Person
from ..process import ProviderProcess
from .certificates import self_signed

APP_PUBLIC, APP_SECRET, APP_KEY = "app-public", "app-secret", "app-key"
#: Everybody's home tenant, known as contoso.test, and another one.
HOME = "11111111-2222-3333-4444-555555555555"
FABRIKAM = "66666666-7777-8888-9999-000000000000"
CALLBACK = "http://127.0.0.1:8888/jupyter_auth/v1/callback"
#: What its APIs take: for people, for an application itself, and on somebody's behalf.
API, WRITE = "https://api.example/user.read", "https://api.example/user.write"
STORAGE = "https://storage.azure.com/.default"  # what the Azure SDK asks for
APP_SCOPE, DOWNSTREAM = "https://api.example/.default", "https://downstream.example/user.read"
ADA, BOB = f"oid-ada.{HOME}", f"oid-bob.{HOME}"  # their home_account_id
_PROFILE = """
[profiles.{name}]
provider = "entra"
authority = "{authority}"
client_id = "{client_id}"
scopes = ["{scope}"]
ca_bundle = "{bundle}"
{more}
"""
_SERVER = Path(__file__).resolve().parent / "server.mjs"


class Seen(TypedDict):
    """A request as it came in over the wire."""

    endpoint: str  # token, devicecode, authorize or logout
    tenant: str  # as in the address
    form: dict[str, str]
    headers: dict[str, str]


class EntraProvider(ProviderProcess):
    """Entra's endpoints over TLS on 127.0.0.1; ``folder`` takes its certificates.

    ``certificate`` is what a client has to trust; ``client_certificate`` and ``client_key`` are those of
    ``APP_KEY``; the secret of ``APP_SECRET`` is ``CONFIDENTIAL_SECRET``.
    """

    def __init__(self, folder: Path, *, start_timeout: float = 90.0) -> None:
        super().__init__(start_timeout=start_timeout)
        self.certificate, self._key = self_signed(folder, "server")
        self.client_certificate, self.client_key = self_signed(folder, "client")

    def _launch(self) -> "subprocess.Popen[str]":
        ensure_packages()
        public = jwskate.Jwk.from_pem(self.client_key.read_text()).public_jwk()
        return self._spawn(
            [node(), str(_SERVER)],
            KEY_FILE=str(self._key),
            CERT_FILE=str(self.certificate),
            CLIENT_SECRET=CONFIDENTIAL_SECRET,
            CLIENT_JWKS=json.dumps({"keys": [dict(public.with_kid_thumbprint())]}),
            REDIRECT_URIS=",".join(REDIRECT_URIS),
            TENANTS=f"contoso.test={HOME},fabrikam.test={FABRIKAM}",
        )

    def authority(self, tenant: str = HOME) -> str:
        """The authority of a tenant."""
        return f"{self.issuer}/{tenant}"

    def profile(
        self, name: str, *more: str, tenant: str = HOME, client_id: str = APP_PUBLIC, scope: str = API
    ) -> str:
        """A profile as the TOML has it; ``more`` are lines for it."""
        return _PROFILE.format(
            name=name,
            authority=self.authority(tenant),
            client_id=client_id,
            scope=scope,
            bundle=self.certificate,
            more="\n".join(more),
        )

    # -- the control API -------------------------------------------------------------------------------------

    def seen(self, endpoint: str | None = None) -> list[Seen]:
        """What came in since the last reset, oldest first."""
        return [entry for entry in self._control("seen")["seen"] if endpoint in (None, entry["endpoint"])]

    def plan(self, endpoint: str, body: object, **more: Any) -> None:
        """Answer the next request to ``endpoint`` so: ``status`` (400), ``content_type``, ``headers``."""
        self._control("plan", {"endpoint": endpoint, "body": body, **more})

    def set(self, **settings: object) -> None:
        """``at_ttl``: seconds that an access token lives from here on."""
        self._control("set", settings)

    def reset(self) -> None:
        """Forget what came in, what was planned, and what was set."""
        self._control("reset")

    def revoke_all(self) -> None:
        """End every grant and refresh token, as an administrator's "revoke sessions" would."""
        self._control("revoke_all")

    def _control(self, verb: str, body: object = None) -> Any:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(
                f"{self.issuer}/_control/{verb}", json=body, verify=str(self.certificate), timeout=TIMEOUT
            )
        return answer.json()

    # -- as a person -----------------------------------------------------------------------------------------

    def approve(self, user_code: str, verification_uri: str, username: str = "ada") -> None:
        """Enter the code, confirm it, sign in and consent."""
        with Person(certificate=str(self.certificate)) as person:
            person.open(verification_uri)
            person.submit(user_code=user_code)
            person.submit()
            person.sign_in(username)
            person.expect("Sign-in Success")

    def sign_in(self, authorization_uri: str, username: str = "ada") -> dict[str, str]:
        """Sign in and consent; returns the callback's parameters. The callback is not visited."""
        return _parameters(self.sign_in_until(authorization_uri, CALLBACK, username))

    def sign_in_until(self, authorization_uri: str, stop_at: str, username: str = "ada") -> str:
        """The same; returns the callback's address, which is at ``stop_at``."""
        with self._at_page(authorization_uri, stop_at) as person:
            person.sign_in(username)
            return person.callback()

    def refuse(self, authorization_uri: str) -> dict[str, str]:
        """Press Cancel; returns the callback's parameters."""
        with self._at_page(authorization_uri) as person:
            person.open(f"{person.page.url}/abort")
            return _parameters(person.callback())

    def _at_page(self, authorization_uri: str, stop_at: str = CALLBACK) -> Person:
        person = Person(stop_at=stop_at, certificate=str(self.certificate))
        person.open(authorization_uri)
        return person


def _parameters(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}

"""Runs ``server.mjs`` (npm ``oidc-provider``) in a process of its own, and drives it."""

import json
import os
import subprocess
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypedDict, cast
from urllib.parse import parse_qs, urlsplit

import requests

from .errors import ProviderError
from .node import ensure_packages, node
from .person import TIMEOUT, Person

PUBLIC_CLIENT = "nb-public"
CONFIDENTIAL_CLIENT = "nb-confidential"
CONFIDENTIAL_SECRET = "not-a-secret-outside-the-tests-0123456789"
RESOURCE = "https://api.example/"  # scopes read and write, as a JWT
# any port matches (RFC 8252 §7.3); the second path is that of pytest-jupyter's servers
REDIRECT_URIS = tuple(
    f"http://{host}{base}jupyter_auth/v1/callback"
    for host in ("127.0.0.1", "localhost")
    for base in ("/", "/a%40b/")
)
_SERVER = Path(__file__).resolve().parent / "server.mjs"


class LogEntry(TypedDict):
    """One request the provider saw; ``ok`` at the token endpoint means that the answer held a token."""

    endpoint: str  # token, device_authorization, revocation or discovery
    path: str
    at: float  # Unix seconds, when it came in
    grant_type: str | None
    scope: str | None  # as asked
    client_id: str | None
    status: int
    ok: bool
    error: str | None


class OidcProvider:
    """A certified OpenID provider on 127.0.0.1. ``with OidcProvider() as p: ... p.issuer``."""

    def __init__(
        self,
        *,
        at_ttl: int = 3600,
        dc_ttl: int = 600,
        port: int = 0,
        redirect_uris: Sequence[str] = REDIRECT_URIS,
        start_timeout: float = 30.0,
    ) -> None:
        self._environment = {
            "PORT": str(port),
            "AT_TTL": str(at_ttl),
            "DC_TTL": str(dc_ttl),
            "REDIRECT_URIS": ",".join(redirect_uris),
            "CLIENT_SECRET": CONFIDENTIAL_SECRET,
            "EXIT_WITH_STDIN": "1",  # so that a killed test run leaves no provider behind
        }
        self._start_timeout = start_timeout
        self._process: subprocess.Popen[str] | None = None
        self._issuer: str | None = None
        self._ready = threading.Event()
        self._output: deque[str] = deque(maxlen=50)

    # -- its life --------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Install the packages where need be, start node and wait until it answers."""
        if self._process is not None:
            raise ProviderError("this provider was started already")
        ensure_packages()
        self._process = subprocess.Popen(
            [node(), str(_SERVER)],
            env={**os.environ, **self._environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read_output, args=(self._process,), daemon=True).start()
        self._ready.wait(self._start_timeout)
        if self._issuer is None:
            self.stop()
            said = "".join(self._output) or "nothing"
            raise ProviderError(
                f"the test provider did not start within {self._start_timeout} s; it said:\n{said}"
            )
        return self

    def stop(self) -> None:
        """End the process; a second call does nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _read_output(self, process: "subprocess.Popen[str]") -> None:
        """Drain its output to the end, for a full pipe would stop it; one line says that it is ready."""
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self._output.append(line)
                if line.startswith('{"ready"'):
                    self._issuer = json.loads(line)["ready"]
                    self._ready.set()
        self._ready.set()

    @property
    def issuer(self) -> str:
        """The issuer, ``http://127.0.0.1:<port>``, without a slash at its end."""
        if self._issuer is None:
            raise ProviderError(
                "the test provider is not running: use it in a with statement, or call start()"
            )
        return self._issuer

    # -- the control API -------------------------------------------------------------------------------------

    def log(self) -> list[LogEntry]:
        """Return the requests to the endpoints ``LogEntry`` names, oldest first."""
        return cast(list[LogEntry], self._control("GET", "log"))

    def token_responses(self, grant_type: str | None = None) -> int:
        """Count the answers with a token; of a long grant type the last word will do (``device_code``)."""
        return sum(
            entry["ok"]
            and grant_type in (None, entry["grant_type"], (entry["grant_type"] or "").split(":")[-1])
            for entry in self.log()
            if entry["endpoint"] == "token"
        )

    def set(self, **settings: object) -> dict[str, Any]:
        """Change some of the settings, and return them all.

        ``at_ttl``, ``dc_ttl`` and ``interval`` (None: left out) are seconds, ``rotate`` and
        ``issue_id_token_on_refresh`` booleans.
        ``hold_ms`` keeps back the answer to a refresh after it was processed and logged. ``fail`` is None or
        a dict of ``status`` (500), ``body`` (text or a JSON object), ``content_type``, ``headers``, ``count``
        (1; None: for ever) and ``grant_type`` (None: all): token requests are answered so, not processed.
        """
        return cast(dict[str, Any], self._control("POST", "set", settings))

    def reset(self) -> None:
        """Set everything back and empty the log; tokens live on."""
        self._control("POST", "reset")

    def reset_log(self) -> None:
        """Empty the log."""
        self._control("POST", "reset_log")

    def revoke_all(self) -> None:
        """Destroy all grants, refresh tokens and opaque access tokens, as an administrator would."""
        self._control("POST", "revoke_all")

    def alive(self) -> bool:
        """Say whether the process answers."""
        try:
            return self._control("GET", "alive")["alive"] is True
        except (ProviderError, requests.RequestException):
            return False

    def _control(self, method: str, verb: str, body: object = None) -> Any:
        return self._json(self._request(method, f"/_control/{verb}", json=body))

    # -- as a person -----------------------------------------------------------------------------------------

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

    @staticmethod
    def _at_authorization_page(authorization_uri: str) -> Person:
        redirect_uri = parse_qs(urlsplit(authorization_uri).query).get("redirect_uri", [""])[0]
        person = Person(stop_at=redirect_uri)
        person.open(authorization_uri)
        return person

    # -- as a resource server --------------------------------------------------------------------------------

    def introspect(self, token: str) -> dict[str, Any]:
        """Ask about a refresh token or an opaque access token (RFC 7662); the provider refuses a JWT."""
        answer = self._request(
            "POST",
            "/token/introspection",
            data={"token": token},
            auth=(CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET),
        )
        return cast(dict[str, Any], self._json(answer))

    def userinfo(self, access_token: str) -> dict[str, Any]:
        """Use an opaque access token that has ``openid``; a ``ProviderError`` says that it is not good."""
        answer = self._request("GET", "/me", headers={"Authorization": f"Bearer {access_token}"})
        return cast(dict[str, Any], self._json(answer))

    def _request(self, method: str, path: str, **more: Any) -> requests.Response:
        with requests.Session() as session:  # one for each call: tests call from many threads
            session.trust_env = False
            return session.request(method, self.issuer + path, timeout=TIMEOUT, **more)

    @staticmethod
    def _json(answer: requests.Response) -> Any:
        if answer.status_code != 200:
            where = urlsplit(answer.url).path
            raise ProviderError(f"HTTP {answer.status_code} from {where}: {answer.text[:300]}")
        return answer.json()

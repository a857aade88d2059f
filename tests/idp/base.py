"""What the test providers have in common: one way to drive each, one way to say where they differ."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar, TypedDict, cast
from urllib.parse import parse_qs, urlsplit

import requests

from .errors import ProviderError
from .person import TIMEOUT, Person
from .process import ProviderProcess

PUBLIC_CLIENT = "nb-public"
CONFIDENTIAL_CLIENT = "nb-confidential"
CONFIDENTIAL_SECRET = "not-a-secret-outside-the-tests-0123456789"
# any port matches (RFC 8252 §7.3); the second path is that of pytest-jupyter's servers
REDIRECT_URIS = tuple(
    f"http://{host}{base}jupyter_auth/v1/callback"
    for host in ("127.0.0.1", "localhost")
    for base in ("/", "/a%40b/")
)


class LogEntry(TypedDict):
    """One request the provider saw; ``ok`` at the token endpoint means that the answer held a token."""

    endpoint: str  # token, device_authorization, revocation or discovery
    path: str
    at: float  # Unix seconds, when it came in
    grant_type: str | None
    scope: str | None  # as asked
    claims: str | None  # as asked
    client_id: str | None
    status: int
    ok: bool
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """Where a provider differs from another; what a test expects follows from these, without a skip."""

    #: the token answer of a device flow holds the id token that ``openid`` asked for
    id_token_from_device: bool
    #: a refresh token is given only where ``offline_access`` was asked for
    offline_access_decides: bool
    #: the error of a poll with a code that has run out
    error_of_expired_code: str
    #: status and error of a poll with a code that was never given
    unknown_code: tuple[int, str]
    #: a device code serves once, and its second use revokes what the first one gave
    device_code_serves_once: bool
    #: the last access token ends when its refresh token is used
    refresh_ends_access_token: bool
    #: a refresh for fewer scopes takes the others from the next refresh token too, against RFC 6749 §6
    refresh_narrows: bool


class Provider(ProviderProcess):
    """An OpenID provider on 127.0.0.1. ``with OidcProvider() as p: ... p.issuer``."""

    #: how tests and tables call it
    name: ClassVar[str]
    traits: ClassVar[Traits]
    #: where its endpoints are, below the issuer
    paths: ClassVar[Mapping[str, str]]

    def __init__(
        self,
        *,
        at_ttl: int = 3600,
        dc_ttl: int = 600,
        port: int = 0,
        redirect_uris: Sequence[str] = REDIRECT_URIS,
        start_timeout: float = 90.0,
    ) -> None:
        super().__init__(start_timeout=start_timeout)
        self._at_ttl, self._dc_ttl, self._port = at_ttl, dc_ttl, port
        self._redirect_uris = tuple(redirect_uris)

    def url(self, endpoint: str) -> str:
        """The address of an endpoint, by its name in discovery (``token``, ``userinfo``, …)."""
        return self.issuer + self.paths[endpoint]

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

        ``at_ttl``, ``dc_ttl`` and ``interval`` (None: the provider's own) are seconds, ``rotate`` and
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
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(self.issuer))
        return self._json(self._request(method, f"{origin}/_control/{verb}", json=body))

    # -- as a person -----------------------------------------------------------------------------------------

    @abstractmethod
    def approve(self, user_code: str, username: str = "ada", verification_uri: str | None = None) -> None:
        """Enter the code, confirm it, sign in and consent."""

    @abstractmethod
    def deny(self, user_code: str, verification_uri: str | None = None) -> None:
        """Enter the code and refuse."""

    @abstractmethod
    def sign_in(self, authorization_uri: str, username: str = "ada") -> str:
        """Sign in and consent at an authorization request; returns the callback URL, which is not visited."""

    @abstractmethod
    def refuse(self, authorization_uri: str) -> str:
        """Refuse an authorization request; returns the callback URL, which is not visited."""

    @staticmethod
    def _at_authorization_page(authorization_uri: str) -> AbstractContextManager[Person]:
        redirect_uri = parse_qs(urlsplit(authorization_uri).query).get("redirect_uri", [""])[0]
        person = Person(stop_at=redirect_uri)
        person.open(authorization_uri)
        return person

    # -- as a resource server --------------------------------------------------------------------------------

    def introspect(self, token: str) -> dict[str, Any]:
        """Ask about a refresh token or an opaque access token (RFC 7662); oidc-provider refuses a JWT."""
        answer = self._request(
            "POST",
            self.url("introspection"),
            data={"token": token},
            auth=(CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET),
        )
        return cast(dict[str, Any], self._json(answer))

    def userinfo(self, access_token: str) -> dict[str, Any]:
        """Use an opaque access token that has ``openid``; a ``ProviderError`` says that it is not good."""
        bearer = {"Authorization": f"Bearer {access_token}"}
        return cast(dict[str, Any], self._json(self._request("GET", self.url("userinfo"), headers=bearer)))

    def _request(self, method: str, url: str, **more: Any) -> requests.Response:
        with requests.Session() as session:  # one for each call: tests call from many threads
            session.trust_env = False
            return session.request(method, url, timeout=TIMEOUT, **more)

    @staticmethod
    def _json(answer: requests.Response) -> Any:
        if answer.status_code != 200:
            where = urlsplit(answer.url).path
            raise ProviderError(f"HTTP {answer.status_code} from {where}: {answer.text[:300]}")
        return answer.json()

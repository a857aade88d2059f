"""msal as the maker of requests, and of nothing else.

An application of msal's lives for one call. Its HTTP client is ours: it sends what msal made within our
limits, turns a refusal into one of our errors at once, and gives msal a stand-in for the answer. So msal has
no token to cache or to log, answers nothing from its own memory, and never meets a body that is not JSON.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from jupyter_auth.core.errors import ProfileError
from jupyter_auth.core.text import clean
from jupyter_auth.core.urls import host_of
from jupyter_auth.providers.aadsts import entra_refusal
from jupyter_auth.providers.answers import broken_answer, is_refusal
from jupyter_auth.providers.base import NotYet
from jupyter_auth.providers.transport import ProviderSession, fetch, json_object

LIFETIME = 3600.0  # seconds for which a discovery document is believed
MAX_DOCUMENTS = 64  # a call may name any tenant
#: Enough for msal to see a success: of a token, and of a device code.
_STAND_IN = json.dumps(
    {"access_token": "-", "token_type": "Bearer", "device_code": "-", "user_code": "-", "interval": 5}
)


@dataclass(slots=True)
class Answer:
    """What msal asks of a response."""

    text: str
    status_code: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def raise_for_status(self) -> None:
        """Nothing: a failure has been raised before."""


class Documents:
    """Discovery documents by their address. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, dict[str, Any]]] = {}

    def get(self, url: str, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The document at ``url``; ``ask`` fetches it where it is not known, or is an hour old."""
        with self._lock:
            known = self._known.get(url)
        if known is not None and time.monotonic() < known[0]:
            return known[1]
        document = ask()
        with self._lock:
            if len(self._known) >= MAX_DOCUMENTS:
                self._known.clear()
            self._known[url] = (time.monotonic() + LIFETIME, document)
        return document


class Wire:
    """msal's ``http_client`` for one call. ``answer``: what came back; ``document``: its endpoints."""

    def __init__(
        self,
        session: ProviderSession,
        authority: str,
        documents: Documents,
        check: Callable[[Mapping[str, Any]], object],
        *,
        by_device: bool = False,
    ) -> None:
        self._session = session
        self._authority = authority
        self._documents = documents
        self._check = check
        self._by_device = by_device
        self.document: Mapping[str, Any] = {}
        self.answer: requests.Response | None = None

    def get(self, url: str, **_: Any) -> Answer:
        """The discovery document; nothing else is asked for by GET, since instance discovery is off."""
        self.document = self._documents.get(url, lambda: self._discover(url))
        return Answer(json.dumps(self.document))

    def post(self, url: str, *, data: Any, headers: Mapping[str, str], **_: Any) -> Answer:
        """Send, and raise where that is refused. Raises ``NotYet`` for a pending device code: nothing else is
        pending, whatever a provider says."""
        response = fetch(self._authority, lambda: self._session.post(url, data=data, headers=headers))
        body = json_object(response)
        if body is None or is_refusal(response, body):
            problem = entra_refusal(response, self._authority, by_device=self._by_device)
            if isinstance(problem, NotYet) and "device_code" not in data:
                raise broken_answer(response, host_of(self._authority))
            raise problem
        self.answer = response
        return Answer(_STAND_IN)

    def close(self) -> None:
        """The session outlives the call."""

    def _discover(self, url: str) -> dict[str, Any]:
        response = fetch(self._authority, lambda: self._session.get(url))
        body, host = json_object(response), host_of(self._authority)
        if 400 <= response.status_code < 500 and response.status_code not in (408, 425, 429):
            raise ProfileError(
                f"{host} does not know this tenant (HTTP {response.status_code}).",
                reason="unknown_tenant",
                hint=f"Check tenant or authority in the profile: {clean(self._authority)}",
            )
        if response.status_code != 200 or body is None:
            raise broken_answer(response, host)
        self._check(body)
        return body

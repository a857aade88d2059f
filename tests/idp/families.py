"""Rotation with reuse detection for the misbehaving provider, which is in this very process."""

import json
import threading
import time
from dataclasses import dataclass, field

from .faults import Answer, Request
from .misbehaving import MisbehavingProvider


@dataclass(slots=True, kw_only=True)
class Family:
    """The refresh tokens that came of one sign-in: each serves once, and its second use ends them all
    (RFC 9700 §4.14.2)."""

    #: in order; the last one is good
    refresh_tokens: list[str]
    #: for each, when it was given (``time.monotonic_ns``, which all processes of this host share)
    given_at: list[int]
    #: the number in ``refresh_tokens`` of the one that came with an access token
    number_of: dict[str, int]
    is_revoked: bool = False


@dataclass(slots=True)
class Families:
    """What a provider knows of its families. It answers the token endpoint; ``rotated`` is set then."""

    provider: MisbehavingProvider
    rotated: threading.Event = field(default_factory=threading.Event)
    _of: dict[str, Family] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.provider.answers["token"] = self.token

    def sign_in(self, username: str, client_id: str, scopes: str) -> tuple[Family, dict[str, str]]:
        """A new family, and the token answer that began it, as if a person had signed in."""
        answer = self.provider.grants.sign_in(username, client_id, scopes)
        family = Family(refresh_tokens=[], given_at=[], number_of={})
        self._note(family, answer)
        return family, answer

    def token(self, request: Request) -> Answer:
        """The token endpoint."""
        sent = request.form.get("refresh_token", "")
        with self._lock:
            family = self._of.get(sent)
            if family is not None and (family.is_revoked or sent != family.refresh_tokens[-1]):
                family.is_revoked = True
                return _refused()
            answer = self.provider.grants.token(request)
            if family is not None and answer[0] == 200:
                self._note(family, json.loads(answer[2]))
                self.rotated.set()
        return answer

    def _note(self, family: Family, answer: dict[str, str]) -> None:
        family.refresh_tokens.append(answer["refresh_token"])
        family.given_at.append(time.monotonic_ns())
        family.number_of[answer["access_token"]] = len(family.refresh_tokens) - 1
        self._of[answer["refresh_token"]] = family


def _refused() -> Answer:
    return 400, {"Content-Type": "application/json"}, b'{"error": "invalid_grant"}'

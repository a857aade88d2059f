"""The provider's memory: requests for a sign-in, sign-ins and their tokens.

One lock guards it all. The provider holds it for a whole protocol request, so that looking a refresh token
up, marking it used and saving its successor is one step: of two who refresh with one token, one succeeds.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from .catalogue import Application, Person


@dataclass(slots=True, kw_only=True)
class DeviceRequest:
    """One pending sign-in with a code (RFC 8628)."""

    user_code: str
    client_id: str
    scope: str
    interval: float
    expires_at: float
    polled_at: float | None = None
    person: Person | None = None
    approved: bool | None = None
    auth_time: int = 0


@dataclass(slots=True, kw_only=True)
class SignIn:
    """What a person allowed, and every token that came of it: the family that ends as one."""

    client_id: str
    person: Person
    scope: str
    auth_time: int
    revoked: bool = False


@dataclass(slots=True, kw_only=True)
class IssuedToken:
    """An access or refresh token that was handed out. The methods are those Authlib asks a token for."""

    sign_in: SignIn
    scope: str
    expires_at: float | None = None
    used: bool = False
    revoked: bool = False

    def get_scope(self) -> str:
        return self.scope

    def check_client(self, client: Application) -> bool:
        return self.sign_in.client_id == client.client_id


def _key(secret: str) -> str:
    """Tokens and device codes are kept as hashes: a dump of the memory's tables shows none."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(slots=True)
class ProviderState:
    """Everything the provider remembers, in memory. Its methods take the lock, which can be taken again."""

    clock: Callable[[], float]
    lock: threading.RLock = field(default_factory=threading.RLock)
    _requests: dict[str, DeviceRequest] = field(default_factory=dict)
    _access: dict[str, IssuedToken] = field(default_factory=dict)
    _refresh: dict[str, IssuedToken] = field(default_factory=dict)

    # --- requests for a sign-in -----------------------------------------------------------------------------

    def add_request(self, device_code: str, request: DeviceRequest) -> None:
        with self.lock:
            self._forget_old()
            self._requests[_key(device_code)] = request

    def request_for(self, device_code: str) -> DeviceRequest | None:
        with self.lock:
            return self._requests.get(_key(device_code))

    def open_request(self, user_code: str) -> DeviceRequest | None:
        """The request a person can still answer with this code, in any spelling of it."""
        typed = _letters(user_code)
        with self.lock:
            return next(
                (r for r in self._requests.values() if _letters(r.user_code) == typed and self._open(r)), None
            )

    def answer(self, user_code: str, person: Person, *, approved: bool, auth_time: int) -> bool:
        """Record a person's answer; False if the code is no longer waiting for one."""
        with self.lock:
            request = self.open_request(user_code)
            if request is None:
                return False
            request.person, request.approved, request.auth_time = person, approved, auth_time
            return True

    def end_request(self, request: DeviceRequest) -> None:
        """A device code is used once."""
        with self.lock:
            self._requests = {key: known for key, known in self._requests.items() if known is not request}

    def polled_too_soon(self, request: DeviceRequest) -> bool:
        """Whether a program must slow down: then it waits 5 s longer from now on (RFC 8628, 3.5)."""
        with self.lock:
            now, before = self.clock(), request.polled_at
            request.polled_at = now
            # A tenth of a second of grace: who waits exactly the interval must not be caught by jitter.
            if before is None or now - before >= request.interval - 0.1:
                return False
            request.interval += 5
            return True

    # --- tokens ---------------------------------------------------------------------------------------------

    def add_tokens(
        self, sign_in: SignIn, *, access: str, scope: str, expires_at: float, refresh: str | None
    ) -> None:
        with self.lock:
            self._forget_old()
            self._access[_key(access)] = IssuedToken(sign_in=sign_in, scope=scope, expires_at=expires_at)
            if refresh:
                self._refresh[_key(refresh)] = IssuedToken(sign_in=sign_in, scope=sign_in.scope)

    def live_access(self, token: str) -> IssuedToken | None:
        with self.lock:
            known = self._access.get(_key(token))
            if known is None or known.revoked or known.sign_in.revoked:
                return None
            return known if known.expires_at is None or known.expires_at > self.clock() else None

    def live_refresh(self, token: str) -> IssuedToken | None:
        """The refresh token, if it may be used; one used before ends its whole family (RFC 9700, 4.14.2)."""
        with self.lock:
            known = self._refresh.get(_key(token))
            if known is None or known.revoked or known.sign_in.revoked:
                return None
            if known.used:
                known.sign_in.revoked = True
                return None
            return known

    def any_token(self, token: str) -> IssuedToken | None:
        with self.lock:
            return self._refresh.get(_key(token)) or self._access.get(_key(token))

    def revoke(self, token: IssuedToken) -> None:
        """An access token ends alone, a refresh token with all of its sign-in (RFC 7009, 2.1)."""
        with self.lock:
            token.revoked = True
            if token.expires_at is None:
                token.sign_in.revoked = True

    # --- housekeeping ---------------------------------------------------------------------------------------

    def _open(self, request: DeviceRequest) -> bool:
        return request.approved is None and request.expires_at > self.clock()

    def _forget_old(self) -> None:
        """Drop what matters to nobody any more; an expired code is known for a while, to be called that."""
        now = self.clock()
        self._requests = {key: r for key, r in self._requests.items() if r.expires_at + 600 > now}
        self._access = {
            key: t for key, t in self._access.items() if t.expires_at is None or t.expires_at > now
        }
        self._refresh = {key: t for key, t in self._refresh.items() if not t.sign_in.revoked}


def _letters(user_code: str) -> str:
    return "".join(character for character in user_code.upper() if character.isalnum())

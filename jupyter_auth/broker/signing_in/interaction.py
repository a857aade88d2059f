"""One request for a person, and who made it."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from jupyter_auth.broker.request import Resolved, demands
from jupyter_auth.broker.signing_in.consent import Consent
from jupyter_auth.broker.signing_in.sign_in import SignIn
from jupyter_auth.broker.signing_in.ways import Ways
from jupyter_auth.cache.records import AccountRecord
from jupyter_auth.core.authority import read_authority
from jupyter_auth.core.errors import AuthError
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.scopes import resource_scopes


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """Who asked, as the server knows it. The names come from the kernel's side and are not verified."""

    kernel_id: str | None = None
    kernel_name: str | None = None
    notebook: str | None = None
    in_process: bool = False  # the broker, and so the refresh token, is in the kernel's own process


@dataclass(slots=True, kw_only=True, eq=False)
class Interaction:
    """One request for a person. Lives on the event loop; ``outcome`` ends it."""

    id: str
    resolved: Resolved
    requester: Requester
    sign_in: SignIn | Consent
    ways: Ways
    offered: tuple[str, ...] = ()  # those of the ways that a person may choose instead
    created_on: int
    expires_on: int
    outcome: "asyncio.Future[AccountRecord | None]"  # who signed in; their tokens are in the cache alone
    state: str = "pending"
    flow_reason: str | None = None  # why it is not the flow that comes first
    slow: bool = False
    held: bool = False  # asked for over REST: no waiter's leaving ends it
    waiters: set[object] = field(default_factory=set)
    error: AuthError | None = None
    username: str | None = None
    ended_on: float | None = None
    task: "asyncio.Task[None] | None" = None

    def answers(self, resolved: Resolved) -> bool:
        """True if its success gives what ``resolved`` asks for."""
        if isinstance(self.sign_in, Consent):
            return False
        allowed = (resolved.request.flow,) if resolved.request.flow else resolved.profile.flows
        if allowed and self.sign_in.flow not in allowed:
            return False
        asked = resource_scopes(self.sign_in.scopes, fold=self.resolved.profile.folds_case)
        return demands(self.resolved) == demands(resolved) and resolved.target.scopes <= asked

    def to_wire(self) -> dict[str, Any]:
        """What may be shown. A code or address is in it only while it is of use."""
        profile, pending = self.resolved.profile, self.state == "pending"
        error, shown = self.error, self.sign_in.shown() if pending else {}
        consent = self.sign_in if isinstance(self.sign_in, Consent) else None
        return {
            "id": self.id,
            "profile": profile.name,
            "title": profile.title or None,
            "client_id": profile.client_id,
            "issuer": profile.issuer,
            "tenant": self.resolved.request.tenant or _tenant(profile),
            "scopes": list(self.sign_in.scopes),
            "scope_titles": dict(profile.scope_titles),
            "account": consent.username if consent else self.resolved.request.account,
            "login_hint": self.resolved.request.login_hint,
            "flow": self.sign_in.flow,
            "flow_reason": self.flow_reason,
            "other_flows": [flow for flow in self.offered if pending and flow != self.sign_in.flow],
            "state": self.state,
            "slow": self.slow and pending,
            "user_code": shown.get("user_code"),
            "verification_uri": shown.get("verification_uri"),
            "verification_uri_complete": shown.get("verification_uri_complete"),
            "authorization_uri": shown.get("authorization_uri"),
            "paste": shown.get("paste", False),
            "created_on": self.created_on,
            "expires_on": self.expires_on,
            "username": self.username,
            "consent": {"token_lifetime": consent.lifetime} if consent else None,
            "reason": error.reason if error else None,
            "message": error.message if error else None,
            "hint": error.hint or None if error else None,
            "requested_by": self._asker(),
        }

    def _asker(self) -> dict[str, Any]:
        return {
            "notebook": self.requester.notebook,
            "kernel_id": self.requester.kernel_id,
            "kernel_name": self.requester.kernel_name,
            "waiting": len(self.waiters),
        } | ({"in_process": True} if self.requester.in_process else {})


def _tenant(profile: Profile) -> str | None:
    return read_authority(profile.issuer).tenant if profile.provider == "entra" else None

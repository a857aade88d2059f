"""What an administrator allows: issuers, clients, scopes and flows, each by its exact text.

There are no patterns. What is compared is what is sent, character by character; only scopes of Entra are
compared without case, as Entra does. So no other way of writing a thing is a way around the list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jupyter_auth.core.errors import PolicyError
from jupyter_auth.core.scopes import RESERVED

#: The ways to a token that can be switched off. The first two ask a person.
ALL_FLOWS = ("authorization_code", "device_code", "client_credentials", "on_behalf_of")

MAX_NAMED = 10  # that a message lists


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The lists, by the names of their settings. An empty one of issuers, clients or scopes allows all;
    an empty one of flows allows none."""

    allowed_issuers: tuple[str, ...] = ()
    allowed_clients: tuple[str, ...] = ()
    allowed_scopes: tuple[str, ...] = ()
    allowed_flows: tuple[str, ...] = ALL_FLOWS

    def allows_issuer(self, issuer: str) -> bool:
        """True where a profile may name it."""
        return not self.allowed_issuers or issuer in self.allowed_issuers

    def allows_client(self, client_id: str) -> bool:
        """True where a profile may name it."""
        return not self.allowed_clients or client_id in self.allowed_clients

    def allows_flow(self, flow: str) -> bool:
        """True where a token may be got in that way."""
        return flow in self.allowed_flows

    def permitted(self, scopes: Iterable[str], *, fold: bool) -> tuple[str, ...]:
        """Those of ``scopes`` that may be asked for; ``fold`` ignores case (Entra only).

        The reserved ones (``openid``, ``profile``, ``offline_access``) always may: they open no API.
        """
        if not self.allowed_scopes:
            return tuple(scopes)
        allowed = {scope.lower() for scope in self.allowed_scopes} if fold else {*self.allowed_scopes}
        return tuple(s for s in scopes if s in RESERVED or (s.lower() if fold else s) in allowed)

    def excess(self, scopes: Iterable[str], *, fold: bool) -> tuple[str, ...]:
        """Those of ``scopes`` that may not."""
        if not self.allowed_scopes:
            return ()
        asked = tuple(scopes)
        allowed = self.permitted(asked, fold=fold)
        return () if len(allowed) == len(asked) else tuple(s for s in asked if s not in allowed)

    def check_scopes(self, scopes: Iterable[str], *, fold: bool) -> None:
        """Raises ``PolicyError`` where one of ``scopes`` may not be asked for."""
        if refused := self.excess(scopes, fold=fold):
            raise not_allowed("scope", ", ".join(refused[:MAX_NAMED]), self.allowed_scopes)

    def check_flow(self, flow: str) -> None:
        """Raises ``PolicyError`` where a token may not be got in that way."""
        if not self.allows_flow(flow):
            raise not_allowed("flow", flow, self.allowed_flows)


OPEN = Policy()


def refusal(kind: str, what: str) -> str:
    """What is said of a thing that is on no list."""
    return f"{what} is not among the allowed_{kind}s that an administrator has set"


def not_allowed(kind: str, what: str, allowed: Iterable[str], where: str = "") -> PolicyError:
    """The error for an issuer, client, scope or flow that is on no list."""
    return PolicyError(
        f"{where}{refusal(kind, what)}.", reason=f"{kind}_not_allowed", hint=hint_of(tuple(allowed))
    )


def hint_of(allowed: tuple[str, ...]) -> str:
    """What to use in its place."""
    more = len(allowed) - MAX_NAMED
    named = ", ".join(allowed[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"Allowed: {named or 'none'}. Ask your administrator for another."

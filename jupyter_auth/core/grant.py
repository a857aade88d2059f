"""What a kernel may use: a person's decision about one kernel, or about one notebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

#: ``allow``: every kernel may use a profile; ``ask``: those that a person allows; ``deny``: none.
KernelAccess = Literal["allow", "ask", "deny"]
Decision = Literal["allow", "deny"]
#: ``once``: this one request; ``kernel``: until that kernel is shut down; ``notebook``: for that notebook's
#: path, while the server runs.
Remember = Literal["once", "kernel", "notebook"]

ACCESS: tuple[str, ...] = get_args(KernelAccess)  # the stricter the later
DECISIONS: tuple[str, ...] = get_args(Decision)
REMEMBER: tuple[str, ...] = get_args(Remember)


def stricter(one: KernelAccess, other: KernelAccess) -> KernelAccess:
    """The one that allows less."""
    return max(one, other, key=ACCESS.index)


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelGrant:
    """What a kernel may use, or may not. It is kept in memory only.

    ``scopes``: None for those that the profile has; ``account``: a ``home_account_id``, None for any;
    ``granted_on``: Unix seconds.
    """

    kernel_id: str
    profile: str
    scopes: tuple[str, ...] | None = None
    account: str | None = None
    decision: Decision = "allow"
    remember: Remember = "kernel"
    granted_on: int = 0

    def to_wire(self, username: str | None = None) -> dict[str, Any]:
        """The row of the REST resource ``kernels/{id}/grants``; ``username`` is the account's name."""
        return {
            "profile": self.profile,
            "scopes": None if self.scopes is None else list(self.scopes),
            "account": username if self.account else None,
            "home_account_id": self.account,
            "decision": self.decision,
            "remember": self.remember,
            "granted_on": self.granted_on,
        }

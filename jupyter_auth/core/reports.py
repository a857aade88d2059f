"""What a sign-out or a clear did, account by account: only what is known."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self

#: revoked: the provider confirmed. unsupported: it has no revocation endpoint. failed: it did not
#: answer or refused. not_asked: forgotten here only. nothing_to_revoke: it has one, and there was no
#: refresh token.
Outcome = Literal["revoked", "unsupported", "failed", "not_asked", "nothing_to_revoke"]

_BROWSER = "The browser's own session with the provider stays."


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOutcome:
    """What happened to one account. ``host`` is the provider's host name; ``end_session_uri`` is where the
    person can end the browser's own session with it (OpenID Connect RP-Initiated Logout), empty where the
    provider announces no such page."""

    home_account_id: str
    username: str
    profile: str
    host: str
    outcome: Outcome
    end_session_uri: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOutReport:
    """The accounts that were signed out. Forgotten here first, in any case."""

    accounts: tuple[AccountOutcome, ...] = ()
    browser_session_stays: bool = True

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Self:
        """The report in a frame or REST answer; unknown fields are ignored."""
        rows = wire.get("accounts")
        accounts = [_outcome(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        rest = {f.name: wire[f.name] for f in fields(cls) if type(wire.get(f.name)) is type(f.default)}
        return cls(accounts=tuple(accounts), **rest)

    def to_wire(self) -> dict[str, Any]:
        """The report as plain JSON."""
        return {**asdict(self), "accounts": [asdict(account) for account in self.accounts]}

    def _headline(self) -> str:
        return _count(len(self.accounts), "account") + " signed out"

    def __str__(self) -> str:
        words = {
            "revoked": "revoked at {host}",
            "unsupported": "forgotten here; {host} cannot revoke",
            "failed": "forgotten here, but could not be revoked at {host}: it may still be valid there",
            "not_asked": "forgotten here",
            "nothing_to_revoke": "forgotten here",
        }
        lines = [
            f"  {row.username or row.home_account_id} · {row.profile}: "
            + words.get(row.outcome, "forgotten here").format(host=row.host)
            for row in self.accounts
        ]
        pages = dict.fromkeys(row.end_session_uri for row in self.accounts if row.end_session_uri)
        lines += [f"  To end it, too: {page}" for page in pages]
        return "\n".join([f"{self._headline()}. {_BROWSER}", *lines])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self) if cycle else str(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearReport(SignOutReport):
    """What a clear wiped: counts of records in the store, and the fate of each account."""

    access_tokens: int = 0
    refresh_tokens: int = 0

    def _headline(self) -> str:
        return (
            f"Cache cleared: {_count(len(self.accounts), 'account')}, "
            f"{_count(self.access_tokens, 'access token')}, {_count(self.refresh_tokens, 'refresh token')}"
        )


def _outcome(wire: Mapping[str, Any]) -> AccountOutcome:
    return AccountOutcome(**{f.name: str(wire.get(f.name) or "") for f in fields(AccountOutcome)})  # type: ignore[arg-type]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

"""What the cache holds: access tokens, refresh tokens and accounts, each with an injective key.

Keys are MSAL's plus the full issuer URL: two realms, or two ports, of one host never meet.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import IntEnum
from typing import Any, NamedTuple, Self

from jupyter_auth.cache.shapes import from_plain
from jupyter_auth.core.account import Account
from jupyter_auth.core.scopes import covers, resource_scopes
from jupyter_auth.core.secret import Secret


class Kind(IntEnum):
    """What a row is; the one thing about it that a store's file shows, beside its expiry."""

    ACCOUNT = 0
    ACCESS_TOKEN = 1
    REFRESH_TOKEN = 2
    APPLICATION = 3


class ClientKey(NamedTuple):
    """An application at a provider: the partition of its accounts. ``issuer`` is the full issuer URL; for
    Entra the cloud, whose tenants share accounts and refresh tokens (MSAL: ``environment``)."""

    issuer: str
    client_id: str

    @property
    def partition(self) -> str:
        return json.dumps(["accounts", *self])


class AccountKey(NamedTuple):
    """An account of an application: the partition of its tokens, and the key of its refresh token.

    There is no realm in it, since one refresh token serves all tenants and scopes (MSAL).
    """

    issuer: str
    client_id: str
    home_account_id: str

    @property
    def client(self) -> ClientKey:
        return ClientKey(self.issuer, self.client_id)

    @property
    def partition(self) -> str:
        return json.dumps(["tokens", *self])

    @property
    def lease(self) -> str:
        """What is held while its refresh token is in use."""
        return self.partition


class AppKey(NamedTuple):
    """What an application holds that is no account's: the partition of tokens of its own (``app``), of those
    it got for one assertion (``on_behalf_of``), and of a session that goes on without one (``long_running``).

    ``name`` is the SHA-256 of the assertion, or of the session's key, neither of which is stored; or of what
    the application's own token is for. Of four parts, so that none ever equals an ``AccountKey``.
    """

    kind: str
    issuer: str
    client_id: str
    name: str = ""

    @property
    def client(self) -> ClientKey:
        return ClientKey(self.issuer, self.client_id)

    @property
    def partition(self) -> str:
        return json.dumps(self)

    @property
    def lease(self) -> str:
        """What is held while the provider is asked. A lease may be a file that stays: names, of which there
        is no end, share 256."""
        return json.dumps([*self[:3], self.name[:2]])

    @property
    def home_account_id(self) -> None:
        """There is no account."""
        return


#: Whose tokens a partition holds.
Holder = AccountKey | AppKey


class Target(NamedTuple):
    """What a token is asked for. ``resource`` is the profile's resource or audience, tagged; ``realm`` the
    tenant, as the call or the profile writes it, empty for the account's own. ``within`` are the scopes that
    the token may have at most, None where it may have any."""

    scopes: frozenset[str]
    resource: str = ""
    realm: str = ""
    within: frozenset[str] | None = None


def new_version() -> str:
    """A random name for one token, safe to show: it tells tokens apart without telling anything of them."""
    return secrets.token_hex(8)


class _Record:
    """JSON in and out for the frozen records below; a ``Secret`` is written in the clear, for sealing."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        plain = {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]
        return {k: v.reveal() if isinstance(v, Secret) else v for k, v in plain.items()}

    @classmethod
    def from_json(cls, value: object) -> Self | None:
        """The record in an opened row; None, as if it were not there, for what has not the shape that this
        version writes. Fields that it does not know are left out."""
        return from_plain(cls, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessTokenRecord(_Record):
    """An access token. ``asked`` and ``granted`` differ where the provider narrowed the scopes;
    ``asked_realm`` and ``realm`` where a tenant has another name than the id that the provider gives."""

    secret: Secret
    token_type: str
    issued_on: int
    expires_on: int
    refresh_on: int
    granted: tuple[str, ...]
    asked: tuple[str, ...]
    resource: str = ""
    realm: str = ""
    asked_realm: str | None = None  # None: as ``realm``
    version: str = field(default_factory=new_version)
    token_endpoint: str = ""
    correlation_id: str = ""

    @property
    def life(self) -> int:
        """Seconds from the request for it to its end."""
        return self.expires_on - self.issued_on

    def key(self, account: Holder) -> str:
        """One row per account, realm, resource and granted target."""
        target = sorted(set(self.granted))
        return json.dumps(
            ["access_token", *account, self.realm, self.resource, target, sorted(set(self.asked))]
            + ([] if self.asked_realm is None else [self.asked_realm])
        )

    def serves(self, target: Target, *, fold: bool) -> bool:
        """True if this token answers a request for ``target``.

        Granted scopes that cover it do; so does the very set that was asked when it was given: the
        provider would narrow it again.
        """
        if self.resource != target.resource or target.realm not in self.realms:
            return False
        granted = resource_scopes(self.granted, fold=fold)
        if target.within is not None and not granted <= target.within:
            return False
        return covers(granted, target.scopes) or resource_scopes(self.asked, fold=fold) == target.scopes

    @property
    def realms(self) -> tuple[str, ...]:
        """The names of its tenant, as asked last."""
        return (self.realm,) if self.asked_realm is None else (self.realm, self.asked_realm)

    def replaces(self, older: Self) -> bool:
        """True if this one serves what ``older`` was asked for and what it was given for (MSAL.NET drops
        it then)."""
        return all(
            self.serves(Target(resource_scopes(scopes), older.resource, realm), fold=False)
            for scopes in (older.granted, older.asked)
            for realm in older.realms
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshTokenRecord(_Record):
    """A refresh token, with the scopes and resources its grant is known to hold.

    ``whole``: the provider takes from it what a refresh leaves out, against RFC 6749 §6, so that every
    refresh has to ask for all of ``scopes``.
    """

    secret: Secret
    scopes: tuple[str, ...]
    saved_on: int
    resources: tuple[str, ...] = ()
    version: str = field(default_factory=new_version)
    whole: bool = False
    family_id: str = ""  # Microsoft's own clients only (FOCI); kept, never relied on

    @staticmethod
    def key(account: Holder) -> str:
        return json.dumps(["refresh_token", *account])


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRecord(_Record):
    """An account of an application, with the claims of its last id token.

    ``default_for`` names the profiles that use it where a request names no account and several are signed
    in: a person's choice, which goes with the account.
    """

    home_account_id: str
    environment: str
    client_id: str
    username: str
    name: str = ""
    realm: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    signed_in_on: int = 0
    default_for: tuple[str, ...] = ()

    @property
    def account_key(self) -> AccountKey:
        return AccountKey(self.environment, self.client_id, self.home_account_id)

    @staticmethod
    def key(account: AccountKey) -> str:
        return json.dumps(["account", *account])

    def account(self, profile: str) -> Account:
        return Account(
            home_account_id=self.home_account_id,
            environment=self.environment,
            username=self.username,
            name=self.name,
            realm=self.realm,
            profile=profile,
            default=profile in self.default_for,
        )

    def updated(self, claims: Mapping[str, Any] | None) -> Self:
        """The same account with the claims of a newer id token for the same subject."""
        return self if claims is None else replace(self, claims=dict(claims))


@dataclass(frozen=True, slots=True, kw_only=True)
class AppRecord(_Record):
    """That an application holds something: for listing and clearing, which cannot know every assertion.

    A save is refused unless this record is still the one, by its ``version``, that was there before the
    provider was asked: so no clear in between is undone.
    """

    kind: str
    issuer: str
    client_id: str
    name: str = ""
    version: str = field(default_factory=new_version)

    @property
    def app_key(self) -> AppKey:
        return AppKey(self.kind, self.issuer, self.client_id, self.name)

    @staticmethod
    def key(app: AppKey) -> str:
        return json.dumps(["application", *app])


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """How many records a clear wiped, and the refresh tokens that were there, to revoke if asked."""

    counts: dict[Kind, int]
    accounts: tuple[tuple[AccountRecord, RefreshTokenRecord | None], ...]

"""What a grant is held against: a token that is asked for, or one that is about to be handed out."""

from typing import Literal, NamedTuple

from jupyter_auth.broker.request import Resolved, resource_of
from jupyter_auth.broker.tenants import client_of, realm_of
from jupyter_auth.cache.records import ClientKey
from jupyter_auth.core.grant import KernelAccess
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.scopes import resource_scopes

Kind = Literal["account", "app", "on_behalf_of", "long_running"]


class Place(NamedTuple):
    """What tokens of a profile are for. A profile's name says nothing: its file may be another by now."""

    client: ClientKey
    resource: str
    realm: str


class Wanted(NamedTuple):
    """A token by what a grant decides on. ``scopes`` as they are compared, ``account`` the
    ``home_account_id`` of whose it is; None where nobody is signed in, or where ``kind`` is an application's.
    ``named``: the account in the caller's own words."""

    profile: str
    place: Place
    scopes: frozenset[str]
    own: frozenset[str]  # the profile's own scopes
    words: tuple[str, ...]  # all scopes as they are written
    access: KernelAccess
    folds_case: bool
    kind: Kind = "account"
    account: str | None = None
    username: str | None = None
    named: str | None = None


def place_of(profile: Profile) -> Place:
    """What a profile's tokens are for where the call says nothing else."""
    return Place(client_of(profile), resource_of(profile), realm_of(profile))


def wanted(resolved: Resolved) -> Wanted:
    """What ``resolved`` asks for; whose account that is, the caller adds."""
    profile, target = resolved.profile, resolved.target
    return Wanted(
        profile=profile.name,
        place=Place(resolved.client, target.resource, target.realm),
        scopes=target.scopes,
        own=resource_scopes(profile.scopes, fold=profile.folds_case),
        words=resolved.scopes,
        access=profile.kernel_access,
        folds_case=profile.folds_case,
        kind="account" if resolved.app is None else resolved.app.kind,  # type: ignore[arg-type]
        named=resolved.request.account,
    )

"""What is asked of the broker, checked and resolved against the configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jupyter_auth.broker.tenants import check_tenant, client_of, realm_of
from jupyter_auth.cache.records import AppKey, ClientKey, Target
from jupyter_auth.core.errors import ProfileError
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.scopes import parse_scopes, resource_scopes
from jupyter_auth.core.secret import Secret

MAX_AGE = 2**31 - 1  # seconds, more than a life
_TEXT_FIELDS = {
    "profile": 64,
    "account": 320,
    "claims_challenge": 8192,
    "have": 64,
    "login_hint": 320,
    "prompt": 64,
    "acr_values": 512,
    "tenant": 256,
    "flow": 32,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """A request for a token, with the names of ``get_token``'s arguments; ``have`` is the version of the
    token that the caller last held."""

    profile: str | None = None
    scopes: tuple[str, ...] = ()
    account: str | None = None
    force_refresh: bool = False
    have: str | None = None
    claims_challenge: str | None = None
    flow: str | None = None
    tenant: str | None = None
    login_hint: str | None = None
    prompt: str | None = None
    acr_values: str | None = None
    max_age: int | None = None
    within: frozenset[str] | None = None  # what the token may be for at most: the broker's, never the wire's

    @property
    def skips_cache(self) -> bool:
        """True where a cached access token will not do."""
        return self.force_refresh or self.claims_challenge is not None

    @property
    def demands_person(self) -> bool:
        """True where only a new sign-in will do."""
        return self.prompt not in (None, "none") or self.acr_values is not None or self.max_age is not None

    @classmethod
    def from_wire(cls, message: Mapping[str, Any]) -> "TokenRequest":
        """The request in a frame or REST body; raises ``ProfileError`` for values of the wrong kind."""
        values: dict[str, Any] = {name: _text(message, name, limit) for name, limit in _TEXT_FIELDS.items()}
        return cls(
            scopes=_scopes(message.get("scopes")),
            force_refresh=message.get("force_refresh") is True,
            max_age=_max_age(message.get("max_age")),
            **values,
        )


def _text(message: Mapping[str, Any], name: str, limit: int) -> str | None:
    value = message.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value or len(value) > limit or not value.isprintable():
        raise _bad(name, f"printable text of 1 to {limit} characters")
    return value


def _max_age(value: Any) -> int | None:
    if value is None:
        return None
    # JSON knows one kind of number: 60.0 is as good as 60
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_AGE:
        raise _bad("max_age", f"a number of seconds, {MAX_AGE} at most")
    if value != int(value):
        raise _bad("max_age", "a whole number of seconds")
    return int(value)


def _scopes(value: Any) -> tuple[str, ...]:
    if not isinstance(value, str | list | None):
        raise _bad("scopes", "a list of strings")
    try:
        return parse_scopes(value)
    except ValueError as problem:
        raise ProfileError(f"{problem}.", reason="bad_scopes") from None


def _bad(name: str, what: str) -> ProfileError:
    return ProfileError(f"{name} must be {what}.", reason="bad_argument")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A request together with its profile: what the cache is asked. ``app`` is set where that is for no
    account, ``assertion`` where it is on behalf of the person whose token that is."""

    profile: Profile
    client: ClientKey
    scopes: tuple[str, ...]
    target: Target
    request: TokenRequest = field(default_factory=TokenRequest)
    app: AppKey | None = None
    assertion: Secret | None = None


def resource_of(profile: Profile) -> str:
    """The profile's resource or audience as a ``Target`` has it; empty where it has none."""
    if profile.audience:
        return f"audience:{profile.audience}"
    return f"resource:{profile.resource}" if profile.resource else ""


def resolve(request: TokenRequest, profile: Profile) -> Resolved:
    """Fill the request from the profile: no scopes asked means the profile's own.

    Raises ``PolicyError`` for scopes and tenants that the administrator does not allow: here, before the
    cache is asked, since that may hold what was got before.
    """
    if request.tenant is not None and profile.provider != "entra":
        raise ProfileError(
            f"Profile {profile.name!r} has no tenants: tenant= has a meaning for provider entra only.",
            reason="no_tenants",
        )
    scopes = request.scopes or profile.scopes
    profile.policy.check_scopes(scopes, fold=profile.folds_case)
    if request.tenant is not None:
        check_tenant(profile, request.tenant)
    return Resolved(
        profile=profile,
        client=client_of(profile),
        scopes=scopes,
        target=Target(
            resource_scopes(scopes, fold=profile.folds_case),
            resource_of(profile),
            realm_of(profile, request.tenant),
            request.within,
        ),
        request=request,
    )


def demands(resolved: Resolved) -> tuple[object, ...]:
    """What two requests must have in common for one sign-in to answer both, scopes apart."""
    request = resolved.request
    return (
        resolved.client,
        resolved.target.resource,
        resolved.target.realm,
        request.account,
        request.claims_challenge,
        request.prompt,
        request.acr_values,
        request.max_age,
        request.login_hint,
    )

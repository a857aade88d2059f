"""Everything that can go wrong, in one tree.

AuthError
├── InteractionError
│   ├── InteractionRequiredError    a person must act; nothing was shown yet
│   ├── InteractionDeclinedError    the person (or the provider) said no
│   ├── InteractionExpiredError     nobody answered in time
│   └── InteractionCancelledError   stopped here: button, REST, interrupt
├── OAuthError                      the provider refused, in OAuth's own words (RFC 6749 §5.2)
├── TransportError                  nobody refused: network, timeout, broken answer
├── PolicyError                     an administrator, or this product's rules, forbid it
├── KernelGrantRequiredError        this kernel may not use that (yet)
├── ProfileError                    the configuration is wrong
└── CacheError
    ├── CacheSealError              records are there, their key is not
    └── NoSafeStoreError            nowhere to keep tokens safely

Each has ``code`` (its name on the wire), ``reason`` (a slug for programs), a message (what happened)
and ``hint`` (what to do). None carries a token, code or secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar


class AuthError(Exception):
    """Base of every error of this package.

    Attributes: ``reason`` (str slug), ``hint`` (str, what to do; may be empty).
    """

    code: ClassVar[str] = "auth_error"
    http_status: ClassVar[int] = 500
    default_reason: ClassVar[str] = "unknown"
    fields: ClassVar[tuple[str, ...]] = ()

    def __init__(self, message: str = "", *, reason: str = "", hint: str = "", **fields: Any) -> None:
        super().__init__(message)
        unknown = set(fields) - set(self.fields)
        if unknown:
            raise TypeError(f"{type(self).__name__} takes no {', '.join(sorted(unknown))}")
        self.message = message
        self.reason = reason or self.default_reason
        self.hint = hint
        for name in self.fields:
            setattr(self, name, fields.get(name))

    def __str__(self) -> str:
        ends = "" if not self.hint or not self.message or self.message[-1] in ".?!:" else "."
        return f"{self.message}{ends} {self.hint}".strip()

    def __reduce__(self) -> tuple[Any, ...]:
        return error_from_wire, (error_to_wire(self),)


class InteractionError(AuthError):
    """A person's part in getting a token did not happen."""

    code = "interaction_error"
    http_status = 409
    fields: ClassVar[tuple[str, ...]] = ("profile", "scopes")
    profile: str | None
    scopes: list[str] | None


class InteractionRequiredError(InteractionError):
    """Only a person can go on (MSAL: ``MsalUiRequiredException``, ``InteractionRequiredAuthError``).

    Attributes: ``profile``, ``scopes``, ``claims`` (the claims challenge to meet, if any), ``accounts``
    (usernames to choose from when ``reason`` is ``ambiguous_account``), ``interaction_id`` (the
    request already waiting for the person, if any).
    """

    code = "interaction_required"
    default_reason = "no_account"
    fields: ClassVar[tuple[str, ...]] = ("profile", "scopes", "claims", "accounts", "interaction_id")
    claims: str | None
    accounts: list[str] | None
    interaction_id: str | None


class InteractionDeclinedError(InteractionError):
    """The sign-in was declined at the provider (RFC 8628 §3.5 ``access_denied``)."""

    code = "interaction_declined"
    http_status = 403
    default_reason = "access_denied"


class InteractionExpiredError(InteractionError):
    """Nobody finished the sign-in in time (RFC 8628 §3.5 ``expired_token``)."""

    code = "interaction_expired"
    default_reason = "expired_token"


class InteractionCancelledError(InteractionError):
    """The sign-in was cancelled here."""

    code = "interaction_cancelled"
    default_reason = "cancelled"


class OAuthError(AuthError):
    """The provider answered with an OAuth error (RFC 6749 §5.2).

    Attributes: ``error``, ``error_description``, ``error_uri`` (str or None), ``status`` (int or None,
    the provider's HTTP status), ``correlation_id``, ``trace_id``, ``claims`` (str or None; the claims
    challenge that the next request has to carry, where the provider names one).
    """

    code = "oauth_error"
    http_status = 502
    default_reason = "provider_refused"
    fields: ClassVar[tuple[str, ...]] = (
        "error",
        "error_description",
        "error_uri",
        "status",
        "correlation_id",
        "trace_id",
        "claims",
    )
    error: str | None
    error_description: str | None
    error_uri: str | None
    status: int | None
    correlation_id: str | None
    trace_id: str | None
    claims: str | None


class TransportError(AuthError):
    """No usable answer came: network, timeout, 5xx, a captive portal, a broker that is gone.

    Attributes: ``retryable`` (bool: the same call may succeed later), ``retry_after`` (seconds or None).
    """

    code = "transport_error"
    http_status = 502
    default_reason = "unreachable"
    fields: ClassVar[tuple[str, ...]] = ("retryable", "retry_after")
    retryable: bool | None
    retry_after: float | None


class PolicyError(AuthError):
    """Forbidden by an administrator's policy or by a safety rule."""

    code = "policy"
    http_status = 403
    default_reason = "forbidden"


class KernelGrantRequiredError(AuthError):
    """This kernel has no grant for what it asked.

    Attributes: ``profile``, ``scopes`` (what a grant is needed for).
    """

    code = "kernel_grant_required"
    http_status = 403
    default_reason = "no_grant"
    fields: ClassVar[tuple[str, ...]] = ("profile", "scopes")
    profile: str | None
    scopes: list[str] | None


class ProfileError(AuthError):
    """A profile is unknown or wrong. ``faults`` lists every fault as text (file, key, what to do)."""

    code = "profile_error"
    http_status = 400
    default_reason = "invalid_profile"
    fields: ClassVar[tuple[str, ...]] = ("faults",)
    faults: list[str] | None


class CacheError(AuthError):
    """The token store failed."""

    code = "cache_error"
    http_status = 503
    default_reason = "store_failed"


class CacheSealError(CacheError):
    """The store is sealed with a key that is not here."""

    code = "cache_seal_error"
    default_reason = "seal_key_missing"


class NoSafeStoreError(CacheError):
    """There is no place where tokens could be kept safely."""

    code = "no_safe_store"
    default_reason = "no_safe_store"


def _tree(base: type[AuthError]) -> Iterable[type[AuthError]]:
    yield base
    for child in base.__subclasses__():
        yield from _tree(child)


def _wire_fields(error: AuthError) -> Iterable[tuple[str, Any]]:
    for name in error.fields:
        value = getattr(error, name)
        if value is not None:
            # OAuth's own code is called "error", a name the frame uses for the slug.
            yield ("oauth_error" if name == "error" else name), value


def error_to_wire(error: AuthError) -> dict[str, Any]:
    """The error as it travels in frames and REST answers: slug, message, hint and plain fields."""
    wire = {"error": error.code, "message": error.message, "hint": error.hint, "reason": error.reason}
    wire.update(_wire_fields(error))
    return wire


def error_from_wire(wire: Mapping[str, Any]) -> AuthError:
    """The error that ``error_to_wire`` wrote; an unknown slug becomes a plain ``AuthError``."""
    cls = next((c for c in _tree(AuthError) if c.code == wire.get("error")), AuthError)
    fields: dict[str, Any] = {}
    for name in cls.fields:
        fields[name] = wire.get("oauth_error" if name == "error" else name)
    message, hint, reason = (str(wire.get(name) or "") for name in ("message", "hint", "reason"))
    return cls(message, reason=reason, hint=hint, **fields)

"""Requests for no account: for an application itself, or on behalf of the person whose token it was sent."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from jupyter_auth.broker.request import Resolved, TokenRequest, resolve
from jupyter_auth.cache.records import AppKey
from jupyter_auth.core.errors import ProfileError
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.scopes import RESERVED
from jupyter_auth.core.secret import Secret

AppKind = Literal["app", "on_behalf_of", "long_running"]

MAX_ASSERTION = 32 * 1024  # characters; a frame must hold it
MAX_SESSION_KEY = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class AppRequest:
    """A request that concerns no account. ``session_key`` names a long-running session; who knows it may
    use that, so it is stored no more than the assertion is."""

    request: TokenRequest
    kind: AppKind = "app"
    assertion: Secret | None = None
    session_key: str = field(default="", repr=False)

    @classmethod
    def from_wire(cls, message: Mapping[str, Any], kind: AppKind) -> "AppRequest":
        """The request in a frame; raises ``ProfileError`` for values of the wrong kind."""
        assertion = message.get("user_assertion")
        key = message.get("session_key")
        key = key.reveal() if isinstance(key, Secret) else key
        if key is not None and not (
            isinstance(key, str) and key.isprintable() and 0 < len(key) <= MAX_SESSION_KEY
        ):
            raise bad_argument("session_key", f"printable text of 1 to {MAX_SESSION_KEY} characters")
        return cls(
            request=TokenRequest.from_wire(message),
            kind=kind,
            assertion=None if assertion is None else _assertion(assertion),
            session_key=key or "",
        )


def _assertion(value: Any) -> Secret:
    text = value.reveal() if isinstance(value, Secret) else value
    if not isinstance(text, str) or not 0 < len(text) <= MAX_ASSERTION:
        raise bad_argument("user_assertion", f"an access token of at most {MAX_ASSERTION} characters")
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise bad_argument("user_assertion", "the access token alone, without 'Bearer'")
    return Secret(text, sent=True)


def bad_argument(name: str, what: str) -> ProfileError:
    """The error for an argument of the wrong kind; it does not repeat it."""
    return ProfileError(f"{name} must be {what}.", reason="bad_argument")


def resolve_app(asked: AppRequest, profile: Profile) -> Resolved:
    """Fill the request from the profile; raises ``ProfileError`` where its client cannot prove itself."""
    if profile.signs_people_in and not profile.has_credentials:
        raise ProfileError(
            f"Profile {profile.name!r} is that of a public client, which acts only for who signs in.",
            reason="no_client_credentials",
            hint="Use a profile of an application that is registered with a secret or a certificate: "
            "client_secret_file, client_certificate_file with client_key_file, or client_assertion_file.",
        )
    if asked.kind == "on_behalf_of" and asked.assertion is None:
        raise bad_argument("user_assertion", "the access token that the person sent")
    if asked.kind == "long_running" and not asked.session_key:
        raise bad_argument("session_key", "the key of a long-running session")
    found = resolve(asked.request, profile)
    name = asked.session_key if asked.kind == "long_running" else _own(found)
    if asked.kind == "on_behalf_of" and asked.assertion is not None:
        name = asked.assertion.reveal()
    return replace(
        found,
        # what OpenID Connect keeps for people's sign-ins has no meaning here
        scopes=tuple(scope for scope in found.scopes if scope not in RESERVED),
        app=AppKey(asked.kind, *found.client, digest(name)),
        assertion=asked.assertion,
    )


def permit(asked: AppRequest, profile: Profile) -> None:
    """Raises ``PolicyError`` where the administrator has switched that off."""
    profile.policy.check_flow("client_credentials" if asked.kind == "app" else "on_behalf_of")


def _own(found: Resolved) -> str:
    """What tells one partition of an application's own tokens from another. A program for many tenants holds
    one token for each tenant and resource: together they would be read with every one of them. Entra gives
    such a token for one ``resource/.default`` at a time; elsewhere a token may serve a subset of its scopes,
    so that scopes do not divide."""
    scopes = sorted(found.target.scopes) if found.profile.folds_case else []
    return json.dumps([found.target.realm, found.target.resource, *scopes])


def resolve_any(request: TokenRequest, profile: Profile) -> Resolved:
    """What ``get_token`` is asked: a profile at which nobody signs in means its application's own tokens.

    Raises ``ProfileError`` where such a profile is asked for somebody's.
    """
    if profile.signs_people_in:
        return resolve(request, profile)
    named = (request.account, request.login_hint, request.flow)
    if request.demands_person or any(value is not None for value in named):
        raise no_people(profile)
    asked = AppRequest(request=request)
    permit(asked, profile)
    return resolve_app(asked, profile)


def no_people(profile: Profile) -> ProfileError:
    """The error for a sign-in where there is none."""
    return ProfileError(
        f"Profile {profile.name!r} gives an application's own tokens: nobody signs in to it.",
        reason="no_accounts",
        hint=f"Leave the account and the sign-in out: %get_token {profile.name}",
    )


def digest(secret: str) -> str:
    """What stands for an assertion or a session's key wherever that is remembered; empty for none."""
    return hashlib.sha256(secret.encode()).hexdigest() if secret else ""

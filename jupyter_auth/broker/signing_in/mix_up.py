"""Mix-up (RFC 9700 §4.4): the code of one provider must not be sent to another one.

A ``state`` says to whom a request went, and not who has answered. A provider that puts ``iss`` into its
answers (RFC 9207) says so itself. One that does not is told by where its answers arrive: it shares its
redirect URI with no other of that kind, or has one of its own (``own_callback``).
"""

from collections.abc import Callable, Iterable

from jupyter_auth.core.errors import AuthError, PolicyError
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.urls import host_of
from jupyter_auth.providers.base import Engine

_CODE = "authorization_code"


class MixUps:
    """Whether one is possible, among the profiles as they are now. Its methods block, and run in threads."""

    def __init__(
        self, engine: Callable[[Profile], Engine], profiles: Callable[[], Iterable[Profile]]
    ) -> None:
        self._engine = engine
        self._profiles = profiles

    def with_whom(self, profile: Profile) -> str | None:
        """The host of a provider whose answer could be taken for one of ``profile``'s, if there is any."""
        if profile.own_callback or self._names_itself(profile):
            return None
        for other in self._profiles():
            if _share(profile, other) and not self._is_known_to_name_itself(other):
                return host_of(other.issuer)
        return None

    def check(self, profile: Profile) -> None:
        """Raise ``PolicyError`` (``shared_callback``) where a sign-in by code could be mixed up."""
        other = self.with_whom(profile)
        if other is not None:
            raise PolicyError(
                f"Neither {host_of(profile.issuer)} nor {other} says in its answers that they are its own, "
                "so an answer of the one could be taken for the other's.",
                reason="shared_callback",
                hint=f"Set own_callback = true in profile {profile.name!r}, and register the redirect URI "
                f"that it then has: with /{profile.name} at its end.",
            )

    def _names_itself(self, profile: Profile) -> bool:
        return self._engine(profile).discover().authorization_response_iss_parameter_supported

    def _is_known_to_name_itself(self, profile: Profile) -> bool:
        try:
            return self._names_itself(profile)
        except AuthError:
            return False  # it cannot be asked now


def _share(one: Profile, other: Profile) -> bool:
    """Whether answers of both may arrive at one place. Entra's tenants are one provider."""
    asks = other.signs_people_in and not other.is_signed_in_elsewhere
    by_code = asks and (not other.flows or _CODE in other.flows)
    return by_code and not other.own_callback and other.environment != one.environment

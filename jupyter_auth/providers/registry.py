"""From a profile to its engine. Engines are imported when first needed: they cost 100 ms."""

from jupyter_auth.core.errors import ProfileError
from jupyter_auth.core.profile import Profile
from jupyter_auth.providers.base import Engine


def make_engine(profile: Profile) -> Engine:
    """The engine of ``profile``. Blocks on the first import: call it in a thread."""
    if profile.provider in ("oidc", "client_credentials"):
        from jupyter_auth.providers.oidc import OidcEngine  # noqa: PLC0415

        return OidcEngine(profile)
    raise ProfileError(f"Provider {profile.provider!r} is not available.", reason="unknown_provider")

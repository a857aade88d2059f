"""From a profile to its engine. They are imported when first needed: 100 ms, and 40 more for msal."""

from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

from jupyter_auth.core.errors import ProfileError
from jupyter_auth.core.profile import Profile
from jupyter_auth.providers.base import Engine

T = TypeVar("T")


class Engines:
    """The engines of one broker, each made at first use."""

    def __init__(self) -> None:
        self._made: dict[Profile, Engine] = {}

    def of(self, profile: Profile) -> Engine:
        """The engine of a profile; called in threads."""
        engine = self._made.get(profile)
        if engine is None:
            engine = self._made.setdefault(profile, make_engine(profile))
        return engine

    def close(self) -> None:
        """Close them all."""
        for engine in self._made.values():
            engine.close()


def make_engine(profile: Profile) -> Engine:
    """The engine of ``profile``. Blocks on the first import: call it in a thread."""
    if profile.provider == "oidc":
        from jupyter_auth.providers.oidc import OidcEngine  # noqa: PLC0415

        return OidcEngine(profile)
    if profile.provider == "client_credentials":
        from jupyter_auth.providers.application import ApplicationEngine  # noqa: PLC0415

        return ApplicationEngine(profile)
    if profile.provider == "entra":
        from jupyter_auth.providers.entra import EntraEngine  # noqa: PLC0415

        return EntraEngine(profile)
    if profile.provider == "managed_identity":
        from jupyter_auth.providers.managed_identity import ManagedIdentityEngine  # noqa: PLC0415

        return ManagedIdentityEngine(profile)
    if profile.provider == "jupyterhub":
        from jupyter_auth.providers.jupyterhub import JupyterHubEngine  # noqa: PLC0415

        return JupyterHubEngine(profile)
    raise ProfileError(f"Provider {profile.provider!r} is not available.", reason="unknown_provider")


def with_engine(profile: Profile, work: Callable[[Engine], T]) -> T:
    """What one call of a profile's engine gives; raises what that raises, and as ``make_engine``."""
    with closing(make_engine(profile)) as engine:
        return work(engine)

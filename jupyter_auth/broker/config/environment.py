"""Which variables of a server's environment a profile may have sent to a provider as its client's secret.

A kernel can write its person's file. What it writes there must not have the server, whose environment it
cannot read, send a variable to an address of the kernel's choice.
"""

import re
from collections.abc import Collection, Iterator

from jupyter_auth.broker.config.policy import Violation
from jupyter_auth.core.profile import Profile
from jupyter_auth.providers.credential_files import withhold

KEY = "client_secret_env"

#: Jupyter's own tokens are nobody's client secret. Windows knows variables in any case.
_JUPYTERS = re.compile("(JUPYTER|JPY_).*", re.IGNORECASE | re.DOTALL)


class ServerEnvironment:
    """A person's profile may name what one named at the server's start, and send it nowhere else; an
    administrator's may always. Made at the start, before there is a kernel."""

    def __init__(self) -> None:
        self._known: frozenset[tuple[object, ...]] | None = None

    def heed(self, profiles: Collection[Profile]) -> None:
        """Take the variables of ``profiles`` out of the environment. The first are those of the start."""
        if self._known is None:
            self._known = frozenset(_sent(profile) for profile in profiles if profile.client_secret_env)
        withhold(profiles)

    def violations(self, profile: Profile, *, by_admin: bool) -> Iterator[Violation]:
        """What is against the profile's ``client_secret_env``; nothing where it has none."""
        name = profile.client_secret_env
        if not name:
            return
        if _JUPYTERS.fullmatch(name):
            yield Violation(
                key=KEY,
                reason="variable_not_allowed",
                message=f"{name} is Jupyter's own, and no client's secret",
                hint="Use a variable of another name, or client_secret_file.",
            )
        elif not by_admin and self._known is not None and _sent(profile) not in self._known:
            yield Violation(
                key=KEY,
                reason="variable_not_allowed",
                message=f"no profile said at the server's start that {name} is this client's secret",
                hint="Restart the server, or use client_secret_file.",
            )


def _sent(profile: Profile) -> tuple[object, ...]:
    """A variable, and all that says whom it is sent to, and how."""
    return (
        profile.client_secret_env,
        profile.provider,
        profile.issuer,
        profile.client_id,
        profile.ca_bundle,
        tuple(sorted(profile.endpoints.items())),
        tuple(sorted(profile.proxies.items())),
    )

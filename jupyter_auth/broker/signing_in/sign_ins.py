"""Makes the sign-ins of a broker: which ways there are for a request, each ready to begin."""

from collections.abc import Callable, Iterable
from functools import partial

from jupyter_auth.broker.changes import Changes
from jupyter_auth.broker.clock import Clock
from jupyter_auth.broker.request import Resolved
from jupyter_auth.broker.signing_in.code_sign_in import CodeSignIn
from jupyter_auth.broker.signing_in.device_sign_in import DeviceSignIn
from jupyter_auth.broker.signing_in.flows import flows_of, parameters
from jupyter_auth.broker.signing_in.mix_up import MixUps
from jupyter_auth.broker.signing_in.redirects import Redirects
from jupyter_auth.broker.signing_in.sign_in import SignIn
from jupyter_auth.broker.signing_in.ways import Ways
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.profile import Profile
from jupyter_auth.providers.base import Engine


class SignIns:
    """What they all need of the broker."""

    def __init__(
        self,
        engine: Callable[[Profile], Engine],
        profiles: Callable[[], Iterable[Profile]],
        clock: Clock,
        changes: Changes,
        redirects: Redirects,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._changes = changes
        self._redirects = redirects
        self._mix_ups = MixUps(engine, profiles)

    def flows(self, profile: Profile, wanted: str | None = None) -> tuple[str, ...]:
        """The ways to sign in to ``profile``, in the order in which they are tried."""
        return flows_of(profile, wanted, prefers_code=self._redirects.is_configured)

    def ways(self, resolved: Resolved, cache: TokenCache, *, adopts: bool) -> Ways:
        """The same for a request; raises ``PolicyError`` for a flow that its profile does not allow."""
        flows = self.flows(resolved.profile, resolved.request.flow)
        return {flow: partial(self._make, flow, resolved, cache, adopts) for flow in flows}

    def _make(self, flow: str, resolved: Resolved, cache: TokenCache, adopts: bool) -> SignIn:
        by_code = partial(CodeSignIn, redirects=self._redirects, mix_ups=self._mix_ups)
        make = by_code if flow == CodeSignIn.flow else DeviceSignIn
        return make(
            engine=lambda: self._engine(resolved.profile),
            cache=cache,
            resolved=resolved,
            extra=parameters(resolved),
            clock=self._clock,
            changes=self._changes,
            adopts=adopts,
        )

"""A sign-in by device code (RFC 8628): polled at the provider's pace."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from jupyter_auth.broker.signing_in.sign_in import SignIn
from jupyter_auth.cache.records import AccountRecord
from jupyter_auth.core.errors import InteractionExpiredError, OAuthError, TransportError
from jupyter_auth.core.secret import Secret
from jupyter_auth.providers.base import DeviceAuthorization, NotYet

SLOW_DOWN = 5  # seconds added, for good, by each slow_down (RFC 8628 §3.5)
MAX_INTERVAL = 60.0  # seconds, when the provider cannot be reached and polls are spaced out


class DeviceSignIn(SignIn):
    """The person enters a code at the provider; ``look`` asks whether they have."""

    flow: ClassVar[str] = "device_code"
    interval: float = 0  # the provider's pace, in seconds
    _pause: float = 0  # longer than that, while the provider cannot be reached
    _authorization: DeviceAuthorization | None = None

    @property
    def _started(self) -> DeviceAuthorization:
        if self._authorization is None:
            raise RuntimeError("not started")
        return self._authorization

    @property
    def user_code(self) -> str:
        """What the person types."""
        return self._started.user_code

    @property
    def expires_in(self) -> int:
        return self._started.expires_in

    @property
    def wait(self) -> float:
        return max(self.interval, self._pause)

    def shown(self) -> dict[str, Any]:
        return {
            "user_code": self._started.user_code,
            "verification_uri": self._started.verification_uri,
            "verification_uri_complete": self._started.verification_uri_complete,
        }

    def expired(self) -> InteractionExpiredError:
        return InteractionExpiredError("The code expired.", hint="Run the cell again for a new one.")

    def close(self) -> None:
        """The device code is of no use any more: what has ended is kept for a while, to be shown."""
        if self._authorization is not None:
            self._authorization = replace(self._authorization, device_code=Secret(""))

    def _ask(self) -> None:
        self._authorization = self._engine().start_device(self.scopes, self._resources, self._extra)
        self.interval = self._authorization.interval

    def is_offered(self) -> bool:
        return self._engine().discover().device_authorization_endpoint is not None

    @property
    def _polled(self) -> Mapping[str, str]:
        """What a poll has to repeat of the start: the tenant, and what the token has to meet."""
        return {name: self._extra[name] for name in ("tenant", "claims") if name in self._extra}

    def look(self) -> AccountRecord | None:
        """Ask the provider once."""
        issued_on = math.floor(self._clock.now())
        try:
            answer = self._engine().poll_device(self._started.device_code, self._polled)
        except NotYet as pending:
            self._pause = 0
            if pending.slow_down:
                self.interval += SLOW_DOWN
                self.slowed_down = True
            return self._signed_in_elsewhere()
        except TransportError as passing:
            if passing.retryable is False:
                raise
            # a timeout or a 503 ends nothing: ask again, later and later (RFC 8628 §3.5)
            self._pause = max(min(self.wait * 2, MAX_INTERVAL), passing.retry_after or 0)
            return self._signed_in_elsewhere()
        except OAuthError as refused:
            raise self._judged(refused) from None
        return self._save(answer, issued_on)

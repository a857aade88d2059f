"""A sign-in by authorization code (RFC 6749 §4.1, PKCE): the person's browser brings the answer back."""

import math
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from jupyter_auth.broker.signing_in.mix_up import MixUps
from jupyter_auth.broker.signing_in.redirects import Redirect, Redirects
from jupyter_auth.broker.signing_in.sign_in import SignIn
from jupyter_auth.cache.records import AccountRecord
from jupyter_auth.core.errors import InteractionExpiredError, OAuthError
from jupyter_auth.core.secret import Secret
from jupyter_auth.providers.base import CodeAuthorization
from jupyter_auth.providers.callback import another_issuer

LIFE = 600  # seconds for which an answer is taken
LOOK = 2.0  # seconds between two looks at what others have signed in meanwhile


class CodeSignIn(SignIn):
    """The person signs in at the provider's page; ``take`` gets what it sends back, once."""

    flow: ClassVar[str] = "authorization_code"

    def __init__(self, *args: Any, redirects: Redirects, mix_ups: MixUps, **more: Any) -> None:
        super().__init__(*args, **more)
        self._redirects = redirects
        self._mix_ups = mix_ups
        self._redirect: Redirect | None = None
        self._authorization: CodeAuthorization | None = None
        self._is_used = False

    @property
    def _started(self) -> CodeAuthorization:
        if self._authorization is None:
            raise RuntimeError("not started")
        return self._authorization

    @property
    def redirect_uri(self) -> str:
        """Where the provider sends the person, without the answer."""
        return self._started.redirect_uri

    @property
    def expires_in(self) -> int:
        return LIFE

    @property
    def wait(self) -> float:
        return LOOK if self.adopts else float(LIFE)

    def shown(self) -> dict[str, Any]:
        arrives = self._redirect is not None and self._redirect.arrives
        return {"authorization_uri": self._started.authorization_uri, "paste": not arrives}

    def expired(self) -> InteractionExpiredError:
        return InteractionExpiredError(
            "The request ended before you signed in.", hint="Run the cell again to sign in."
        )

    def close(self) -> None:
        """The verifier is of no use any more: what has ended is kept for a while, to be shown."""
        if self._redirect is not None:
            self._redirect.close()
        if self._authorization is not None:
            self._authorization = replace(self._authorization, code_verifier=Secret(""))

    def _ask(self) -> None:
        redirect = self._redirect = self._redirect or self._redirects.open(self._resolved.profile)
        try:
            self._mix_ups.check(self._resolved.profile)
            self._authorization = self._engine().start_code(
                self.scopes,
                self._resources,
                self._parameters(),
                redirect_uri=redirect.uri,
                state=Secret(secrets.token_urlsafe(32) + redirect.mark),
            )
        except BaseException:
            self._redirect = None
            redirect.close()
            raise

    def is_offered(self) -> bool:
        """Not where nobody has said that this client has a redirect URI: the browser would show an error."""
        profile = self._resolved.profile
        if not self._redirects.is_configured and self.flow not in profile.flows:
            return False
        has_endpoint = self._engine().discover().authorization_endpoint is not None
        return has_endpoint and self._mix_ups.with_whom(profile) is None

    def _parameters(self) -> Mapping[str, str]:
        """``offline_access`` gives a refresh token only together with ``prompt=consent`` (OpenID Connect Core
        §11); Entra gives it anyway, and would ask for the consent of an administrator again."""
        prompts = self._extra.get("prompt", "").split()
        if "offline_access" not in self.scopes or "consent" in prompts or self._resolved.profile.folds_case:
            return self._extra
        return {**self._extra, "prompt": " ".join([*prompts, "consent"])}

    def look(self) -> AccountRecord | None:
        """Only at what is here: the provider says nothing by itself."""
        return self._signed_in_elsewhere()

    def awaits(self, state: str) -> bool:
        """True for the ``state`` of this request, as long as no answer has come."""
        return not self._is_used and self._authorization is not None and self._started.state.equals(state)

    def use(self) -> None:
        """From here on its ``state`` is spent, whatever the answer is."""
        self._is_used = True

    def take(self, answer: Mapping[str, str], place: str | None = None) -> AccountRecord | None:
        """Redeem the code of the callback's parameters; who signed in, which is saved by then. Blocks.
        ``place``: the profile at whose own address the answer arrived, empty at the common one."""
        profile = self._resolved.profile
        if place not in (None, profile.name if profile.own_callback else ""):
            raise another_issuer(profile.issuer)
        issued_on = math.floor(self._clock.now())
        try:
            given = self._engine().finish_code(self._started, answer)
        except OAuthError as refused:
            raise self._judged(refused) from None
        return self._save(given, issued_on)

"""One use of msal at one authority."""

from collections.abc import Callable, Mapping
from typing import Any

from jupyter_auth.core.authority import Authority
from jupyter_auth.core.errors import AuthError, PolicyError
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.urls import host_of
from jupyter_auth.providers.answers import broken_answer, read_token_response
from jupyter_auth.providers.base import NotYet, TokenResponse
from jupyter_auth.providers.entra_client import make_app
from jupyter_auth.providers.msal_wire import Documents, Wire
from jupyter_auth.providers.transport import ProviderSession


class EntraCall:
    """``check`` judges a discovery document. ``by_device``: for a device code."""

    def __init__(
        self,
        profile: Profile,
        authority: Authority,
        session: ProviderSession,
        documents: Documents,
        check: Callable[[Mapping[str, Any]], object],
        *,
        by_device: bool = False,
    ) -> None:
        self._profile = profile
        self.authority = authority
        self._as_public = by_device  # Entra's device codes are for public clients, and so are msal's
        self.wire = Wire(session, authority.url, documents, check, by_device=by_device)

    def run(self, verb: Callable[[Any], object]) -> None:
        """What msal raises by itself says nothing that may be shown: it quotes what it was given."""
        try:
            verb(make_app(self._profile, self.authority.url, self.wire, as_public=self._as_public))
            return
        except (AuthError, NotYet):
            raise
        except (ValueError, TypeError, LookupError, RuntimeError, AttributeError, AssertionError) as problem:
            kind = type(problem).__name__
        raise PolicyError(f"msal could not make the request ({kind}).", reason="request_not_made")

    @property
    def answer(self) -> Any:
        """What the provider said."""
        if self.wire.answer is None:
            raise PolicyError("msal sent no request.", reason="request_not_made")
        return self.wire.answer

    def read(self) -> tuple[TokenResponse, str | None]:
        """The usable part of the answer, and its raw id token."""
        try:
            return read_token_response(self.answer, self.authority.url)
        except NotYet:
            raise broken_answer(self.answer, host_of(self.authority.url)) from None

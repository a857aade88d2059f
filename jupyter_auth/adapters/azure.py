"""Credentials for the clients of the Azure SDK, synchronous and asynchronous ones.

Both are azure-core's protocols: ``TokenCredential`` with ``SupportsTokenInfo``, and their asynchronous twins.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import time
from typing import TYPE_CHECKING, Any, NoReturn, Self

from jupyter_auth.adapters.needed import needs
from jupyter_auth.adapters.wanted import Wanted
from jupyter_auth.core.errors import PolicyError
from jupyter_auth.core.redaction import REDACTED
from jupyter_auth.kernel.worker_handle import WorkerHandle

with needs("azure"):
    from azure.core.credentials import AccessToken, AccessTokenInfo

if TYPE_CHECKING:
    from jupyter_auth.core.result import AuthenticationResult


class _Credential:
    """What the two have in common: how azure-core's words become ours."""

    def __init__(self, wanted: Wanted, additionally_allowed_tenants: tuple[str, ...]) -> None:
        self._wanted = wanted
        self._allowed = additionally_allowed_tenants

    def _more(self, scopes: tuple[str, ...], options: Mapping[str, Any]) -> dict[str, Any]:
        """The scopes that the client names count where its owner named none."""
        more: dict[str, Any] = {"scopes": scopes} if scopes and self._wanted.scopes is None else {}
        return more | ({"claims_challenge": options["claims"]} if options.get("claims") else {})

    def _tenant(self, found: AuthenticationResult, asked: str) -> dict[str, Any]:
        """The tenant to ask, where it is another than the account's. A resource names it in a challenge, so
        that it has to be allowed first, as with azure-identity."""
        if found.tenant_id is None or found.tenant_id.lower() == asked.lower():
            return {}
        allowed = {name.lower() for name in self._allowed}
        if isinstance(self._wanted.profile, WorkerHandle) or not allowed & {"*", asked.lower()}:
            raise PolicyError(
                f"The resource asks for a token of another tenant, {asked}.",
                reason="tenant_not_allowed",
                hint=f"If that is right: azure_credential(..., additionally_allowed_tenants=[{asked!r}]).",
            )
        return {"tenant": asked}

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), self._wanted))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._wanted!r}{f', {self._allowed!r}' if self._allowed else ''})"


class AzureCredential(_Credential):
    """Made by ``azure_credential``."""

    def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        enable_cae: bool = False,
        **kwargs: Any,
    ) -> AccessToken:
        """A token for azure-core's ``TokenCredential``; raises what ``jupyter_auth.get_token`` raises."""
        return _token(self._get(scopes, {"claims": claims, "tenant_id": tenant_id}))

    def get_token_info(self, *scopes: str, options: Mapping[str, Any] | None = None) -> AccessTokenInfo:
        """A token for ``SupportsTokenInfo``. Its ``refresh_on`` is now: the client asks again at most a
        minute later, which costs next to nothing, so that a sign-out reaches it too."""
        return _info(self._get(scopes, options or {}))

    def _get(self, scopes: tuple[str, ...], options: Mapping[str, Any]) -> AuthenticationResult:
        more = self._more(scopes, options)
        if options.get("tenant_id"):
            known = self._wanted.get(**{name: more[name] for name in ("scopes",) if name in more})
            more |= self._tenant(known, options["tenant_id"])
        return self._wanted.get(**more)

    def close(self) -> None:
        """Nothing is held."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""


class AsyncAzureCredential(_Credential):
    """Made by ``azure_credential_async``."""

    async def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        enable_cae: bool = False,
        **kwargs: Any,
    ) -> AccessToken:
        """``AzureCredential.get_token``; nothing blocks the event loop."""
        return _token(await self._get(scopes, {"claims": claims, "tenant_id": tenant_id}))

    async def get_token_info(self, *scopes: str, options: Mapping[str, Any] | None = None) -> AccessTokenInfo:
        """``AzureCredential.get_token_info``; nothing blocks the event loop."""
        return _info(await self._get(scopes, options or {}))

    async def _get(self, scopes: tuple[str, ...], options: Mapping[str, Any]) -> AuthenticationResult:
        more = self._more(scopes, options)
        if options.get("tenant_id"):
            known = await self._wanted.aget(**{name: more[name] for name in ("scopes",) if name in more})
            more |= self._tenant(known, options["tenant_id"])
        return await self._wanted.aget(**more)

    async def close(self) -> None:
        """Nothing is held."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing is held."""


class _Token(AccessToken):
    """azure-core's tuple, which would show the token."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"AccessToken(token='{REDACTED}', expires_on={self.expires_on})"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a token is neither copied nor pickled; hand on the credential")


class _TokenInfo(AccessTokenInfo):
    """azure-core's object, which would show the token."""

    def __repr__(self) -> str:
        return f"AccessTokenInfo(token='{REDACTED}', expires_on={self.expires_on})"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a token is neither copied nor pickled; hand on the credential")


def _token(found: AuthenticationResult) -> AccessToken:
    return _Token(found.reveal(), found.expires_on)


def _info(found: AuthenticationResult) -> AccessTokenInfo:
    asked_again_on = min(found.refresh_on, int(time()))
    return _TokenInfo(
        found.reveal(), found.expires_on, token_type=found.token_type, refresh_on=asked_again_on
    )

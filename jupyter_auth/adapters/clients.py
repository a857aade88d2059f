"""The functions that people call for clients that may not be installed: each imports its client's library
when it is called."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from jupyter_auth.adapters.wanted import From, wanted
from jupyter_auth.core.errors import ProfileError

if TYPE_CHECKING:
    from jupyter_auth.adapters.azure import AsyncAzureCredential, AzureCredential
    from jupyter_auth.adapters.google import AsyncGoogleCredentials, GoogleCredentials
    from jupyter_auth.adapters.httpx import HttpxAuth
    from jupyter_auth.core.account import Account

    Scopes = str | Iterable[str] | None


def httpx_auth(
    profile: From = None, *, scopes: Scopes = None, account: str | Account | None = None, **options: Any
) -> HttpxAuth:
    """An ``httpx.Auth`` for ``httpx.Client`` and, on asyncio, ``httpx.AsyncClient``.

    Each request carries the token of its moment. A 401 is answered once, as by ``BearerAuth``, if the body is
    no stream. It holds no token and can be pickled.

    :param profile: the profile's name, None for the default one; in a worker, the handle of the notebook.
    :param options: the other arguments of ``get_token``.
    :raises ModuleNotFoundError: httpx is missing (``pip install "jupyter-token-broker[httpx]"``).
    """
    asked = wanted(profile, scopes, account, options)
    from jupyter_auth.adapters.httpx import HttpxAuth  # noqa: PLC0415 -- here it is needed

    return HttpxAuth(asked)


def azure_credential(
    profile: From = None,
    *,
    scopes: Scopes = None,
    account: str | Account | None = None,
    additionally_allowed_tenants: Iterable[str] = (),
    **options: Any,
) -> AzureCredential:
    """A credential for clients of the Azure SDK: ``BlobServiceClient(url, credential=azure_credential())``.

    It is azure-core's ``TokenCredential`` and ``SupportsTokenInfo``. Claims challenges that azure-core passes
    on (continuous access evaluation) reach the provider. It holds no token and can be pickled. What goes
    wrong is raised as ``AuthError``, not as one of azure-core's errors.

    :param profile: the profile's name, None for the default one; in a worker, the handle of the notebook.
    :param scopes: what to ask for in place of the scopes that the client names, which are right for Azure.
    :param additionally_allowed_tenants: tenants, besides the account's own, that a resource may send the
        client to; ``["*"]`` for any. As in azure-identity.
    :param options: the other arguments of ``get_token``.
    :raises ModuleNotFoundError: azure-core is missing (``pip install "jupyter-token-broker[azure]"``).
    """
    asked = wanted(profile, scopes, account, options)
    from jupyter_auth.adapters.azure import AzureCredential  # noqa: PLC0415 -- here it is needed

    return AzureCredential(asked, _tenants(additionally_allowed_tenants))


def azure_credential_async(
    profile: From = None,
    *,
    scopes: Scopes = None,
    account: str | Account | None = None,
    additionally_allowed_tenants: Iterable[str] = (),
    **options: Any,
) -> AsyncAzureCredential:
    """``azure_credential`` for the clients in the SDK's ``aio`` packages, and for adlfs (azure-core's
    ``AsyncTokenCredential`` and ``AsyncSupportsTokenInfo``). Nothing blocks the event loop."""
    asked = wanted(profile, scopes, account, options)
    from jupyter_auth.adapters.azure import AsyncAzureCredential  # noqa: PLC0415 -- here it is needed

    return AsyncAzureCredential(asked, _tenants(additionally_allowed_tenants))


def _tenants(names: Iterable[str]) -> tuple[str, ...]:
    if isinstance(names, str):  # its letters would be tenants, and a star among them every tenant
        raise ProfileError(
            "additionally_allowed_tenants is a list of tenants.",
            reason="bad_argument",
            hint=f"Write additionally_allowed_tenants=[{names!r}].",
        )
    return tuple(names)


def google_credentials(
    profile: From = None, *, scopes: Scopes = None, account: str | Account | None = None, **options: Any
) -> GoogleCredentials:
    """google-auth's ``Credentials``, for its ``AuthorizedSession``, Google's clients, and gcsfs.

    Each request carries the token of its moment. google-auth answers a 401 itself: two times, unless the
    session is made with ``max_refresh_attempts=1``; one new token is made for both. Neither its ``repr`` nor
    a pickle holds the token; its attribute ``token`` does, since google-auth reads it there.

    :param profile: the profile's name, None for the default one; in a worker, the handle of the notebook.
    :param options: the other arguments of ``get_token``.
    :raises ModuleNotFoundError: google-auth is missing (``pip install "jupyter-token-broker[google]"``).
    """
    asked = wanted(profile, scopes, account, options)
    from jupyter_auth.adapters.google import GoogleCredentials  # noqa: PLC0415 -- here it is needed

    return GoogleCredentials(asked)


def google_credentials_async(
    profile: From = None, *, scopes: Scopes = None, account: str | Account | None = None, **options: Any
) -> AsyncGoogleCredentials:
    """``google_credentials`` for google-auth's ``AsyncAuthorizedSession``. Nothing blocks the event loop."""
    asked = wanted(profile, scopes, account, options)
    from jupyter_auth.adapters.google import AsyncGoogleCredentials  # noqa: PLC0415 -- here it is needed

    return AsyncGoogleCredentials(asked)


def storage_options(
    profile: From = None,
    *,
    protocol: str = "https",
    scopes: Scopes = None,
    account: str | Account | None = None,
    **options: Any,
) -> dict[str, Any]:
    """What fsspec, and through it pandas, Dask and others, takes as ``storage_options``.

    :param profile: the profile's name, None for the default one; in a worker, the handle of the notebook.
    :param protocol: the URL's: ``https`` or ``http`` (fsspec with aiohttp), ``abfs``, ``abfss`` or ``az``
        (adlfs), ``gs`` or ``gcs`` (gcsfs).
    :param options: the other arguments of ``get_token``.
    :returns: options without a token: they can be pickled, and sent to workers if ``profile`` is a handle.
    :raises ModuleNotFoundError: what the protocol needs is missing (the extras ``fsspec``, ``azure`` and
        ``google``).
    :raises ProfileError: another protocol.
    """
    if protocol in {"http", "https"}:
        asked = wanted(profile, scopes, account, options)
        from jupyter_auth.adapters.aiohttp import BearerClient  # noqa: PLC0415 -- here it is needed

        return {"get_client": BearerClient(asked)}
    if protocol in {"abfs", "abfss", "az"}:
        return {"credential": azure_credential_async(profile, scopes=scopes, account=account, **options)}
    if protocol in {"gs", "gcs"}:
        return {"token": google_credentials(profile, scopes=scopes, account=account, **options)}
    raise ProfileError(
        f"There are no storage options for {protocol}.",
        reason="bad_argument",
        hint="protocol is one of https, http, abfs, abfss, az, gs, gcs.",
    )

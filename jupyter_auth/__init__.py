"""One token broker beside the notebooks.

``%load_ext jupyter_auth`` gives a notebook ``%get_token`` and ``%auth``; the functions below do the same
from Python. What a name needs is imported when it is first used: loading the extension costs a kernel
nothing but standard library.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0.dev0"

if TYPE_CHECKING:
    from jupyter_auth.adapters.clients import (
        azure_credential,
        azure_credential_async,
        google_credentials,
        google_credentials_async,
        httpx_auth,
        storage_options,
    )
    from jupyter_auth.adapters.requests import BearerAuth, session
    from jupyter_auth.core.account import Account
    from jupyter_auth.core.errors import (
        AuthError,
        CacheError,
        CacheSealError,
        InteractionCancelledError,
        InteractionDeclinedError,
        InteractionError,
        InteractionExpiredError,
        InteractionRequiredError,
        KernelGrantRequiredError,
        NoSafeStoreError,
        OAuthError,
        PolicyError,
        ProfileError,
        TransportError,
    )
    from jupyter_auth.core.metadata import (
        AuthenticationResultMetadata,
        CacheLevel,
        CacheRefreshReason,
        TokenSource,
    )
    from jupyter_auth.core.reports import AccountOutcome, ClearReport, SignOutReport
    from jupyter_auth.core.result import AuthenticationResult
    from jupyter_auth.core.secret import Secret
    from jupyter_auth.kernel.api import (
        acquire_token_silent,
        aget_token,
        clear_cache,
        get_accounts,
        get_token,
        remove_account,
        sign_out,
        switch_account,
    )
    from jupyter_auth.kernel.api_apps import (
        LongRunningSession,
        acquire_token_for_client,
        acquire_token_in_long_running_on_behalf_of,
        acquire_token_on_behalf_of,
        initiate_long_running_on_behalf_of,
        stop_long_running_on_behalf_of,
    )
    from jupyter_auth.kernel.interactive import acquire_token_by_device_flow, acquire_token_interactive
    from jupyter_auth.kernel.output_guard import output_guard
    from jupyter_auth.kernel.worker_handle import WorkerHandle, worker_handle
    from jupyter_auth.ui.panel import panel

_HOMES = {
    "jupyter_auth.adapters.clients": (
        "azure_credential",
        "azure_credential_async",
        "google_credentials",
        "google_credentials_async",
        "httpx_auth",
        "storage_options",
    ),
    "jupyter_auth.adapters.requests": ("BearerAuth", "session"),
    "jupyter_auth.core.account": ("Account",),
    "jupyter_auth.core.errors": (
        "AuthError",
        "CacheError",
        "CacheSealError",
        "InteractionCancelledError",
        "InteractionDeclinedError",
        "InteractionError",
        "InteractionExpiredError",
        "InteractionRequiredError",
        "KernelGrantRequiredError",
        "NoSafeStoreError",
        "OAuthError",
        "PolicyError",
        "ProfileError",
        "TransportError",
    ),
    "jupyter_auth.core.metadata": (
        "AuthenticationResultMetadata",
        "CacheLevel",
        "CacheRefreshReason",
        "TokenSource",
    ),
    "jupyter_auth.core.reports": ("AccountOutcome", "ClearReport", "SignOutReport"),
    "jupyter_auth.core.result": ("AuthenticationResult",),
    "jupyter_auth.core.secret": ("Secret",),
    "jupyter_auth.kernel.interactive": ("acquire_token_by_device_flow", "acquire_token_interactive"),
    "jupyter_auth.kernel.api": (
        "acquire_token_silent",
        "aget_token",
        "clear_cache",
        "get_accounts",
        "get_token",
        "remove_account",
        "sign_out",
        "switch_account",
    ),
    "jupyter_auth.kernel.worker_handle": ("WorkerHandle", "worker_handle"),
    "jupyter_auth.kernel.output_guard": ("output_guard",),
    "jupyter_auth.ui.panel": ("panel",),
    "jupyter_auth.kernel.api_apps": (
        "LongRunningSession",
        "acquire_token_for_client",
        "acquire_token_in_long_running_on_behalf_of",
        "acquire_token_on_behalf_of",
        "initiate_long_running_on_behalf_of",
        "stop_long_running_on_behalf_of",
    ),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Account",
    "AccountOutcome",
    "AuthError",
    "AuthenticationResult",
    "AuthenticationResultMetadata",
    "BearerAuth",
    "CacheError",
    "CacheLevel",
    "CacheRefreshReason",
    "CacheSealError",
    "ClearReport",
    "InteractionCancelledError",
    "InteractionDeclinedError",
    "InteractionError",
    "InteractionExpiredError",
    "InteractionRequiredError",
    "KernelGrantRequiredError",
    "LongRunningSession",
    "NoSafeStoreError",
    "OAuthError",
    "PolicyError",
    "ProfileError",
    "Secret",
    "SignOutReport",
    "TokenSource",
    "TransportError",
    "WorkerHandle",
    "__version__",
    "acquire_token_by_device_flow",
    "acquire_token_for_client",
    "acquire_token_in_long_running_on_behalf_of",
    "acquire_token_interactive",
    "acquire_token_on_behalf_of",
    "acquire_token_silent",
    "aget_token",
    "azure_credential",
    "azure_credential_async",
    "clear_cache",
    "get_accounts",
    "get_token",
    "google_credentials",
    "google_credentials_async",
    "httpx_auth",
    "initiate_long_running_on_behalf_of",
    "load_ipython_extension",
    "output_guard",
    "panel",
    "remove_account",
    "session",
    "sign_out",
    "stop_long_running_on_behalf_of",
    "storage_options",
    "switch_account",
    "worker_handle",
]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(home)
    if home.startswith("jupyter_auth.kernel."):
        _bring_prompt()
    value = getattr(module, name)
    globals()[name] = value  # the next access finds it here, without this function
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def _bring_prompt() -> None:
    """Join the kernel client with the prompt and the panel of the layer above it, so that neither imports the
    other."""
    from jupyter_auth import kernel  # noqa: PLC0415 -- a server never needs it

    def make() -> Any:
        from jupyter_auth.ui.prompt import make_prompt  # noqa: PLC0415 -- paid only when a person is asked

        return make_prompt()

    def make_panel() -> Any:
        from jupyter_auth.ui.panel import panel  # noqa: PLC0415 -- paid by those who look

        return panel()

    kernel.make_prompt, kernel.make_panel = make, make_panel


def load_ipython_extension(ipython: Any) -> None:
    """``%load_ext jupyter_auth``: register ``%get_token`` and ``%auth``."""
    from jupyter_auth.kernel import output_guard, own  # noqa: PLC0415 -- a server never needs it
    from jupyter_auth.kernel.magics import AuthMagics  # noqa: PLC0415

    _bring_prompt()
    own.connection_file()  # what a cell starts from here on can prove itself as this kernel
    ipython.register_magics(AuthMagics)
    output_guard.begin()


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from jupyter_auth.server.extension import JupyterAuth  # noqa: PLC0415 -- a kernel never needs it

    return [{"module": "jupyter_auth", "app": JupyterAuth}]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "jupyter-token-broker"}]

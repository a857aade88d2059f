"""A client's own credentials, read where they are used and never kept."""

import os
from pathlib import Path
from urllib.parse import quote_plus

from requests.auth import AuthBase
from requests_oauth2client import ClientSecretBasic, PublicApp

from jupyter_auth.core.errors import ProfileError
from jupyter_auth.core.profile import Profile


def client_authentication(profile: Profile) -> AuthBase:
    """How the client authenticates at the token endpoint (RFC 6749 §2.3): a secret, or none."""
    secret = _client_secret(profile)
    if secret is None:
        return PublicApp(profile.client_id)
    # form-encoded first (RFC 6749 §2.3.1), which the library leaves to its caller
    return ClientSecretBasic(quote_plus(profile.client_id), quote_plus(secret))


def _client_secret(profile: Profile) -> str | None:
    if profile.client_secret_file:
        try:
            secret = Path(profile.client_secret_file).expanduser().read_text().strip()
        except (OSError, UnicodeDecodeError) as problem:
            raise _missing(
                profile, f"the file {profile.client_secret_file}", type(problem).__name__
            ) from None
    elif profile.client_secret_env:
        secret = os.environ.get(profile.client_secret_env, "")
    else:
        return None
    if not secret:
        raise _missing(profile, profile.client_secret_file or profile.client_secret_env, "it is empty")
    return secret


def _missing(profile: Profile, where: str, why: str) -> ProfileError:
    return ProfileError(
        f"The client secret of profile {profile.name!r} cannot be read from {where} ({why}).",
        reason="client_secret",
        hint="Put the secret there, readable for you only, then try again.",
    )

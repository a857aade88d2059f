"""``requests_oauth2client``'s client, which hands responses back as they came: ``answers`` reads them."""

from typing import Any

import requests
from requests.auth import AuthBase
from requests_oauth2client import OAuth2Client

from jupyter_auth.core.profile import Profile
from jupyter_auth.providers.base import ProviderMetadata
from jupyter_auth.providers.client_auth import client_authentication


class _Client(OAuth2Client):
    def parse_token_response(self, response: requests.Response, **_: Any) -> Any:
        return response

    on_token_error = parse_token_response
    parse_device_authorization_response = parse_token_response
    on_device_authorization_error = parse_token_response
    parse_pushed_authorization_response = parse_token_response
    on_pushed_authorization_request_error = parse_token_response
    parse_revocation_response = parse_token_response
    on_revocation_error = parse_token_response


def make_client(
    profile: Profile, metadata: ProviderMetadata, session: requests.Session, *, auth: AuthBase | None = None
) -> Any:
    """A client for these endpoints. ``testing`` switches off the library's own check of them: they
    have passed ``is_safe_endpoint``, which knows loopback issuers. ``auth`` is in place of the
    profile's own."""
    return _Client(
        token_endpoint=metadata.token_endpoint,
        authorization_endpoint=metadata.authorization_endpoint,
        device_authorization_endpoint=metadata.device_authorization_endpoint,
        pushed_authorization_request_endpoint=metadata.pushed_authorization_request_endpoint,
        revocation_endpoint=metadata.revocation_endpoint,
        auth=auth or client_authentication(profile, metadata),
        session=session,
        testing=True,
    )

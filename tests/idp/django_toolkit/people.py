"""Who may sign in, what is said of them, and what a client may do."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from oauth2_provider.oauth2_validators import OAuth2Validator


class AnyPassword(ModelBackend):
    """Everybody exists, and every password is right."""

    def authenticate(self, request: Any, username: str | None = None, **_: Any) -> Any:
        """The person of that name, made where need be."""
        if not username:
            return None
        people = get_user_model().objects
        return people.get_or_create(username=username, defaults={"email": f"{username}@example.test"})[0]


class Validator(OAuth2Validator):
    """The toolkit's rules, with the switches of the control API. ``sub`` stays its own: a number."""

    oidc_claim_scope = {  # noqa: RUF012 -- the toolkit's own is a plain dict too
        "sub": "openid",
        "name": "profile",
        "preferred_username": "profile",
        "email": "email",
    }

    def get_additional_claims(self, request: Any) -> dict[str, str]:
        """What id tokens and userinfo say beside ``sub``."""
        name = request.user.username
        return {
            "name": name[:1].upper() + name[1:],
            "preferred_username": name,
            "email": request.user.email,
        }

    def get_discovery_claims(self, _request: Any) -> list[str]:
        """Their names, told where nobody has signed in."""
        return list(self.oidc_claim_scope)

    def rotate_refresh_token(self, _request: Any) -> bool:
        """Give a new refresh token with each access token, unless told otherwise."""
        return bool(settings.CONTROL.settings["rotate"])

    def refresh_id_token(self, _request: Any) -> bool:
        """Give a new id token with a refresh, unless told otherwise."""
        return bool(settings.CONTROL.settings["issue_id_token_on_refresh"])

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Any, *args: Any, **more: Any
    ) -> bool:
        """A client of the toolkit has one way to get tokens; the public one has both that people use."""
        if client.client_type == client.CLIENT_PUBLIC and grant_type == "authorization_code":
            return True
        return bool(super().validate_grant_type(client_id, grant_type, client, *args, **more))

    def validate_response_type(
        self, client_id: str, response_type: str, client: Any, *args: Any, **more: Any
    ) -> bool:
        """As above, at the authorization endpoint."""
        return bool(client.client_type == client.CLIENT_PUBLIC and response_type == "code")

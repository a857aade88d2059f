"""A provider in GitHub's shape, as https://docs.github.com/apps has it ("Authorizing OAuth apps", "Refreshing
user access tokens"): form data unless JSON is asked for, errors with status 200, scopes with commas, error
codes of its own, and no OpenID.
"""

import json
import secrets
from urllib.parse import urlencode

from .faults import Answer, Request
from .misbehaving import MisbehavingProvider


class GitHubShaped(MisbehavingProvider):
    """``expiring``: user tokens end after eight hours and come with a refresh token that serves once."""

    def __init__(self, *, expiring: bool = False) -> None:
        super().__init__()
        self.expiring = expiring
        self.refresh_tokens: set[str] = set()
        self._codes: dict[str, str] = {}  # device code → scope
        self._approved = False
        self._tokens: set[str] = set()
        self.answers |= {
            "/login/device/code": self._device_code,
            "/login/oauth/access_token": self._access_token,
            "/user": self._user,
        }

    @property
    def toml(self) -> str:
        """The keys of a profile that lead the preset here."""
        at = {
            "device_authorization_endpoint": "login/device/code",
            "token_endpoint": "login/oauth/access_token",
            "userinfo_endpoint": "user",
        }
        lines = [f'{name} = "{self.issuer}/{path}"' for name, path in at.items()]
        return "\n".join([f'preset = "github"\nissuer = "{self.issuer}"', *lines, ""])

    def approve(self, username: str = "octocat", user_code: str | None = None) -> None:
        """The person has entered every code there is."""
        self._approved = True

    def _device_code(self, request: Request) -> Answer:
        code = secrets.token_hex(20)
        self._codes[code] = request.form.get("scope", "")
        return _said(
            request,
            device_code=code,
            user_code="WDJB-MJHT",
            verification_uri=f"{self.issuer}/login/device",
            expires_in=900,
            interval=1,
        )

    def _access_token(self, request: Request) -> Answer:
        if request.form.get("grant_type") == "refresh_token":
            if request.form["refresh_token"] not in self.refresh_tokens:
                words = "The refresh token passed is incorrect or expired."
                return _said(request, error="bad_refresh_token", error_description=words)
            self.refresh_tokens.remove(request.form["refresh_token"])
            return self._token(request, "")
        scope = self._codes.get(request.form.get("device_code", ""))
        if scope is None:
            return _said(request, error="incorrect_device_code")
        if not self._approved:
            return _said(request, error="authorization_pending")
        return self._token(request, scope)

    def _token(self, request: Request, scope: str) -> Answer:
        token = f"{'ghu' if self.expiring else 'gho'}_{secrets.token_hex(18)}"
        self._tokens.add(token)
        more: dict[str, object] = {}
        if self.expiring:  # those of a GitHub App, which has permissions in place of scopes
            scope = ""
            refresh_token = f"ghr_{secrets.token_hex(36)}"
            self.refresh_tokens.add(refresh_token)
            more = {"expires_in": 28800, "refresh_token": refresh_token, "refresh_token_expires_in": 15897600}
        scopes = ",".join(sorted(scope.split()))
        return _said(request, access_token=token, scope=scopes, token_type="bearer", **more)

    def _user(self, request: Request) -> Answer:
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self._tokens:
            return 401, {"Content-Type": "application/json"}, b'{"message": "Bad credentials"}'
        person = {"id": 583231, "login": "octocat", "name": "The Octocat"}
        return 200, {"Content-Type": "application/json"}, json.dumps(person).encode()


def _said(request: Request, **values: object) -> Answer:
    """200 in any case; JSON for whoever asks for it."""
    if "application/json" in request.headers.get("Accept", ""):
        return 200, {"Content-Type": "application/json; charset=utf-8"}, json.dumps(values).encode()
    return 200, {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(values).encode()

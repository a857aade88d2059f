"""Provider ``client_credentials``: the OIDC engine for an application's own tokens. Nobody is ever asked."""

from collections.abc import Mapping

from jupyter_auth.core.errors import PolicyError
from jupyter_auth.core.secret import Secret
from jupyter_auth.providers.base import CodeAuthorization, DeviceAuthorization
from jupyter_auth.providers.oidc import OidcEngine


class ApplicationEngine(OidcEngine):
    """As ``OidcEngine``, without the verbs that begin a person's sign-in."""

    def start_device(
        self, scopes: tuple[str, ...], resources: tuple[str, ...], extra: Mapping[str, str]
    ) -> DeviceAuthorization:
        """Refused: ``no_device_flow``."""
        raise self._nobody_asked("no_device_flow")

    def start_code(
        self,
        scopes: tuple[str, ...],
        resources: tuple[str, ...],
        extra: Mapping[str, str],
        *,
        redirect_uri: str,
        state: Secret,
    ) -> CodeAuthorization:
        """Refused: ``no_code_flow``."""
        raise self._nobody_asked("no_code_flow")

    def _nobody_asked(self, reason: str) -> PolicyError:
        name = self.profile.name
        return PolicyError(
            f"Profile {name!r} is for the application's own tokens: nobody signs in to it.",
            reason=reason,
            hint=f"Use acquire_token_for_client({name!r}), or a profile with provider 'oidc'.",
        )

"""Provider ``client_credentials``: the OIDC engine for an application's own tokens. Nobody is ever asked."""

from jupyter_auth.core.errors import PolicyError
from jupyter_auth.providers.nobody import NobodySignsIn
from jupyter_auth.providers.oidc import OidcEngine


class ApplicationEngine(NobodySignsIn, OidcEngine):
    """As ``OidcEngine``, without the verbs of a person's sign-in."""

    def not_here(self, reason: str) -> PolicyError:
        """The error."""
        name = self.profile.name
        return PolicyError(
            f"Profile {name!r} is for the application's own tokens: nobody signs in to it.",
            reason=reason,
            hint=f"Use acquire_token_for_client({name!r}), or a profile with provider 'oidc'.",
        )

"""What engines have in common whose profiles nobody signs in to here."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from jupyter_auth.core.errors import PolicyError
from jupyter_auth.core.secret import Secret
from jupyter_auth.providers.base import NOTHING, CodeAuthorization, DeviceAuthorization, TokenResponse


class NobodySignsIn(ABC):
    """Refuses the verbs of an ``Engine`` that begin and end a person's sign-in."""

    @abstractmethod
    def not_here(self, reason: str) -> PolicyError:
        """The error for a verb that this profile has not; it says what to do in place of it."""

    def start_device(
        self, scopes: tuple[str, ...], resources: tuple[str, ...], extra: Mapping[str, str]
    ) -> DeviceAuthorization:
        """Refused: ``no_device_flow``."""
        raise self.not_here("no_device_flow")

    def poll_device(self, device_code: Secret, extra: Mapping[str, str] = NOTHING) -> TokenResponse:
        """Refused: ``no_device_flow``."""
        raise self.not_here("no_device_flow")

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
        raise self.not_here("no_code_flow")

    def finish_code(self, started: CodeAuthorization, answer: Mapping[str, str]) -> TokenResponse:
        """Refused: ``no_code_flow``."""
        raise self.not_here("no_code_flow")

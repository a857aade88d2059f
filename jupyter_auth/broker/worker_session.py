"""What a worker that a kernel has started may ask, when it proves itself with the kernel's handle: for one
profile, account and set of scopes, silently, and for nothing else."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from jupyter_auth.broker.config.configuration import Configuration
from jupyter_auth.broker.grants import gate
from jupyter_auth.broker.grants.wanted import wanted
from jupyter_auth.broker.operations import Message, Operations, Session
from jupyter_auth.broker.request import TokenRequest
from jupyter_auth.core.audit import Via
from jupyter_auth.core.errors import PolicyError, ProfileError
from jupyter_auth.core.scopes import resource_scopes

VERB = "acquire_token_silent"
LIMITS = frozenset({"profile", "scopes", "account", "tenant"})
#: What a worker may add to what its handle says.
_OWN = frozenset({"op", "scopes", "force_refresh", "have", "claims_challenge", "acr_values", "max_age"})


class WorkerSession(Session):
    """A proven connection of a kernel that is limited to what a handle is for."""

    def __init__(self, operations: Operations, kernel_id: str, handle: object) -> None:
        """Raises ``ProfileError`` for a handle that says nothing that could be kept to, or of no profile."""
        self._limits, self._scopes = _limits(handle, operations.broker.configuration)
        super().__init__(operations, kernel_id, Via.WORKER)

    def ready(self, body: bytes) -> bytes | None:
        """None: what the kernel was answered to the same words is not the worker's."""
        return None

    def _at_once(self, message: Message, body: bytes) -> Message | None:
        return super()._at_once(self._within(message), b"")

    async def _answered(self, message: Message) -> Message:
        return await super()._answered(self._within(message))

    def _within(self, message: Message) -> Message:
        """The request as it is answered; raises ``PolicyError`` for one beyond the limits."""
        if message.get("op") != VERB or message.keys() - _OWN:
            raise PolicyError(
                f"A worker's handle is for {VERB} with its own profile, account and scopes alone.",
                reason="worker_limits",
                hint="Make another handle in the notebook.",
            )
        asked = TokenRequest.from_wire(message).scopes
        if not set(asked) <= self._scopes:
            raise PolicyError(
                "A worker's handle is not for these scopes.",
                reason="worker_limits",
                hint="Make a handle with these scopes in the notebook.",
            )
        return {**message, **self._limits, **({"scopes": list(asked)} if asked else {})}

    def _request(self, message: Message) -> TokenRequest:
        """With the handle's scopes as the most that the token may be for, where its provider heeds that."""
        asked = super()._request(message)
        resolved = self._broker.resolve(asked)
        fold = resolved.profile.folds_case
        gives_more = fold or self._broker.grants.wider(wanted(resolved)) != wanted(resolved)
        if gives_more:  # Entra gives all that was ever consented to
            return asked
        return replace(asked, within=resource_scopes(self._scopes, fold=fold) | gate.OF_ID_TOKEN)

    async def _silently(self, asked: TokenRequest) -> Message:
        answer = await super()._silently(asked)
        about = wanted(self._broker.resolve(asked))
        given = resource_scopes(answer["result"]["scopes"], fold=about.folds_case)
        if asked.within is not None and not given <= asked.within:  # it would be asked again for each request
            self._broker.grants.note_wider(about, about._replace(scopes=given))
        return answer


def _limits(handle: object, configuration: Configuration) -> tuple[Message, frozenset[str]]:
    """What the handle says, and its scopes: the profile's own where it names none."""
    if not isinstance(handle, Mapping) or not handle.keys() <= LIMITS:
        raise _unreadable()
    limits: dict[str, Any] = {name: value for name, value in handle.items() if value is not None}
    asked = TokenRequest.from_wire(limits)
    if asked.profile is None:
        raise _unreadable()
    profile = configuration.profile(asked.profile)
    if profile.signs_people_in and asked.account is None:  # it would be for whoever is the default just then
        raise _unreadable()
    scopes = asked.scopes or profile.scopes
    return {**limits, "scopes": list(scopes)}, frozenset(scopes)


def _unreadable() -> ProfileError:
    named = ", ".join(sorted(LIMITS))
    return ProfileError(
        f"A worker's handle names its profile, and an account where people sign in: of {named} nothing else.",
        reason="bad_argument",
    )

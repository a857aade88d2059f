"""What a broker asks of those who know its kernels: a Jupyter server, or the process that it is in."""

from typing import Literal, Protocol

from jupyter_auth.broker.signing_in.interaction import Requester

#: Who decides under ``ask``: a person is asked; nobody can be; or the person at this very terminal has.
Consent = Literal["asked", "unavailable", "given"]


class Kernels(Protocol):
    """What is known of the kernels that ask."""

    def lives(self, kernel_id: str) -> bool: ...

    def runs(self, kernel_id: str) -> bool: ...

    def consent(self) -> Consent: ...

    def have_front_end(self) -> bool: ...

    async def describe(self, kernel_id: str) -> Requester: ...

    async def path(self, kernel_id: str) -> str | None: ...

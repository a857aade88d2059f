"""How many sign-ins may wait for a person: no kernel's doing keeps the others from asking."""

from collections.abc import Iterable

from jupyter_auth.broker.request import Resolved
from jupyter_auth.broker.signing_in.interaction import Interaction, Requester
from jupyter_auth.broker.signing_in.starts import Start
from jupyter_auth.core.errors import PolicyError

MAX_PENDING = 20  # nobody answers more; each is asked about at the provider all the while
MAX_OF_A_KERNEL = 5


def refuse_more(
    resolved: Resolved,
    requester: Requester,
    pending: Iterable[Interaction],
    starting: Iterable[Start],
    *,
    limit: int,
) -> None:
    """Raise ``PolicyError`` where one sign-in more would be too many.

    A kernel has one for each profile and account, and a few in all. People, who ask over REST, see what they
    do, and are held to the limit for all.
    """
    asked = [(known.requester, known.resolved) for known in pending]
    asked += [(start.requester, start.resolved) for start in starting]
    if len(asked) >= limit:
        raise _too_many(f"{limit} sign-ins wait already.")
    if requester.kernel_id is None:
        return
    own = [known for by, known in asked if by.kernel_id == requester.kernel_id]
    if any(_whose(known) == _whose(resolved) for known in own):
        raise PolicyError(
            f"Another sign-in of this kernel to {resolved.profile.name!r} waits already.",
            reason="sign_in_waits",
            hint="Answer or cancel that one first, then run this again.",
        )
    if len(own) >= MAX_OF_A_KERNEL:
        raise _too_many(f"{MAX_OF_A_KERNEL} sign-ins of this kernel wait already.")


def _whose(resolved: Resolved) -> tuple[str, str | None]:
    return resolved.profile.name, resolved.request.account


def _too_many(message: str) -> PolicyError:
    hint = "Answer or cancel some of them first."
    return PolicyError(message, reason="too_many_sign_ins", hint=hint)

"""For whom the broker acts just now: told along with the work, through tasks and threads."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from jupyter_auth.core.audit import Via


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A kernel, or a person over REST by the name that Jupyter's login gives; without either, the broker."""

    via: Via = Via.BROKER
    kernel_id: str | None = None
    person: str | None = None


BROKER = Actor()
_acting: ContextVar[Actor] = ContextVar("jupyter_auth_acting", default=BROKER)


def actor() -> Actor:
    """Who it is for."""
    return _acting.get()


@contextmanager
def acting_for(who: Actor) -> Iterator[None]:
    """What is begun within is done for ``who``."""
    token = _acting.set(who)
    try:
        yield
    finally:
        _acting.reset(token)

"""L0: the access tokens a kernel keeps, good while the store's generation has not moved.

The public ``get_token`` reads ``entries`` and ``cells`` itself: a hit is a dict lookup and a few comparisons.
"""

from __future__ import annotations

import os
from collections.abc import Hashable
from pathlib import Path
from time import time

from jupyter_auth.core.generation import Generation
from jupyter_auth.core.result import AuthenticationResult, Provenance

REVALIDATE = 300.0  # seconds after which the broker is asked in any case
UNMAPPED_LIFE = 30.0  # seconds, where no generation file can be mapped

_KERNEL_HIT = Provenance("cache", "kernel")

MAX_VERSIONS = 4096

#: key → (good from, good until, generation, result). A clock that is set back to before ``from`` ends it; a
#: smaller step makes it good for REVALIDATE more at most.
entries: dict[Hashable, tuple[float, float, int, AuthenticationResult]] = {}
#: key → the version of the token last given out for it: no secret, so that it may outlast the token here
versions: dict[Hashable, str] = {}
#: ``hits[0]``: how many answers came from here that no broker was told of. Two threads at once may count one.
hits: list[int] = [0]
#: ``cells[0]`` is the generation now; a plain list until a file is mapped
cells: memoryview[int] | list[int] = [0]
_mapped: Generation | None = None


def map_generation(path: str | None) -> None:
    """Watch the generation file that the broker names; another file means that nothing kept is good."""
    global cells, _mapped  # noqa: PLW0603 -- module state by design: the hot path reads it without a self
    if _mapped is not None and str(_mapped.path) == path and _mapped.is_current():
        return
    forget()
    try:
        _mapped = Generation(Path(path)) if path else None
    except OSError:
        _mapped = None
    cells = _mapped.cells if _mapped is not None else [0]


def generation() -> int:
    """The generation now: taken before the broker is asked, given to ``keep`` after. Tokens of an older
    one are let go of: after a clear none stays in this process."""
    now = cells[0]
    for key, entry in list(entries.items()):  # a copy: other threads write meanwhile
        if entry[2] != now:
            entries.pop(key, None)
    return now


def keep(keys: list[Hashable], result: AuthenticationResult, seen: int) -> None:
    """Keep an answer under ``keys``, unless the cache was cleared since it was asked for."""
    token = result._token
    note_version(keys, result)
    life = REVALIDATE if _mapped is not None else UNMAPPED_LIFE
    since = time()
    until = min(float(token.refresh_on), since + life)
    if seen != cells[0] or until <= since:
        for key in keys:
            entries.pop(key, None)
        return
    kept = AuthenticationResult(token, _KERNEL_HIT, result.correlation_id)
    for key in keys:
        entries[key] = (since, until, seen, kept)


def note_version(keys: list[Hashable], result: AuthenticationResult) -> None:
    """Remember which token was given out last, not the token."""
    for key in keys:
        versions.pop(key, None)
        versions[key] = result._token.version
    for key in list(versions)[:-MAX_VERSIONS]:
        versions.pop(key, None)


def forget() -> None:
    """Let go of every token."""
    entries.clear()


def _begin_anew() -> None:
    """In a child: what the parent has counted, the parent tells."""
    forget()
    hits[0] = 0


os.register_at_fork(after_in_child=_begin_anew)

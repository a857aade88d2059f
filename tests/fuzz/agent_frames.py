"""The agent's socket: as ``frames``, from processes that say of themselves whatever they like."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.fuzz import frames, values
from tests.fuzz.hearing import Hearing
from tests.fuzz.kernel_side import AgentSide
from tests.fuzz.playing import Attempt, Target

CALLER = {"kernel_name": "R 4.3.1", "notebook": "/home/ada/sales.ipynb", "profile": "lake", "browser": False}
_names = st.sampled_from(["lake", "batch", "nope", ""]) | values.any_text
_callers = st.one_of(
    values.changed(CALLER), values.changed(CALLER, values=_names), values.hostile, st.just(CALLER)
)
_HELLO = frames.framed(b'{"op":"hello","v":1}')


def _introduced(caller: Any, more: dict[str, Any], repeats: int) -> bytes:
    """Hello and a proof, in one piece; some say it again."""
    proof = frames.framed(values.json_bytes({"op": "prove", "caller": caller, **more}))
    return (_HELLO + proof) * repeats


_more = st.sampled_from([{}, {}, {}, {"mac": "00"}, {"worker": {"profile": "lake"}}, {"worker": None}])
_words = st.one_of(st.sampled_from(["hello", "prove"]), *[
    st.builds(_introduced, _callers, _more, st.sampled_from([1, 1, 1, 2]))
] * 3)  # fmt: skip


@contextmanager
def opened(folder: Path, hearing: Hearing) -> Iterator[Attempt]:
    """The agent, to which ada is signed in."""
    with frames.opened(folder, hearing, AgentSide) as attempt:
        yield attempt


TARGET = Target(
    name="agent",
    what="frames of the agent's callers: as `frames`, with whatever a process says of itself",
    limit=frames.LIMIT,
    inputs=frames.talks(_words),
    opened=opened,
)

"""All targets, by name."""

from typing import Protocol

from tests.fuzz import agent_frames, frames, id_tokens, providers, records, rest, toml_files
from tests.fuzz.playing import Budget, Target
from tests.fuzz.tally import Tally


class Playable(Protocol):
    """What can be played, and what the documentation says of it."""

    @property
    def name(self) -> str: ...

    @property
    def what(self) -> str: ...

    def play(self, budget: Budget, seed: int) -> Tally: ...


#: Those whose inputs are of our own making.
OWN: dict[str, Target] = {
    target.name: target
    for target in (
        frames.TARGET,
        agent_frames.TARGET,
        *providers.TARGETS,
        id_tokens.TARGET,
        *records.TARGETS,
        toml_files.TARGET,
    )
}
TARGETS: dict[str, Playable] = {**OWN, rest.TARGET.name: rest.TARGET}

"""Answers that are ready to be sent again: a kernel asks for the same token in the same words.

What a request was answered from memory is kept as the frame that it was sent in, for that kernel and for
these very bytes. It is sent again while nothing could make the answer another: the token is fresh, the
store's generation is the same, nobody was told of a change or has decided what a kernel may use, the
configuration is the same, and it was made no longer ago than memory may answer without the store
(``l1_absolute_expiration``).
"""

from time import monotonic
from typing import NamedTuple

from jupyter_auth.broker.broker import Broker
from jupyter_auth.broker.changes import Change
from jupyter_auth.broker.clock import STEP
from jupyter_auth.broker.config.configuration import Configuration
from jupyter_auth.broker.request import TokenRequest
from jupyter_auth.core.freshness import fresh_span
from jupyter_auth.core.result import AuthenticationResult

MAX_ANSWERS = 1024  # of which those that were made longest ago go
MAX_REQUEST = 1024  # bytes; a longer one is none that is said over and over
LOOK_AT_FILES = 0.002  # seconds between two looks at the configuration's files, which cost more than the rest


class State(NamedTuple):
    """What moves when an answer may have become another."""

    generation: int
    changes: int
    decisions: int
    configuration: Configuration


class Answer(NamedTuple):
    """What was asked and answered, as the frame has it; between which moments the token is fresh (Unix
    seconds), and how far the clock that says so was ahead of one that nobody sets."""

    frame: bytes
    asked: TokenRequest
    result: AuthenticationResult
    since: float = 0.0
    until: float = 0.0
    ahead: float = 0.0


class ReadyAnswers:
    """Those of one broker, for all of its kernels. Used on its event loop; changes come from any thread."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._clock = broker.clock
        self._answers: dict[tuple[str, bytes], Answer] = {}
        self._changes = 0
        self._configuration = broker.configuration
        self._looked = 0.0
        self._state: State | None = None
        broker.changes.watch(self._heed)

    def _heed(self, change: Change) -> None:
        self._changes += 1
        self.clear()

    def clear(self) -> None:
        """Have none ready any more."""
        self._answers.clear()

    def state(self) -> State | None:
        """What an answer depends on, beside the time: to be taken before it is made. None without a store."""
        cache, now = self._broker.cache, monotonic()
        if cache is None:
            return None
        if now - self._looked > LOOK_AT_FILES:
            self._configuration, self._looked = self._broker.configuration, now
        decisions = self._broker.grants.version
        return State(cache.store.generation.value, self._changes, decisions, self._configuration)

    def find(self, kernel_id: str, body: bytes) -> Answer | None:
        """The answer to this request, if it is what would be made anew."""
        found = self._answers.get((kernel_id, body))
        if found is None:
            return None
        if self.state() != self._state:
            self._answers.clear()
            return None
        was_set_back = self._clock.ahead() < found.ahead - STEP  # the token's times are others then
        is_fresh = found.since <= self._clock.now() < found.until
        return found if is_fresh and not was_set_back else None

    def keep(self, kernel_id: str, body: bytes, answer: Answer, state: State | None) -> None:
        """Have the answer ready for the next time, unless ``state`` is not that of now any more."""
        if len(body) > MAX_REQUEST or state is None or state != self.state():
            return
        if state != self._state:
            self._answers.clear()
            self._state = state
        token = answer.result
        since, until = fresh_span(token.issued_on, token.expires_on, token.refresh_on)
        until = min(until, self._clock.now() + state.configuration.settings.memory_limits.absolute_expiration)
        ahead = self._clock.ahead()
        self._answers[kernel_id, body] = answer._replace(since=since, until=until, ahead=ahead)
        if len(self._answers) > MAX_ANSWERS:
            del self._answers[next(iter(self._answers))]

"""Makes the records: from what the broker tells of its changes, and from what is said here.

A record is never in the way: it is made at once, completed with the kernel's names in a task of its own, and
written in a thread. A fault in one costs that record.
"""

import asyncio
import logging
import os
import pwd
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from jupyter_auth.broker.auditing.actors import BROKER, Actor, actor
from jupyter_auth.broker.auditing.delivery import Delivery
from jupyter_auth.broker.auditing.file import AuditFile
from jupyter_auth.broker.auditing.tallies import Tallies
from jupyter_auth.broker.changes import (
    AccountChanged,
    CacheChanged,
    Change,
    InteractionChanged,
)
from jupyter_auth.broker.clock import Clock
from jupyter_auth.broker.request import Resolved
from jupyter_auth.broker.signing_in.interaction import Interaction
from jupyter_auth.cache.records import AccessTokenRecord, Holder
from jupyter_auth.core.audit import AuditRecord, Decision, Id, Name, Slug, Source, UserSource, Via, scopes_of
from jupyter_auth.core.errors import AuthError, CacheError, TransportError
from jupyter_auth.core.faults import where
from jupyter_auth.core.reports import ClearReport, SignOutReport
from jupyter_auth.core.result import AuthenticationResult
from jupyter_auth.core.statistics import Statistics

log = logging.getLogger(__name__)

MINUTE = 60.0  # seconds between two records of hits, or of refusals of one kind
HUB_USER = "JUPYTERHUB_USER"
MAX_SEEN = 4096  # kernels with their profiles and accounts of which the first use is remembered
MAX_REFUSALS = 32  # of different kinds that one asker is told apart for, a minute

R = TypeVar("R", SignOutReport, ClearReport)
Find = Callable[[str], Interaction | None]

#: Faults, which decide nothing.
_NO_DECISION = (TransportError, CacheError)


class Audit:
    """The records of one broker; ``find`` knows its interactions, ``path`` is the file's, if there is one."""

    def __init__(self, clock: Clock, statistics: Statistics, find: Find, path: str | None = None) -> None:
        self._clock = clock
        self._statistics = statistics
        self._find = find
        self.delivery = Delivery(statistics)
        self.file = AuditFile(Path(path)) if path else None
        if self.file is not None:
            self.delivery.sinks.append(self.file)
        self._closes_file = True
        self.owner: str | None = None  # the person whose broker it is, where a server has several
        self._tallies = Tallies(self.delivery.note, self._soon)
        self._refusals: Counter[Actor] = Counter()
        self._seen: dict[tuple[str, str, str], None] = {}
        self._asking: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None

    def share(self, file: AuditFile) -> None:
        """Write into ``file``, which another audit has as its own and closes, instead of an own one. Before
        anything is written."""
        if self.file is not None:
            self.delivery.sinks.remove(self.file)
        self.delivery.sinks.append(file)
        self.file, self._closes_file = file, False

    # -- what is written down ------------------------------------------------------------------------

    def handed(self, name: str, to: Actor, found: AuthenticationResult) -> None:
        """A token is handed ``to`` a kernel, which ``name`` stands for. On the way of every hit."""
        if not self._tallies.again((name, found._token.version, found._origin.level)):
            self._handed(name, to, found)

    def _handed(self, name: str, to: Actor, found: AuthenticationResult) -> None:
        token, level = found._token, found._origin.level
        who = (token.account or {}).get("home_account_id", "")
        source = Source(level) if level else Source.IDENTITY_PROVIDER
        about = {"profile": token.profile, "scopes": token.scopes, "account": who, "source": source}
        used = name, token.profile, who
        is_first = used not in self._seen
        self._seen[used] = None
        if len(self._seen) > MAX_SEEN:
            del self._seen[next(iter(self._seen))]
        if level is None and not is_first:
            return  # no hit: the refresh or the sign-in that gave it has a record
        record = self._made(Decision.HITS, by=to, **about)
        if record is None:
            return
        if is_first:
            self.delivery.note(replace(record, decision=Decision.FIRST_USE))
        if level is not None:
            self._tallies.open((name, token.version, level), record, 0 if is_first else 1)

    def refreshed(
        self,
        resolved: Resolved,
        key: Holder,
        token: AccessTokenRecord,
        reason: str,
        *,
        by_itself: bool = False,
    ) -> None:
        """A provider has given a token without a person: asked by whoever waits for it, or ``by_itself``."""
        self.decide(
            Decision.REFRESHED,
            by=BROKER if by_itself else None,
            profile=resolved.profile.name,
            scopes=token.granted,
            account=key.home_account_id,
            source=Source.IDENTITY_PROVIDER,
            reason=reason,
        )

    def hits_of_kernel(self, kernel: Actor, count: int) -> None:
        """So many answers came from the kernel's own memory."""
        self._statistics.kernel_hits += count
        key = kernel.kernel_id, Source.KERNEL
        if count and not self._tallies.add(key, count):
            hits = self._made(Decision.HITS, by=kernel, source=Source.KERNEL)
            if hits is not None:
                self._tallies.open(key, hits, count)

    def denied(
        self,
        problem: AuthError,
        *,
        profile: str | None = None,
        scopes: Iterable[str] = (),
        by: Actor | None = None,
    ) -> None:
        """Somebody was refused what they asked for. The same again is counted, and told once a minute."""
        if isinstance(problem, _NO_DECISION):
            return
        who = by or actor()
        self._statistics.denied(problem.reason)
        said = getattr(problem, "profile", None) or profile
        key: tuple[object, ...] = who, said, problem.reason
        if self._tallies.again(key):
            return
        self._refusals[who] += 1
        if self._refusals[who] > MAX_REFUSALS:  # who invents names fills no log with them
            key, said, scopes = (who, None, "other"), None, ()
            if self._tallies.again(key):
                return
        record = self._made(Decision.DENIED, by=who, profile=said, scopes=scopes, reason=problem.reason)
        if record is not None:
            self.delivery.note(record)
            self._tallies.open(key, record, 0)

    def ended(self, report: R) -> R:
        """Accounts were ended; where a provider was asked to revoke a refresh token, what it said."""
        for ended in report.accounts:
            if ended.outcome in {"revoked", "unsupported", "failed"}:
                about = {"account": ended.home_account_id, "profile": ended.profile}
                self.decide(Decision.REVOCATION, reason=ended.outcome, **about)
        return report

    def heed(self, change: Change) -> None:
        """Write a change of the broker down, where it is a decision; from any thread."""
        if isinstance(change, InteractionChanged):
            self._heed_interaction(change)
        elif isinstance(change, AccountChanged):
            self.decide(Decision(change.action), account=change.home_account_id, profile=change.profile)
        elif isinstance(change, CacheChanged) and change.action == "cleared":
            self.decide(Decision.CLEARED, profile=change.profile)

    def _heed_interaction(self, change: InteractionChanged) -> None:
        """Its beginning and its end; that others join and leave is no decision."""
        is_new = change.id not in self._asking
        interaction = self._find(change.id)
        if change.state == "pending":
            if not is_new:
                return
            self._asking.add(change.id)
        else:
            self._asking.discard(change.id)
            self._statistics.prompt_ended(change.state)
        by, about = actor(), {}
        if interaction is not None:
            asked = interaction.requester
            if by.via is Via.BROKER:  # it has ended by itself: of whom it was asked for
                by = replace(by, kernel_id=asked.kernel_id)
            about = {
                "scopes": interaction.resolved.scopes,
                "flow": interaction.sign_in.flow,
                "account": _who_signed_in(interaction),
            }
        started = change.state == "pending"
        decision = Decision.PROMPT_STARTED if started else Decision.PROMPT_ENDED
        reason = None if started else change.state
        self.decide(decision, by=by, profile=change.profile, interaction=change.id, reason=reason, **about)

    def decide(self, decision: Decision, **about: Any) -> None:
        """Write a decision down, as it is made; from any thread. What goes with it: see ``_made``."""
        record = self._made(decision, **about)
        if record is not None:
            self.delivery.note(record)

    def _made(
        self,
        decision: Decision,
        *,
        by: Actor | None = None,
        profile: str | None = None,
        scopes: Iterable[str] = (),
        account: str | None = None,
        source: Source | None = None,
        reason: str | None = None,
        interaction: str | None = None,
        flow: str | None = None,
    ) -> AuditRecord | None:
        who = by or actor()
        person = who.person or self.owner
        is_known = person is not None or HUB_USER in os.environ
        try:
            return AuditRecord(
                at=int(self._clock.now() * 1000),
                decision=decision,
                via=who.via,
                user=Name.of(person) or _owner(),
                user_source=UserSource.JUPYTER if is_known else UserSource.SYSTEM,
                kernel_id=Id.of(who.kernel_id),
                profile=Name.of(profile),
                scopes=scopes_of(scopes),
                home_account_id=Id.of(account),
                source=source,
                reason=Slug.of(reason),
                interaction=Id.of(interaction),
                flow=Slug.of(flow),
            )
        except (TypeError, ValueError) as problem:
            log.error("A decision could not be written down: %s", where(problem))
            return None

    # -- time ----------------------------------------------------------------------------------------

    def _soon(self) -> None:
        with suppress(RuntimeError):  # no loop: nothing is counted there
            self._timer = asyncio.get_running_loop().call_later(MINUTE, self.tell)

    def tell(self) -> None:
        """Tell what was counted since the last time."""
        self._refusals.clear()
        self._tallies.tell(int(self._clock.now() * 1000))

    async def close(self) -> None:
        """Tell what is left, and see it written."""
        if self._timer is not None:
            self._timer.cancel()
        self.tell()
        await self.delivery.close()
        if self.file is not None and self._closes_file:
            await asyncio.to_thread(self.file.close)

    def described(self) -> dict[str, Any]:
        """For ``status``: where the records go, and whether they arrive."""
        file = self.file
        return {
            "file": str(file.path) if file else None,
            "problem": file.problem if file else None,
            "lost": file.lost if file else 0,
        }


def _who_signed_in(interaction: Interaction) -> str | None:
    outcome = interaction.outcome
    if interaction.state != "succeeded" or not outcome.done() or outcome.cancelled():
        return None
    account = outcome.result()
    return account.home_account_id if account is not None else None


def _owner() -> Name | None:
    """Whose server it is: at a Hub by the Hub's name for them."""
    if HUB_USER in os.environ:
        return Name.of(os.environ[HUB_USER])
    return _system_name(os.geteuid())


@cache
def _system_name(uid: int) -> Name | None:
    """Asked once: a system may have to ask a directory for it, over a network."""
    try:
        return Name.of(pwd.getpwuid(uid).pw_name)
    except KeyError:
        return Name.of(f"uid {uid}")

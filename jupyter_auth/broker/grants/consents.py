"""Asking a person whether a kernel may use something, and heeding what they answer."""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from math import ceil
from typing import Any

from jupyter_auth.broker.broker import Broker
from jupyter_auth.broker.clock import Clock
from jupyter_auth.broker.grants.book import Grants
from jupyter_auth.broker.grants.gate import Gate
from jupyter_auth.broker.grants.held import Held
from jupyter_auth.broker.grants.pauses import Pauses
from jupyter_auth.broker.grants.wanted import Wanted, wanted
from jupyter_auth.broker.kernels import Kernels
from jupyter_auth.broker.request import Resolved
from jupyter_auth.broker.signing_in.consent import Consent
from jupyter_auth.broker.signing_in.interactions import Interaction, Interactions
from jupyter_auth.broker.signing_in.ways import Begun
from jupyter_auth.broker.tenants import client_of
from jupyter_auth.broker.usage import Usage
from jupyter_auth.cache.records import AccessTokenRecord, AccountRecord, ClientKey
from jupyter_auth.core.errors import (
    InteractionDeclinedError,
    KernelGrantRequiredError,
    PolicyError,
    ProfileError,
    TransportError,
)
from jupyter_auth.core.grant import DECISIONS, REMEMBER, KernelGrant
from jupyter_auth.core.scopes import resource_scopes, union

MAX_ASKED = 5  # questions of one kernel at a time: whoever wants more is not asking a person
MAX_PENDING = 50


class Consents:
    """The questions of one broker. Used on its event loop only."""

    def __init__(self, broker: Broker, kernels: Kernels, usage: Usage) -> None:
        self._broker = broker
        self._kernels = kernels
        self._usage = usage
        self._grants: Grants = broker.grants
        self._clock: Clock = broker.clock
        self._interactions: Interactions = broker.interactions
        self._pauses: Pauses[tuple[str, ClientKey]] = Pauses(self._clock.elapsed)

    async def ask(
        self,
        kernel_id: str,
        resolved: Resolved,
        account: AccountRecord | None,
        scopes: tuple[str, ...] = (),
    ) -> tuple[Interaction, bool]:
        """The question that waits already for this kernel, profile and account, or a new one (then True). It
        is also about ``scopes``, which the token has that there is.

        Raises ``PolicyError`` where a kernel asks too much at once, or too often after it was turned down.
        """
        self._grants.prune(self._kernels.lives)
        requester, path = await self._kernels.describe(kernel_id), None
        with suppress(TransportError):  # then the notebook cannot be chosen in the answer
            path = await self._kernels.path(kernel_id)
        token = await self._token(resolved, account)
        if token is not None and resolved.profile.folds_case:
            scopes = union(
                scopes, token.granted
            )  # Entra gives all that was ever consented to: say so at once
        about = _about(resolved, account, scopes)
        key = (kernel_id, about.profile, about.account or (about.named or "").casefold() or None)
        pending = self._pending()
        for known, asked in pending:
            if asked.key == key:
                return known, False
        self._refuse_more(kernel_id, resolved, [asked for _, asked in pending])
        consent = Consent(
            scopes=union(resolved.scopes, scopes),
            key=key,
            lives=partial(self._kernels.lives, kernel_id),
            username=account.username or account.home_account_id if account else resolved.request.account,
            lifetime=token.life if token else None,
            about=about,
            notebook=path,
        )
        interaction = self._interactions.open(resolved, requester, {}, Begun(sign_in=consent))
        interaction.outcome.add_done_callback(lambda _: self._heed(kernel_id, interaction))
        return interaction, True

    def _refuse_more(self, kernel_id: str, resolved: Resolved, pending: list[Consent]) -> None:
        if len(pending) >= MAX_PENDING or sum(asked.key[0] == kernel_id for asked in pending) >= MAX_ASKED:
            raise _too_many()
        if left := self._pauses.left((kernel_id, resolved.client)):
            raise _too_often(resolved.profile.name, left)

    def _heed(self, kernel_id: str, ended: Interaction) -> None:
        """A kernel whose questions are refused, or that takes them back, may not go on at that pace."""
        who = kernel_id, ended.resolved.client
        if ended.state in {"declined", "cancelled"}:
            self._pauses.turned_down(who)
        elif ended.state == "succeeded":
            self._pauses.heard(who)

    async def enter(self, held: Held, notebook: str | None, *, beside: bool = False) -> None:
        """A person has decided, whether they were asked or not: it counts in the place of what there was, or
        ``beside`` it. What waits is answered by it, and what nobody may use any more is renewed no more."""
        kernel_id = held.grant.kernel_id
        self._grants.prune(self._kernels.lives)
        await (self._grants.add if beside else self._grants.put)(held, notebook)
        self._usage.of(kernel_id)  # people see it beside the others, though it has asked for nothing
        if held.grant.decision == "deny":
            known = self._broker.configuration.profiles.values()
            alike = {profile.name for profile in known if client_of(profile) == held.place.client}
            await self._leave(kernel_id, notebook, {held.grant.profile, *alike})
        await self._settle(kernel_id)

    async def revoke(self, kernel_id: str, notebook: str | None, profile: str | None) -> None:
        """Take back all that a kernel and its notebook have, or what there is of one profile."""
        gone = await self._grants.revoke(kernel_id, notebook, profile)
        if gone:
            await self._leave(kernel_id, notebook, gone)

    async def _leave(self, kernel_id: str, notebook: str | None, profiles: set[str]) -> None:
        """What the kernel and the others of its notebook were handed of these is renewed no more; whoever of
        them may use some of it still has it renewed again from when they ask."""
        if (renewing := self._broker.renewing) is None:
            return
        for use in self._usage.living(self._kernels.lives):
            if use.kernel_id == kernel_id or (notebook and await self._may_be_of(use.kernel_id, notebook)):
                renewing.left(use, profiles)

    async def _may_be_of(self, kernel_id: str, notebook: str) -> bool:
        """Also where nobody can tell just now: then it asks anew."""
        try:
            return await self._kernels.path(kernel_id) == notebook
        except TransportError:
            return True

    async def _settle(self, kernel_id: str) -> None:
        """Answer what a kernel has asked by what has been decided about it meanwhile."""
        for known, asked in self._pending():
            if asked.key[0] != kernel_id or asked.is_decided:
                continue
            gate = Gate(self._broker, self._kernels, kernel_id)
            await gate.look()
            try:
                gate.decide(asked.about)
            except KernelGrantRequiredError as problem:
                if problem.reason == "grant_refused":
                    self._interactions.end(known, _declined(known))
            else:
                self._interactions.succeed(known)

    def _pending(self) -> list[tuple[Interaction, Consent]]:
        return [
            (known, known.sign_in)
            for known in self._interactions.all()
            if known.state == "pending" and isinstance(known.sign_in, Consent)
        ]

    async def _token(self, resolved: Resolved, account: AccountRecord | None) -> AccessTokenRecord | None:
        """The token that there is."""
        if account is None:
            return None
        cache, fold = await self._broker.start(), resolved.profile.folds_case
        key, target = account.account_key, resolved.target
        return await self._broker.in_thread(lambda: cache.find_token(key, target, fold=fold))

    async def decide(self, interaction: Interaction, said: Mapping[str, Any]) -> None:
        """Heed what the person has chosen: ``decision`` and ``remember``.

        Raises ``ProfileError`` for what is no answer, ``PolicyError`` where the question has been answered.
        """
        decision, remember = said.get("decision"), said.get("remember", "once")
        if said.keys() - {"decision", "remember"} or decision not in DECISIONS or remember not in REMEMBER:
            hint = f"decision is {' or '.join(DECISIONS)}, remember {', '.join(REMEMBER)}."
            raise ProfileError(
                "Send a decision, and how long to remember it.", reason="bad_argument", hint=hint
            )
        consent = interaction.sign_in
        if not isinstance(consent, Consent):
            raise PolicyError("This request asks for a sign-in.", reason="no_consent", hint="Sign in.")
        if remember == "notebook" and not consent.notebook:
            raise no_notebook()
        if interaction.state != "pending" or consent.is_decided:
            raise PolicyError("This request has been answered.", reason="already_answered")
        consent.is_decided = True
        held = self._held(consent, said)
        try:
            if remember != "once":
                await self.enter(held, consent.notebook, beside=decision == "allow")
        except BaseException:
            consent.is_decided = False
            raise
        if remember == "once":
            self._grants.note(held)
        if decision == "allow":
            consent.answered = held
            self._interactions.succeed(interaction)
        else:
            self._interactions.end(interaction, _declined(interaction))

    def _held(self, consent: Consent, said: Mapping[str, Any]) -> Held:
        about: Wanted = consent.about
        is_never = said["decision"] == "deny"
        grant = KernelGrant(
            kernel_id=consent.key[0],
            profile=about.profile,
            scopes=None if is_never else consent.scopes,
            account=None if is_never else about.account,
            decision=said["decision"],
            remember=said.get("remember", "once"),
            granted_on=int(self._clock.now()),
        )
        is_open = not is_never and about.kind == "account" and about.account is None
        return Held(
            grant=grant,
            place=about.place,
            own=about.own,
            kind=None if is_never else about.kind,
            username=consent.username,
            binds=is_open,
            named=about.named if is_open else None,
        )


def _about(resolved: Resolved, account: AccountRecord | None, scopes: tuple[str, ...]) -> Wanted:
    about = wanted(resolved)
    about = about._replace(scopes=about.scopes | resource_scopes(scopes, fold=about.folds_case))
    if account is None:
        return about
    return about._replace(account=account.home_account_id, username=account.username)


def _too_many() -> PolicyError:
    return PolicyError(
        "This kernel has asked for several things already.",
        reason="too_many_requests",
        hint="Answer or cancel some of them first.",
    )


def _too_often(profile: str, left: float) -> PolicyError:
    return PolicyError(
        f"This kernel has asked for {profile} again and again.",
        reason="asked_too_often",
        hint=f"Run the cell again in {ceil(left)} s, or allow it in the Sign-ins panel.",
    )


def no_notebook() -> ProfileError:
    """The error where there is no path to remember a decision for."""
    return ProfileError(
        "This kernel is of no notebook.", reason="no_notebook", hint='Send remember "kernel" instead.'
    )


def _declined(interaction: Interaction) -> InteractionDeclinedError:
    profile = interaction.resolved.profile.name
    return InteractionDeclinedError(
        f"You did not allow this kernel to use {profile}.",
        reason="grant_refused",
        hint="Run the cell again to be asked again, or take a Never back in the Sign-ins panel.",
    )

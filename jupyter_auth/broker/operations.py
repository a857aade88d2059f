"""The verbs a kernel may send, and what each does with the broker."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

from jupyter_auth.broker import overview
from jupyter_auth.broker.account_verbs import AccountVerbs
from jupyter_auth.broker.apps import app_verbs
from jupyter_auth.broker.apps.applications import Applications
from jupyter_auth.broker.arguments import refuse_unknown, seconds, wanted
from jupyter_auth.broker.auditing.actors import Actor, acting_for
from jupyter_auth.broker.broker import Broker
from jupyter_auth.broker.changes import Counter
from jupyter_auth.broker.failing import failed
from jupyter_auth.broker.grants import gate
from jupyter_auth.broker.grants.consents import Consents
from jupyter_auth.broker.grants.seen import Seen
from jupyter_auth.broker.kernels import Kernels
from jupyter_auth.broker.panel_verbs import PanelVerbs
from jupyter_auth.broker.request import TokenRequest
from jupyter_auth.broker.signing_in.consent import Consent
from jupyter_auth.broker.signing_in.interactions import Interaction
from jupyter_auth.broker.tokens.handing import Handing
from jupyter_auth.broker.tokens.ready import Answer, ReadyAnswers
from jupyter_auth.broker.usage import Usage
from jupyter_auth.core import frames
from jupyter_auth.core.audit import Via
from jupyter_auth.core.errors import (
    AuthError,
    InteractionRequiredError,
    KernelGrantRequiredError,
    PolicyError,
    ProfileError,
    TransportError,
)

CALL_TIMEOUT = 90.0  # seconds for any other verb: a provider call's limit, twice, and a little

Message = dict[str, Any]


class Operations:
    """What every session shares: the broker and its kernels."""

    def __init__(
        self, broker: Broker, kernels: Kernels, status: Callable[[], Coroutine[Any, Any, Message]]
    ) -> None:
        self.broker = broker
        self.kernels = kernels
        self.status = status
        self.usage = Usage(broker.clock.now, broker.changes, kernels.runs)
        # from the time on, so that no count of a broker before this one is taken for its own
        self.changed = Counter(broker.changes, time.time_ns())
        self.applications = Applications(broker)
        self.consents = Consents(broker, kernels, self.usage)
        self.ready = ReadyAnswers(broker)
        broker.audit.delivery.describe = kernels.describe

    async def generation_file(self) -> str | None:
        """The path a kernel maps to learn of a clear."""
        return (await self.broker.start()).store.generation_file


class Session:
    """One proven connection of one kernel."""

    def __init__(self, operations: Operations, kernel_id: str, via: Via = Via.KERNEL) -> None:
        self._broker = operations.broker
        self.operations = operations
        self.kernel_id = kernel_id
        self._actor = Actor(via=via if kernel_id else Via.PROCESS, kernel_id=kernel_id)
        self._gate = gate.Gate(self._broker, operations.kernels, kernel_id)
        self._seen = Seen(self._broker, self._gate)
        self._handing = Handing(self._broker, operations.usage.of(kernel_id), self._gate, self._actor)
        self._waits: dict[str, Interaction] = {}
        self._first: set[str] = set()
        self._asked: dict[str, TokenRequest] = {}
        self._apps = app_verbs.AppVerbs(operations.applications, self._handing, self._gate)
        self._verbs: dict[str, Callable[[Message], Coroutine[Any, Any, Message]]] = {
            "get_token": self._get_token,
            "acquire_token_silent": self._acquire_token_silent,
            "acquire_token_by_device_flow": self._interact,
            "acquire_token_interactive": self._interact,
            "wait": self._wait,
            "answer": self._answer,
            "cancel": self._cancel,
            **PanelVerbs(operations, self._seen, self._handing.use, self._actor).table,
            **AccountVerbs(self._broker, self._seen).table,
            **self._apps.table,
        }

    def ready(self, body: bytes) -> bytes | None:
        """The frame that answers this request, where it was answered before and still is so."""
        found = self.operations.ready.find(self.kernel_id, body)
        if found is None or not self.operations.kernels.lives(self.kernel_id):
            return None
        self._handing.note(found.result, lambda: self._broker.resolve(found.asked))
        self._broker.hit_again(found.result)
        return found.frame

    def at_once(self, message: Message, body: bytes = b"") -> Message | None:
        """The answer from memory, or None where it takes more; ``ready`` for the same ``body``, if given."""
        try:
            return self._at_once(message, body)
        except AuthError as problem:
            self._broker.audit.denied(problem, by=self._actor, **wanted(message))
            raise

    def _at_once(self, message: Message, body: bytes) -> Message | None:
        self._check_alive()
        op = str(message.get("op"))
        refuse_unknown(op, message)
        if op not in {"get_token", "acquire_token_silent"}:
            return self._apps.peek(message)
        asked, state = self._request(message), self.operations.ready.state()
        if self._gate.is_closed:
            if (allowed := self._gate.at_once(self._broker.resolve(asked))) is None:
                return None
            asked = allowed.request
        if (found := self._broker.peek(asked)) is None:
            return None
        try:
            answer = self._handing.out(found, lambda: self._broker.resolve(asked))
        except KernelGrantRequiredError:
            return None  # maybe there is another token, or a person to ask
        if body and not self._gate.moves:
            ready = Answer(frame=frames.encode(answer), asked=asked, result=found)
            self.operations.ready.keep(self.kernel_id, body, ready, state)
        return answer

    async def respond(self, message: Message) -> Message:
        """The answer of a verb, or the error that it ended with."""
        try:
            return self.at_once(message) or await self.answer(message)
        except Exception as problem:  # noqa: BLE001 -- a fault of ours must not take the connection along
            return failed(problem)

    async def answer(self, message: Message) -> Message:
        """The answer of a verb; raises ``AuthError``."""
        try:
            with acting_for(self._actor):
                return await self._answered(message)
        except AuthError as problem:
            self._broker.audit.denied(problem, by=self._actor, **wanted(message))
            raise

    async def _answered(self, message: Message) -> Message:
        verb = self._verbs.get(str(message.get("op")))
        if verb is None:
            raise PolicyError(
                f"This server knows no verb {str(message.get('op'))[:40]!r}.",
                reason="unknown_verb",
                hint=f"It knows: {', '.join(self._verbs)}. A newer client may need a newer server.",
            )
        try:
            async with asyncio.timeout(CALL_TIMEOUT):
                answered = await verb(message)
            self._check_alive()  # it may have been shut down meanwhile
            return answered
        except TimeoutError:
            raise TransportError(
                f"No answer within {CALL_TIMEOUT:.0f} s.", reason="timeout", hint="Try again.", retryable=True
            ) from None

    def close(self) -> None:
        """The connection has gone: nobody waits here any more."""
        self._handing.close()
        for interaction in self._waits.values():
            self._broker.interactions.leave(interaction, self)
        self._waits.clear()

    def _check_alive(self) -> None:
        if not self.operations.kernels.lives(self.kernel_id):
            raise KernelGrantRequiredError("This kernel has been shut down.", reason="kernel_gone")

    # -- tokens ---------------------------------------------------------------------------------

    async def _acquire_token_silent(self, message: Message) -> Message:
        return await self._silently(self._request(message))

    def _request(self, message: Message) -> TokenRequest:
        return TokenRequest.from_wire(message)

    async def _silently(self, asked: TokenRequest) -> Message:
        if self._gate.is_closed:
            asked = (await self._gate.before(self._broker.resolve(asked))).request
        found = await self._broker.acquire_silent(asked)
        return self._handing.out(found, lambda: self._broker.resolve(asked))

    async def _get_token(self, message: Message) -> Message:
        """Silent first; then, where the kernel says that a person is there, an interaction."""
        try:
            return await self._acquire_token_silent(message)
        except KernelGrantRequiredError as lacking:
            if message.get("interactive") is not True:
                raise
            return await self._consent(message, lacking)
        except InteractionRequiredError as required:
            is_elsewhere = self._broker.resolve(self._request(message)).profile.is_signed_in_elsewhere
            is_clear = required.reason != "ambiguous_account"
            if message.get("interactive") is not True or is_elsewhere or not is_clear:
                raise
            demanded = required.claims  # by the provider or by the call: the sign-in has to meet it
        return await self._interact({**message, "claims_challenge": demanded})

    async def _interact(self, message: Message) -> Message:
        requester = await self.operations.kernels.describe(self.kernel_id)
        if message.get("op") == "acquire_token_by_device_flow":
            message = {**message, "flow": "device_code"}
        adopts = message.get("op") == "get_token"  # the other verbs ask a person in any case
        asked = TokenRequest.from_wire(message)
        if self._gate.is_closed:
            try:
                await self._gate.before(self._broker.resolve(asked))
            except KernelGrantRequiredError as lacking:
                return await self._consent(message, lacking)
        interaction, is_new = await self._broker.interact(asked, requester, adopts=adopts)
        return self._joined(interaction, asked, is_new=is_new)

    async def _consent(self, message: Message, lacking: KernelGrantRequiredError) -> Message:
        """Ask a person whether this kernel may. Where they allow it, it asks again on this connection."""
        if lacking.reason != "grant_required" or not self._gate.may_ask:
            raise lacking
        asked = TokenRequest.from_wire(message)
        resolved = self._broker.resolve(asked)
        interaction, is_new = await self.operations.consents.ask(
            self.kernel_id,
            resolved,
            await self._gate.account(resolved),
            tuple(lacking.scopes or ()),
        )
        return self._joined(interaction, asked, is_new=is_new)

    def _joined(self, interaction: Interaction, asked: TokenRequest, *, is_new: bool) -> Message:
        """This connection waits for it."""
        self._broker.interactions.join(interaction, self)
        self._waits[interaction.id] = interaction
        self._asked[interaction.id] = asked
        if is_new:
            self._first.add(interaction.id)
        return {"ok": True, "interaction": self._shown(interaction)}

    async def _wait(self, message: Message) -> Message:
        """Wait for the end of an interaction that this connection has joined."""
        if (interaction := self._waits.get(str(message.get("id")))) is None:
            raise ProfileError("This connection waits for no such interaction.", reason="unknown_interaction")
        await asyncio.wait([interaction.outcome], timeout=seconds(message))
        if not interaction.outcome.done():
            return {"ok": True, "interaction": self._shown(interaction)}
        self._waits.pop(interaction.id, None)
        asked = self._asked.pop(interaction.id)
        self._check_alive()
        if isinstance(interaction.sign_in, Consent):
            return self._allowed(interaction, interaction.sign_in)
        return {**await self._signed_in(interaction, asked), "interaction": self._shown(interaction)}

    def _allowed(self, interaction: Interaction, consent: Consent) -> Message:
        """A person has allowed it, or this raises what they have answered. Once is for who asked, alone."""
        interaction.outcome.result()
        held = consent.answered
        if held is not None and held.grant.remember == "once" and interaction.id in self._first:
            self._gate.once.append(held)
        return {"ok": True, "interaction": self._shown(interaction)}

    async def _signed_in(self, interaction: Interaction, asked: TokenRequest) -> Message:
        found = await self._broker.result_of(interaction, first=interaction.id in self._first)
        try:
            return self._handing.out(found, lambda: interaction.resolved)
        except KernelGrantRequiredError:
            # what came of the sign-in is for more than this kernel may have: maybe there is one that is not
            who = (found._token.account or {}).get("home_account_id")
            return await self._silently(
                TokenRequest(profile=asked.profile, scopes=asked.scopes, account=who, tenant=asked.tenant)
            )

    async def _answer(self, message: Message) -> Message:
        """Take the address that the person ended up on, or go on in another way."""
        await self._broker.answers.heed(interaction := self._own(message), message)
        return {"ok": True, "interaction": self._shown(interaction)}

    def _shown(self, interaction: Interaction) -> Message:
        """The interaction for a kernel, which has to know whether a page shows it by its id."""
        return {**interaction.to_wire(), "front_end": self.operations.kernels.have_front_end()}

    # -- the rest --------------------------------------------------------------------------------

    async def _cancel(self, message: Message) -> Message:
        """End a request of this kernel; whoever else waits for it is told."""
        self._broker.interactions.cancel(interaction := self._own(message))
        return {"ok": True, "interaction": interaction.to_wire()}

    def _own(self, message: Message) -> Interaction:
        interaction = self._broker.interactions.get(str(message.get("id")))
        if interaction is None or not overview.is_of(interaction, self.kernel_id):
            raise ProfileError("This kernel has asked for no such sign-in.", reason="unknown_interaction")
        return interaction

"""The gate: the one place by which every token on its way to a kernel passes.

A request is looked at before anything is done for it, so that what a kernel may not have costs no provider a
question; and the token that came of it once more, by the account and the scopes that it really has.
"""

from collections.abc import Iterable
from dataclasses import replace
from time import monotonic

from jupyter_auth.broker import accounts
from jupyter_auth.broker.broker import Broker
from jupyter_auth.broker.grants.held import Held
from jupyter_auth.broker.grants.wanted import Wanted, wanted
from jupyter_auth.broker.kernels import Kernels
from jupyter_auth.broker.request import Resolved
from jupyter_auth.cache.records import AccountRecord
from jupyter_auth.core.errors import InteractionRequiredError, KernelGrantRequiredError
from jupyter_auth.core.result import AuthenticationResult
from jupyter_auth.core.scopes import resource_scopes, union
from jupyter_auth.core.text import clean

Limit = frozenset[str] | None

#: What providers add of their own (OpenID Connect Core §5.4): it opens no resource.
OF_ID_TOKEN = frozenset({"email"})
PATH_KEPT = 5.0  # seconds for which it is not asked anew of which notebook a kernel is


class Gate:
    """What one connection of one kernel may have. Used on the broker's event loop."""

    def __init__(self, broker: Broker, kernels: Kernels, kernel_id: str) -> None:
        self._broker = broker
        self._grants = broker.grants
        self._kernels = kernels
        self._kernel_id = kernel_id
        self._notebook: str | None = None
        self._asked_on = float("-inf")
        self.once: list[Held] = []  # good for one token on this connection

    @property
    def is_closed(self) -> bool:
        """False where no kernel is held to anything. On the way of every hit."""
        return self._grants.is_closed

    @property
    def moves(self) -> bool:
        """True where what a kernel may have can change though nobody decides: a notebook is renamed."""
        return self._grants.are_by_notebook

    @property
    def may_ask(self) -> bool:
        """Whether a person can be asked for a grant."""
        return self._kernels.consent() == "asked"

    # -- before -----------------------------------------------------------------------------------

    def at_once(self, resolved: Resolved) -> Resolved | None:
        """The request within what is allowed, by what memory knows; None where it takes more."""
        if not self.is_closed:
            return resolved
        if self.once or (self._grants.are_by_notebook and monotonic() - self._asked_on > PATH_KEPT):
            return None
        try:
            return self._within(resolved, self._peeked(resolved))
        except KernelGrantRequiredError:
            return None

    async def before(self, resolved: Resolved) -> Resolved:
        """The request within what is allowed; raises ``KernelGrantRequiredError``."""
        if not self.is_closed:
            return resolved
        await self.look()
        return self._within(resolved, await self.account(resolved))

    async def look(self) -> None:
        """See of which notebook the kernel is now; raises ``TransportError`` where nobody can tell."""
        if self._grants.are_by_notebook:
            self._notebook = await self._kernels.path(self._kernel_id)
            self._asked_on = monotonic()

    def held(self) -> list[Held]:
        """What was decided about the kernel and its notebook."""
        return self._grants.of(self._kernel_id, self._notebook)

    async def account(self, resolved: Resolved) -> AccountRecord | None:
        """Whose token it would be; None where nobody is signed in, or where nobody can tell."""
        if resolved.app is not None:
            return None
        cache = await self._broker.start()
        try:
            return await self._broker.in_thread(lambda: accounts.find(cache, resolved))
        except InteractionRequiredError:
            return None

    def _peeked(self, resolved: Resolved) -> AccountRecord | None:
        cache = self._broker.cache
        known = cache.peek_accounts(resolved.client) if cache and resolved.app is None else None
        try:
            return accounts.choose(known, resolved) if known else None
        except InteractionRequiredError:
            return None

    def _within(self, resolved: Resolved, account: AccountRecord | None) -> Resolved:
        token = _of(wanted(resolved), account)
        limit, _ = self.decide(token)
        self.decide(self._grants.wider(token))
        if limit is None or resolved.request.within is None:
            limit = resolved.request.within if limit is None else limit
        else:
            limit &= resolved.request.within
        return replace(
            resolved,
            request=replace(resolved.request, within=limit),
            target=resolved.target._replace(within=limit),
        )

    # -- the token itself ---------------------------------------------------------------------------

    def check(self, found: AuthenticationResult, resolved: Resolved) -> None:
        """Refuse to hand out what the kernel may not have; raises ``KernelGrantRequiredError``. Every token
        comes by here."""
        data, fold = found._token, resolved.profile.folds_case
        account = data.account or {}
        asked = wanted(resolved)
        token = asked._replace(
            scopes=asked.scopes | (resource_scopes(data.scopes, fold=fold) - OF_ID_TOKEN),
            words=union(asked.words, data.scopes),
            account=account.get("home_account_id"),
            username=account.get("username"),
        )
        try:
            _, used = self.decide(token)
        except KernelGrantRequiredError:
            if resolved.target.within is not None and token.scopes > asked.scopes:
                narrow = asked._replace(account=token.account, username=token.username)
                self._grants.note_wider(narrow, token)
            raise
        if used is None:
            return
        if used.binds and token.account is not None:
            self._grants.bind(used, token)
        if used in self.once:
            self.once.remove(used)

    def sees(self, about: Wanted) -> bool:
        """Whether the kernel may know of that profile and account: it has a grant for some of it."""
        held = self.held()
        if any(one.refuses(about) for one in held) or about.access == "deny":
            return False
        open_to_all = about.access == "allow" or self._kernels.consent() == "given"
        return open_to_all or any(one.allows_for(about) for one in [*held, *self.once])

    def decide(self, token: Wanted) -> tuple[Limit, Held | None]:
        """What scopes a token may have at most, and the grant that goes with it: one that is for once, or for
        whoever comes first. Raises ``KernelGrantRequiredError``."""
        held = self.held()
        if any(one.refuses(token) for one in held):
            raise self._refused(token)
        if token.access == "deny":
            raise _denied(token)
        if token.access == "allow" or self._kernels.consent() == "given":
            some_are_refused = any(one.grant.decision == "deny" for one in held)
            return (token.scopes if some_are_refused else None), None
        allows = [one for one in held if one.allows_for(token)]
        binding = [one for one in allows if one.binds]
        once = [one for one in self.once if one.allows_for(token)]
        firm = [one for one in allows if not one.binds]
        for given, used in ((firm, None), (allows, binding), (once, once)):
            limit = _union(one.scopes(token) for one in given)
            if given and token.scopes <= limit:
                return limit, used[0] if used else None
        raise self._required(token)

    # -- errors -------------------------------------------------------------------------------------

    def _required(self, token: Wanted) -> KernelGrantRequiredError:
        scopes = " ".join(token.words)
        where = f"jupyter auth grants allow {self._kernel_id} {token.profile}"
        hint = f"Allow it in the Sign-ins panel, or with: {where}"
        if self._kernels.consent() == "unavailable":
            hint = "There is no Jupyter server here that could ask you. Use a notebook of a Jupyter server."
        return KernelGrantRequiredError(
            f"This kernel may not use {token.profile}{_as(token)} yet{f' for {scopes}' if scopes else ''}.",
            reason="grant_required",
            hint=hint,
            profile=token.profile,
            scopes=list(token.words),
        )

    def _refused(self, token: Wanted) -> KernelGrantRequiredError:
        return KernelGrantRequiredError(
            f"You have refused {token.profile}{_as(token)} to this kernel.",
            reason="grant_refused",
            hint="Take that back in the Sign-ins panel, or with: "
            f"jupyter auth grants revoke {self._kernel_id} {token.profile}",
            profile=token.profile,
            scopes=list(token.words),
        )


def _denied(token: Wanted) -> KernelGrantRequiredError:
    return KernelGrantRequiredError(
        f"Kernels may not use {token.profile} here.",
        reason="kernel_access_denied",
        hint='Its kernel_access is "deny". Whoever set that can change it.',
        profile=token.profile,
        scopes=list(token.words),
    )


def _as(token: Wanted) -> str:
    """Whom the kernel named; who else is signed in is not for it to know."""
    return f" as {clean(token.named)}" if token.named else ""


def _of(asked: Wanted, account: AccountRecord | None) -> Wanted:
    if account is None:
        return asked
    return asked._replace(account=account.home_account_id, username=account.username)


def _union(scopes: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*scopes)

"""What a person decides about a kernel without being asked: seen, set and taken back over REST."""

from collections.abc import Mapping
from typing import Any

from jupyter_auth.broker.accounts import matching
from jupyter_auth.broker.grants.book import grant_rows
from jupyter_auth.broker.grants.consents import no_notebook
from jupyter_auth.broker.grants.held import Held
from jupyter_auth.broker.grants.wanted import place_of
from jupyter_auth.broker.operations import Operations
from jupyter_auth.cache.records import AccountRecord
from jupyter_auth.core.errors import ProfileError
from jupyter_auth.core.grant import DECISIONS, REMEMBER, KernelGrant
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.scopes import parse_scopes, resource_scopes

Row = dict[str, Any]

_FIELDS = frozenset({"profile", "scopes", "account", "decision", "remember"})


class Deciding:
    """The grants of one broker's kernels, for people. Used on its event loop only."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._broker = operations.broker
        self._grants = operations.broker.grants

    async def rows(self, kernel_id: str) -> list[Row]:
        """What the kernel may use, and may not; its notebook's among them."""
        return grant_rows(self._grants.of(kernel_id, await self._notebook(kernel_id)))

    async def put(self, kernel_id: str, said: Mapping[str, Any]) -> list[Row]:
        """Set one grant, in the place of those for the same profile and account; then as ``rows``.

        Raises ``ProfileError`` for what is no grant.
        """
        held = await self._held(kernel_id, said)
        is_shared = held.grant.remember == "notebook"
        notebook = await self._notebook(kernel_id, is_needed=is_shared)
        if is_shared and notebook is None:
            raise no_notebook()
        await self._operations.consents.enter(held, notebook)
        return await self.rows(kernel_id)

    async def _held(self, kernel_id: str, said: Mapping[str, Any]) -> Held:
        if unknown := sorted(said.keys() - _FIELDS):
            raise _bad(f"There is no {unknown[0][:40]!r} in a grant.")
        decision, remember = said.get("decision", "allow"), said.get("remember", "kernel")
        if decision not in DECISIONS or remember not in REMEMBER[1:]:
            raise _bad(f"decision is {' or '.join(DECISIONS)}, remember {' or '.join(REMEMBER[1:])}.")
        name = said.get("profile")
        if not isinstance(name, str):
            raise _bad("profile must be the name of a profile.")
        profile, scopes = self._broker.configuration.profile(name), _scopes(said.get("scopes"))
        account = await self._account(profile, said.get("account"))
        grant = KernelGrant(
            kernel_id=kernel_id,
            profile=profile.name,
            scopes=scopes,
            account=account.home_account_id if account else None,
            decision=decision,
            remember=remember,
            granted_on=int(self._broker.clock.now()),
        )
        return Held(
            grant=grant,
            place=place_of(profile),
            own=resource_scopes(profile.scopes, fold=profile.folds_case),
            username=account.username or account.home_account_id if account else None,
        )

    async def revoke(self, kernel_id: str, profile: str | None) -> list[Row]:
        """Take back all, or what there is of one profile; then as ``rows``."""
        await self._operations.consents.revoke(kernel_id, await self._notebook(kernel_id), profile)
        return await self.rows(kernel_id)

    async def _notebook(self, kernel_id: str, *, is_needed: bool = False) -> str | None:
        """Its path, where that matters; raises ``TransportError`` where nobody can tell."""
        matters = is_needed or self._grants.are_by_notebook
        return await self._operations.kernels.path(kernel_id) if matters else None

    async def _account(self, profile: Profile, named: object) -> AccountRecord | None:
        """Who is named, by a username or a ``home_account_id``; None for anybody."""
        if named is None:
            return None
        cache, client = await self._broker.start(), place_of(profile).client
        known = await self._broker.in_thread(lambda: cache.known_accounts(client))
        found = matching(known, named) if isinstance(named, str) and named else []
        if len(found) != 1:
            raise ProfileError(
                f"Nobody of that name is signed in to {profile.name}, or several are.",
                reason="no_account",
                hint="Give a home_account_id of the REST resource accounts.",
            )
        return found[0]


def _scopes(value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, str | list):
        raise _bad("scopes must be a list of strings, or null for those of the profile.")
    try:
        scopes = parse_scopes(value)
    except ValueError as problem:
        raise ProfileError(f"{problem}.", reason="bad_scopes") from None
    if not scopes:
        raise _bad("scopes must name one at least, or be null for those of the profile.")
    return scopes


def _bad(message: str) -> ProfileError:
    return ProfileError(message, reason="bad_argument")

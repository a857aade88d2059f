"""What a kernel may know of accounts and tokens: of a profile that it has no grant for, nothing."""

from typing import Any

from jupyter_auth.broker.accounts import matching
from jupyter_auth.broker.broker import Broker
from jupyter_auth.broker.grants.book import grant_rows
from jupyter_auth.broker.grants.gate import Gate
from jupyter_auth.broker.grants.wanted import wanted
from jupyter_auth.broker.request import TokenRequest, resolve
from jupyter_auth.core.errors import AuthError, KernelGrantRequiredError

Row = dict[str, Any]


class Seen:
    """The view of one connection."""

    def __init__(self, broker: Broker, gate: Gate) -> None:
        self._broker = broker
        self._gate = gate

    async def rows(self, found: list[Row]) -> list[Row]:
        """Those that are of profiles and accounts that the kernel may use."""
        if not self._gate.is_closed:
            return found
        await self._gate.look()
        return [row for row in found if self._is_seen(row)]

    async def granted(self) -> list[Row]:
        """What was decided about the kernel and its notebook."""
        await self._gate.look()
        return grant_rows(self._gate.held())

    def _is_seen(self, row: Row) -> bool:
        profile = self._broker.configuration.profiles.get(str(row.get("profile")))
        if profile is None:
            return False  # nobody can tell what it was for
        try:
            about = wanted(resolve(TokenRequest(), profile))
        except AuthError:
            return False
        who, name = row.get("home_account_id") or None, row.get("username") or None
        kind = "account" if who else "app"
        return self._gate.sees(about._replace(account=who, username=name, kind=kind))  # type: ignore[arg-type]

    async def named(self, profile: str | None, account: str) -> str:
        """The account of that name among those that the kernel may use, by its id.

        Raises ``KernelGrantRequiredError`` where there is none, whoever else is signed in.
        """
        if not self._gate.is_closed:
            return account
        chosen = self._broker.configuration.profile(profile)
        cache, client = await self._broker.start(), resolve(TokenRequest(), chosen).client
        found = await self._broker.in_thread(lambda: cache.known_accounts(client))
        rows = await self.rows([record.account(chosen.name).to_wire() for record in found])
        ids = {row["home_account_id"] for row in rows}
        known = matching([record for record in found if record.home_account_id in ids], account)
        if len(known) == 1:
            return known[0].home_account_id
        raise KernelGrantRequiredError(
            f"This kernel may use no such account of {chosen.name}.",
            reason="grant_required",
            hint="Ask for a token of it first.",
            profile=chosen.name,
        )

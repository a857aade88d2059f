"""The verbs of a kernel for accounts. It sees those that it has a grant for, and may end all of them."""

from collections.abc import Callable, Coroutine
from typing import Any

from jupyter_auth.broker.arguments import text
from jupyter_auth.broker.broker import Broker
from jupyter_auth.broker.grants.seen import Seen
from jupyter_auth.core.errors import ProfileError

Message = dict[str, Any]


class AccountVerbs:
    """The verbs of one connection."""

    def __init__(self, broker: Broker, seen: Seen) -> None:
        self._broker = broker
        self._seen = seen
        self.table: dict[str, Callable[[Message], Coroutine[Any, Any, Message]]] = {
            "get_accounts": self._get_accounts,
            "switch_account": self._switch_account,
            "remove_account": self._remove_account,
            "sign_out": self._sign_out,
            "clear_cache": self._clear_cache,
        }

    async def _get_accounts(self, message: Message) -> Message:
        found = [account.to_wire() for account in await self._broker.accounts(text(message, "profile"))]
        return {"ok": True, "accounts": await self._seen.rows(found)}

    async def _switch_account(self, message: Message) -> Message:
        profile, wanted = text(message, "profile"), text(message, "account")
        if wanted is None:
            raise ProfileError("account must name who is to be used by default.", reason="bad_argument")
        account = await self._broker.switch_account(profile, await self._seen.named(profile, wanted))
        return {"ok": True, "account": account.to_wire()}

    async def _remove_account(self, message: Message) -> Message:
        named = text(message, "profile"), text(message, "account")
        return await self._reported(lambda: self._broker.remove_account(*named))

    async def _sign_out(self, message: Message) -> Message:
        named = text(message, "profile"), text(message, "account")
        return await self._reported(lambda: self._broker.sign_out(*named))

    async def _clear_cache(self, message: Message) -> Message:
        named, revoke = text(message, "profile"), message.get("revoke") is True
        return await self._reported(lambda: self._broker.clear(named, revoke=revoke))

    async def _reported(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> Message:
        """The report, without the accounts that the kernel may not know of: not even that they were there."""
        wire = (await work()).to_wire()
        return {"ok": True, "report": {**wire, "accounts": await self._seen.rows(wire["accounts"])}}

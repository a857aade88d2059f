"""How a token is got where the caller's own hit fails: by the broker silently, then maybe by a person."""

from __future__ import annotations

import asyncio
import os
import threading
from time import time
from typing import TYPE_CHECKING

from jupyter_auth.core.errors import InteractionRequiredError, KernelGrantRequiredError, ProfileError
from jupyter_auth.core.wire import result_from_wire
from jupyter_auth.kernel import memory
from jupyter_auth.kernel.client import client
from jupyter_auth.kernel.connection import part
from jupyter_auth.kernel.finding import has_server

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable
    from typing import Any, Literal

    from jupyter_auth.core.account import Account
    from jupyter_auth.core.result import AuthenticationResult
    from jupyter_auth.core.threads import DaemonThreads
    from jupyter_auth.kernel.waiting import Waiting

    Scopes = str | Iterable[str] | None
    Interactive = bool | Literal["auto"]

#: Arguments for which a token that is kept here will not do.
DEMANDS = frozenset({"force_refresh", "claims_challenge", "prompt", "acr_values", "max_age"})
WAKE = 0.25  # seconds: how soon the stop button is noticed while an ``await`` waits
THREADS = 64


class Asked:
    """A call of ``get_token``, checked: the frame of its request, and where L0 keeps the answer."""

    __slots__ = ("interactive", "keys", "request", "timeout")

    def __init__(
        self,
        op: str = "get_token",
        *,
        profile: str | None,
        scopes: Scopes,
        account: str | Account | None,
        tenant: str | None,
        interactive: Interactive = True,
        timeout: float | None,
        **more: Any,
    ) -> None:
        """Raises ``ProfileError`` for arguments of the wrong kind."""
        parsed, name = parsed_scopes(scopes), account_name(account)
        _check("profile", profile is None or isinstance(profile, str), "a profile's name")
        _check("interactive", interactive in (True, False, "auto"), "True, False or 'auto'")
        is_number = isinstance(timeout, int | float) and not isinstance(timeout, bool)
        _check("timeout", timeout is None or is_number, "a number of seconds")
        # in one normal form, and as the caller wrote it, for the next time
        self.keys: list[Hashable] = [(profile, parsed or None, name, tenant)]
        if scopes is None or isinstance(scopes, str | tuple):
            written = (profile, scopes, account, tenant)
            self.keys += [written] if written != self.keys[0] else []
        fields = {
            "profile": profile,
            "scopes": list(parsed) or None,
            "account": name,
            "tenant": tenant,
            **more,
        }
        self.request = {"op": op, **{key: value for key, value in fields.items() if value is not None}}
        self.interactive = interactive
        self.timeout = timeout

    def kept(self) -> AuthenticationResult | None:
        """The answer from this kernel's memory."""
        entry = memory.entries.get(self.keys[0])
        plain = not DEMANDS & self.request.keys()
        if entry and plain and entry[0] <= time() < entry[1] and entry[2] == memory.cells[0]:
            memory.hits[0] += 1
            return entry[3]
        return None

    def tell_what_is_held(self) -> None:
        """Say which token it is that will not do, so that another's newer one can be told from it."""
        have = memory.versions.get(self.keys[0])
        if have is not None and {"force_refresh", "claims_challenge"} & self.request.keys():
            self.request["have"] = have

    def may_ask(self) -> bool:
        """Whether a person may be asked; to be found out where the cell's own context is."""
        if self.request.get("prompt") == "none":
            return False
        if self.interactive != "auto":
            return bool(self.interactive)
        from jupyter_auth.kernel.asking import can_ask  # noqa: PLC0415 -- paid where a person is needed

        return can_ask()


def acquire(asked: Asked, may_ask: bool | None = None, wait: Waiting | None = None) -> AuthenticationResult:
    """Everything beyond a hit. ``may_ask`` is None where the cell's own context is: then it is found out once
    a person is needed. ``wait`` is what somebody may abort."""
    __tracebackhide__ = True
    kept = asked.kept()
    if kept is not None:
        return kept
    asked.tell_what_is_held()
    client.prepare()
    seen = memory.generation()
    try:
        found = result_from_wire(part(client.call(**asked.request, waiting=wait), "result", dict))
    except InteractionRequiredError as required:
        if required.reason == "ambiguous_account":
            raise
        if not (asked.may_ask() if may_ask is None else may_ask):
            from jupyter_auth.kernel.asking import nobody_to_ask  # noqa: PLC0415 -- paid by those who need one

            raise nobody_to_ask(required, has_server=has_server()) from None
    except KernelGrantRequiredError as required:
        may = asked.may_ask() if may_ask is None else may_ask
        if required.reason != "grant_required" or not may:
            raise
    else:
        memory.keep(asked.keys, found, seen)
        return found
    return ask(asked, wait)


def ask(asked: Asked, wait: Waiting | None = None) -> AuthenticationResult:
    """Ask a person. The answer is not kept here: whose it is was the person's choice, and whether it is the
    only one that the next call may mean, the broker knows."""
    from jupyter_auth.kernel.waiting import Waiting  # noqa: PLC0415 -- paid by those who wait for a person

    __tracebackhide__ = True
    found = (wait or Waiting()).run({**asked.request, "interactive": True}, asked.timeout)
    memory.note_version(asked.keys, found)
    return found


async def acquire_async(asked: Asked) -> AuthenticationResult:
    """``acquire`` in a thread. The event loop wakes up now and then, or it would not hear the stop button."""
    from jupyter_auth.kernel.waiting import Waiting  # noqa: PLC0415 -- asynchronous callers only

    may_ask, wait = asked.may_ask(), Waiting()
    work = in_thread(lambda: acquire(asked, may_ask, wait))
    try:
        while not work.done():
            await asyncio.wait([work], timeout=WAKE)
        return work.result()
    except BaseException:
        if not work.done():
            wait.abort()
            work.add_done_callback(lambda done: done.cancelled() or done.exception())
        raise


def in_thread(call: Callable[[], AuthenticationResult]) -> asyncio.Future[AuthenticationResult]:
    """What ``call`` gives, out of a thread of ours, in the caller's context."""
    from contextvars import copy_context  # noqa: PLC0415 -- asynchronous callers only

    context = copy_context()
    loop = asyncio.get_running_loop()
    return loop.run_in_executor(_threads(), lambda: context.run(call))


_pool: DaemonThreads | None = None
_lock = threading.Lock()


def _threads() -> DaemonThreads:
    """Threads of our own: those of asyncio are few, and belong to the notebook."""
    global _pool  # noqa: PLW0603 -- one a process
    with _lock:
        if _pool is None:
            from jupyter_auth.core.threads import DaemonThreads  # noqa: PLC0415

            _pool = DaemonThreads(THREADS, "jupyter_auth")
        return _pool


def _after_fork() -> None:
    global _pool, _lock
    _pool, _lock = None, threading.Lock()


os.register_at_fork(after_in_child=_after_fork)


# -- arguments ----------------------------------------------------------------------------------


def account_name(account: str | Account | None) -> str | None:
    """A username or ``home_account_id``; raises ``ProfileError``."""
    if account is None or isinstance(account, str):
        return account
    try:
        return account.home_account_id
    except AttributeError:
        hint = "Give a username, a home_account_id, or an Account of get_accounts()."
        raise ProfileError("account names nobody.", reason="bad_argument", hint=hint) from None


def parsed_scopes(scopes: Scopes) -> tuple[str, ...]:
    """The scopes by themselves, none for None; raises ``ProfileError``."""
    if scopes is None:
        return ()
    from jupyter_auth.core.scopes import parse_scopes  # noqa: PLC0415 -- most calls take the profile's own

    try:
        return parse_scopes(scopes)
    except (ValueError, TypeError) as problem:
        is_list = isinstance(problem, ValueError)
        told = problem if is_list else f"scopes must not be of type {type(scopes).__name__}"
        hint = "Give a list of scopes, or one text with spaces between them."
        raise ProfileError(f"{told}.", reason="bad_scopes", hint=hint) from None


def _check(name: str, is_right: bool, what: str) -> None:
    if not is_right:
        raise ProfileError(f"{name} must be {what}.", reason="bad_argument", hint=f"Correct {name}=.")

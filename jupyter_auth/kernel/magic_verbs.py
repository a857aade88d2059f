"""What ``%auth`` does."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from IPython.core.error import UsageError

from jupyter_auth import kernel
from jupyter_auth.core.errors import AuthError, InteractionRequiredError, ProfileError
from jupyter_auth.kernel import api


def run(args: Any) -> Any:
    """Do what the words of a line say."""
    __tracebackhide__ = True
    if args.verb not in VERBS:
        raise UsageError(f"%auth {args.verb}: no such verb; there are {', '.join(VERBS)}")
    _refuse_strays(args)
    return VERBS[args.verb](args)


def _refuse_strays(args: Any) -> None:
    """A word that a verb does not take must not be passed over: `%auth logout lake bob` means bob alone."""
    if args.scopes and args.verb not in {"login", "switch"}:
        stray = args.scopes[0]
        hint = f"; to sign one account out: %auth logout {args.profile} --account {stray}"
        raise UsageError(
            f"%auth {args.verb} takes one profile, not {stray!r} too{hint if args.verb == 'logout' else ''}"
        )
    if args.revoke and args.verb != "clear":
        raise UsageError(f"%auth {args.verb} takes no --revoke")
    if args.flow and args.verb != "login":
        raise UsageError(f"%auth {args.verb} takes no --flow")
    if args.account and args.verb not in {"login", "logout", "switch"}:
        raise UsageError(f"%auth {args.verb} takes no --account")


def _panel(args: Any) -> None:
    """The panel; where it cannot be one, the same as text."""
    __tracebackhide__ = True
    if args.profile:
        raise UsageError(f"%auth panel takes no profile; for one: %auth status {args.profile}")
    if kernel.make_panel is None:
        raise RuntimeError("nobody has set jupyter_auth.kernel.make_panel")
    try:
        shown = kernel.make_panel()
    except AuthError as problem:
        if problem.reason != "no_widgets":
            raise
        _status(args)
        print(f"Panel     {problem}")
        return
    import_module("IPython.display").display(shown)


def _login(args: Any) -> Any:
    __tracebackhide__ = True
    from jupyter_auth.kernel import interactive  # noqa: PLC0415 -- paid by those who sign in

    token = interactive.log_in(
        args.profile, scopes=tuple(args.scopes) or None, account=args.account, flow=args.flow
    )
    accounts = api.get_accounts(token.profile)
    if len(accounts) > 1 and not any(account.default for account in accounts):
        print(f"{len(accounts)} accounts are signed in to {token.profile} now, and none is used by default.")
        print(f"Choose one with: %auth switch {token.profile} ACCOUNT")
    return token


def _logout(args: Any) -> None:
    __tracebackhide__ = True
    print(api.sign_out(args.profile, account=args.account))


def _switch(args: Any) -> None:
    """A profile and an account; or a profile alone, of which the accounts are listed; or an account of the
    default profile."""
    __tracebackhide__ = True
    words = [word for word in (args.profile, *args.scopes, args.account) if word]
    if len(words) > 2:
        raise UsageError(f"%auth switch takes a profile and an account, not {words[2]!r} too")
    if len(words) == 2 or args.account:
        _use(words[-1], args.profile)
        return
    try:
        _list(args.profile)
    except ProfileError as unknown:
        if unknown.reason != "unknown_profile":
            raise
        try:
            _use(words[0], None)
        except InteractionRequiredError as nobody:
            if nobody.reason != "no_account":
                raise
            told = f"{unknown.message} {nobody.message} {nobody.hint}"
            raise UsageError(f"{words[0]!r} is neither a profile nor an account. {told}") from None


def _use(account: str, profile: str | None) -> None:
    __tracebackhide__ = True
    used = api.switch_account(profile, account=account)
    print(f"{used.username or used.home_account_id} · {used.profile} is used by default, in every notebook.")


def _list(profile: str | None) -> None:
    """Who may be chosen."""
    __tracebackhide__ = True
    accounts = api.get_accounts(profile)
    print("\n".join(map(_named, accounts)) or "Nobody is signed in.")
    if accounts:
        print("Use one by default with: %auth switch PROFILE ACCOUNT")


def _named(account: Any) -> str:
    name = f"{account.username or account.home_account_id} · {account.profile}"
    return f"{name} · used by default" if account.default else name


def _clear(args: Any) -> None:
    __tracebackhide__ = True
    print(api.clear_cache(args.profile, revoke=args.revoke))


def _status(args: Any) -> None:
    __tracebackhide__ = True
    state = api.status()
    broker, store, configuration = state["broker"], state["store"], state["configuration"]
    found = state["found"]
    if found["where"] == "server":
        print(f"Broker    in the Jupyter server (process {broker['pid']}), version {state['version']}")
        print(f"Found     {found['socket']} ({found['why']})")
        print(f"Process   {broker.get('process', 'of an older version')}")
        print(f"Callback  {broker.get('callback') or 'not known: answers are pasted'}")
    elif found["where"] == "agent":
        knows = "which knows callers by user and process only"
        print(f"Broker    in the agent (process {found['pid']}), {knows}, version {state['version']}")
        print(f"Found     {found['socket']} ({found['why']})")
        print(f"Process   {broker['process']}")
    else:
        print(f"Broker    in this Python process ({broker['pid']}), version {state['version']}")
        print(f"Why       {found['why']} So the refresh token is in this process, too.")
    if store["location"]:
        print(f"Store     {store['name']} {store['location']}, sealed with {store['key_source']}")
    else:
        print(f"Store     {store['name']}, gone when the broker stops")
    for line in store.get("key_sources", ()):
        print(f"Key       {line}")
    for heading, words in _counted(state.get("statistics")).items():
        print(f"{heading:<9} {words}")
    audit = state.get("audit", {}).get("problem")
    for note in [*store["notes"], *configuration["faults"], *([audit] if audit else [])]:
        print(f"Note      {note}")
    accounts = api.get_accounts(args.profile)
    if not accounts:
        print("Accounts  nobody is signed in")
    for account in accounts:
        print(f"Account   {_named(account)}")


def _counted(statistics: Any) -> dict[str, str]:
    """What the broker has counted; nothing where an older one counts nothing."""
    if not statistics:
        return {}
    from jupyter_auth.core.statistics import told  # noqa: PLC0415 -- paid by those who want to know

    return told(statistics)


VERBS = {
    "panel": _panel,
    "status": _status,
    "login": _login,
    "logout": _logout,
    "switch": _switch,
    "clear": _clear,
}

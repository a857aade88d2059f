"""``%get_token`` and ``%auth``. What reads their lines and does what they say is imported when they are used,
so that loading costs little. Their docstrings are their help: argparse takes long to make one.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_magic, magics_class

if TYPE_CHECKING:
    from types import ModuleType


def _lines() -> ModuleType:
    return import_module("jupyter_auth.kernel.magic_lines")


@magics_class
class AuthMagics(Magics):
    """The magics of jupyter_auth."""

    @line_magic
    def get_token(self, line: str) -> Any:
        """%get_token [OPTIONS] [PROFILE] [SCOPE ...]

        Get an access token: silently if possible, else by a prompt below the cell.

        Use it as `tok = %get_token PROFILE [SCOPE ...]`, then `tok.headers()` in a request.

        PROFILE            profile to get a token for; the default one if left out
        SCOPE              scopes to ask for; the profile's own if left out

        --account ACCOUNT  username or home_account_id, where several accounts are signed in
        --tenant TENANT    Entra: the tenant to ask, by its domain or id, in place of the profile's
        --force-refresh    get a new token although a good one is cached
        --no-prompt        never ask a person; fail instead
        --timeout SECONDS  how long to wait for a person
        --login-hint NAME  account to propose at the sign-in page
        --flow FLOW        how to sign in: authorization_code or device_code; the best here if left out
        """
        __tracebackhide__ = True
        args = _lines().parsed("get_token", line)
        return import_module("jupyter_auth.kernel.api").get_token(
            args.profile,
            scopes=tuple(args.scopes) or None,
            account=args.account,
            interactive=False if args.no_prompt else "auto",
            force_refresh=args.force_refresh,
            timeout=args.timeout,
            login_hint=args.login_hint,
            flow=args.flow,
            tenant=args.tenant,
        )

    @line_magic
    def auth(self, line: str) -> Any:
        """%auth [OPTIONS] [VERB] [PROFILE] [SCOPE ...]

        Sign-ins: `%auth` alone shows a panel; `%auth status`, `%auth login PROFILE`,
        `%auth logout [PROFILE]`, `%auth clear`, and `%auth switch [PROFILE] ACCOUNT` to use an account by
        default.

        VERB               panel, status, login, logout, switch or clear
        PROFILE            profile; all of them if left out (login, switch: the default one)
        SCOPE              login: scopes to ask for; switch: the account

        --account ACCOUNT  the account to sign out (logout), to sign in (login), to use (switch)
        --flow FLOW        login: authorization_code or device_code; the best here if left out
        --revoke           clear: revoke at the providers, too
        """
        __tracebackhide__ = True
        args = _lines().parsed("auth", line)
        return import_module("jupyter_auth.kernel.magic_verbs").run(args)

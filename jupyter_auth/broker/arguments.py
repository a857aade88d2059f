"""What a kernel's frame may say: arguments by verb, each of its kind."""

from typing import Any

from jupyter_auth.broker.apps import app_verbs
from jupyter_auth.broker.request import TokenRequest
from jupyter_auth.core.errors import ProfileError

Message = dict[str, Any]

MAX_WAIT = 30.0  # seconds for one ``wait``; the kernel asks again
MAX_COUNT = 2**40

#: ``timeout`` is for whoever waits, and may be sent along with the other arguments of ``get_token``.
_TOKEN = frozenset(TokenRequest.__slots__) - {"within"} | {"interactive", "timeout"}
_ARGUMENTS: dict[str, frozenset[str]] = {
    "get_token": _TOKEN,
    "acquire_token_silent": _TOKEN,
    "acquire_token_by_device_flow": _TOKEN,
    "acquire_token_interactive": _TOKEN,
    "wait": frozenset({"id", "timeout"}),
    "answer": frozenset({"id", "url", "flow"}),
    "get_accounts": frozenset({"profile"}),
    "switch_account": frozenset({"profile", "account"}),
    "remove_account": frozenset({"profile", "account"}),
    "sign_out": frozenset({"profile", "account"}),
    "clear_cache": frozenset({"profile", "revoke"}),
    "status": frozenset(),
    "list": frozenset({"resource", "start"}),
    "watch": frozenset({"seen", "timeout"}),
    "cancel": frozenset({"id"}),
    "count_hits": frozenset({"count"}),
    **app_verbs.ARGUMENTS,
}


def refuse_unknown(op: str, message: Message) -> None:
    """An argument of a newer client may be a condition: it must not be passed over."""
    unknown = message.keys() - _ARGUMENTS.get(op, message.keys()) - {"op"}
    if unknown:
        named = ", ".join(repr(name[:40]) for name in sorted(unknown)[:3])
        raise ProfileError(
            f"This broker's {op} takes no {named}.",
            reason="unknown_argument",
            hint="A newer client may need a newer server.",
        )


def seconds(message: Message) -> float:
    """``timeout``, within what is waited for at once."""
    timeout = message.get("timeout")
    return float(max(0, min(timeout, MAX_WAIT))) if isinstance(timeout, int | float) else MAX_WAIT


def text(message: Message, name: str) -> str | None:
    """A name that may be left out. Raises ``ProfileError``."""
    value = message.get(name)
    if value is not None and (not isinstance(value, str) or not 0 < len(value) <= 320):
        raise ProfileError(f"{name} must be text.", reason="bad_argument")
    return value


def count(message: Message) -> int:
    """``count``, a number of things that have happened. Raises ``ProfileError``."""
    value = message.get("count")
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_COUNT:
        raise ProfileError("count must be a number.", reason="bad_argument")
    return value


def wanted(message: Message) -> dict[str, Any]:
    """``profile`` and ``scopes`` as far as they are text, for the record of a refusal: whatever was sent."""
    profile, scopes = message.get("profile"), message.get("scopes")
    if isinstance(scopes, str):
        scopes = scopes.split()
    said = [scope for scope in scopes if isinstance(scope, str)] if isinstance(scopes, list) else []
    return {"profile": profile if isinstance(profile, str) else None, "scopes": said}

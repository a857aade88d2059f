"""What the tests ask of an engine, by name, and the secrets they ask it with."""

import gc
from collections.abc import Callable
from types import FrameType, FunctionType, ModuleType, TracebackType
from typing import Any

from jupyter_auth.core.secret import Secret
from jupyter_auth.providers.oidc import OidcEngine

SCOPES = ("openid", "offline_access", "lake.read")
DEVICE_CODE = Secret("CANARY-device-code")
REFRESH_TOKEN = Secret("CANARY-refresh-token")
ASSERTION = Secret("CANARY-assertion")

#: name: (the endpoint that is asked last, the call)
CALLS: dict[str, tuple[str, Callable[[OidcEngine], Any]]] = {
    "discover": ("discovery", lambda engine: engine.discover()),
    "keys": ("jwks", lambda engine: engine.start_device(SCOPES, (), {})),
    "start": ("device_authorization", lambda engine: engine.start_device(SCOPES, (), {})),
    "poll": ("token", lambda engine: engine.poll_device(DEVICE_CODE)),
    "refresh": ("token", lambda engine: engine.refresh(REFRESH_TOKEN, SCOPES, {})),
    "exchange": ("token", lambda engine: engine.exchange(ASSERTION, SCOPES, (), {})),
}
TOKEN_CALLS = ("poll", "refresh", "exchange")

_NOT_HELD = (TracebackType, FrameType, ModuleType, FunctionType, type)


def texts_in(problem: BaseException) -> list[str]:
    """Every string that can be reached from an exception: message, arguments, fields, cause, context."""
    found: list[str] = [str(problem), repr(problem)]
    seen: set[int] = set()
    left: list[Any] = [problem]
    while left:
        thing = left.pop()
        if id(thing) in seen or isinstance(thing, _NOT_HELD):
            continue
        seen.add(id(thing))
        if isinstance(thing, str):
            found.append(thing)
        elif isinstance(thing, bytes | bytearray):
            found.append(bytes(thing).decode("latin-1"))
        left.extend(gc.get_referents(thing))
        if isinstance(thing, BaseException):  # they hold their own fields where gc does not look
            left += [thing.__cause__, thing.__context__, thing.args, vars(thing)]
    return found


def assert_no_canary(problem: BaseException, *more: str) -> None:
    """No secret of the tests is to be found in the exception or in what it is chained to."""
    for text in texts_in(problem):
        assert not any(secret in text for secret in ("CANARY", *more)), text

"""What the panel's page asks, answered by the broker: the REST resources' shapes, over the kernel's own line.

Each question has a connection of its own, so that a slow one keeps no cell and no other question waiting.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, unquote

from jupyter_auth.core.errors import AuthError, ProfileError, error_to_wire
from jupyter_auth.core.faults import where
from jupyter_auth.kernel import memory
from jupyter_auth.kernel.connection import Connection, part
from jupyter_auth.kernel.finding import connect
from jupyter_auth.kernel.in_process import InProcess

log = logging.getLogger(__name__)

Body = Mapping[str, Any]
Row = dict[str, Any]


@contextmanager
def line() -> Iterator[Connection | InProcess]:
    """A connection to the broker, for one question. Raises ``AuthError``."""
    connection = connect()
    try:
        yield connection
    finally:
        connection.close()


def read(connection: Connection | InProcess, resource: str) -> Any:
    """A resource as REST gives it: ``status``, or all rows of a list."""
    if resource == "status":
        return part(connection.call({"op": "status"}), "status", dict)
    rows: list[Row] = []
    start: int | None = 0
    while start is not None:
        answer = connection.call({"op": "list", "resource": resource, "start": start})
        rows += part(answer, "rows", list)
        start = answer.get("next") if isinstance(answer.get("next"), int) else None
    return rows


class Answers:
    """Answers questions of the form of REST requests. From any thread; each may take a while."""

    def __init__(self, sign_in: Callable[[Body], Row]) -> None:
        self._sign_in = sign_in

    def answer(self, method: str, path: str, body: Body) -> tuple[int, Any]:
        """Status and JSON value, as the REST resource ``path`` would answer. Raises nothing."""
        try:
            return 200, self._answer(method, path, body)
        except AuthError as problem:
            return problem.http_status, error_to_wire(problem)
        except Exception as problem:  # noqa: BLE001 -- a fault of ours is told, and harms no cell
            log.error("The panel could not be answered: %s", where(problem))
            return 500, error_to_wire(AuthError("The panel failed.", hint="The kernel's log says where."))

    def _answer(self, method: str, path: str, body: Body) -> Any:
        resource, _, name = path.partition("/")
        match method, resource, bool(name):
            case "GET", _, False:
                with line() as connection:
                    return read(connection, resource)
            case "POST", "interactions", False:
                return self._sign_in(body)
            case "POST", "interactions", True:
                said = {key: body.get(key) for key in ("url", "flow")}
                return _called("interaction", op="answer", id=unquote(name), **said)
            case "DELETE", "interactions", True:
                return _called("interaction", op="cancel", id=unquote(name))
            case "DELETE", "accounts", True:
                return _ended(op="sign_out", account=unquote(name), profile=body.get("profile"))
            case "PUT", "accounts", True:
                account, _, query = name.partition("?")
                named = dict(parse_qsl(query)).get("profile")
                return [_called("account", op="switch_account", account=unquote(account), profile=named)]
            case "DELETE", "cache", False:
                return _ended(op="clear_cache", revoke=body.get("revoke") is True)
        raise ProfileError("The panel asks for what there is not.", reason="unknown_resource")


def _ended(**message: Any) -> Any:
    memory.forget()  # first, whatever becomes of the rest
    return _called("report", **message)


def _called(name: str, **message: Any) -> Any:
    with line() as connection:
        said = {key: value for key, value in message.items() if value is not None}
        return part(connection.call(said), name, dict)

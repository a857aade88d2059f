"""Somebody who answers whatever waits for a person, while a block runs."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any, Self

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import OidcProvider
from tests.idp.entra import EntraProvider

INTERACTIONS = "jupyter_auth/v1/interactions"


class Person:
    """A thread that looks every tenth of a second, and answers once."""

    def __init__(
        self, server: JupyterProcess, provider: OidcProvider, entra: EntraProvider, username: str
    ) -> None:
        self._server, self._provider, self._entra, self._username = server, provider, entra, username
        self._gone = threading.Event()
        self._answered: set[str] = set()
        self._problem: Exception | None = None
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gone.set()
        self._thread.join()
        if self._problem:
            raise self._problem

    def _look(self) -> None:
        while not self._gone.wait(0.1):
            try:
                for waiting in self._server.get(INTERACTIONS).json():
                    if waiting["state"] == "pending" and waiting["id"] not in self._answered:
                        self._try_to_answer(waiting)
            except Exception as problem:  # noqa: BLE001 -- told at the end, to whoever runs the block
                self._problem = problem
                return

    def _try_to_answer(self, waiting: dict[str, Any]) -> None:
        """What ended meanwhile, since the block wanted it so, could not be answered."""
        try:
            self._answer(waiting)
        except Exception:
            found = self._server.get(f"{INTERACTIONS}/{waiting['id']}").json()
            if found.get("state") == "pending":
                raise

    def _answer(self, waiting: dict[str, Any]) -> None:
        address = waiting.get("verification_uri") or waiting.get("authorization_uri") or ""
        entra = address.startswith(self._entra.issuer)
        if waiting["flow"] == "consent":
            self._post(waiting, {"decision": "allow", "remember": "kernel"})
        elif waiting.get("user_code"):
            if entra:
                self._entra.approve(waiting["user_code"], address, self._username)
            else:
                self._provider.approve(waiting["user_code"], self._username)
        elif address:
            at = self._entra.sign_in_until(address, self._server.url, self._username) if entra else ""
            self._post(waiting, {"url": at or self._provider.sign_in(address, self._username)})
        else:
            return  # the provider has not answered yet
        self._answered.add(waiting["id"])

    def _post(self, waiting: dict[str, Any], body: dict[str, str]) -> None:
        self._server.post(f"{INTERACTIONS}/{waiting['id']}", body).raise_for_status()

"""The clients, one like the other: what a kernel under test imports, to send requests with real libraries.

A driver's ``subject`` is what jupyter_auth made, and what is pickled; ``send`` gives the answer's status.
"""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import Any, ClassVar, cast

import jupyter_auth as ja

TIMEOUT = 50  # seconds: a person may have to be asked


class Driver(ABC):
    """One client."""

    name: ClassVar[str]
    is_async: ClassVar[bool] = False

    def __init__(self, subject: Any) -> None:
        self.subject = subject

    @classmethod
    @abstractmethod
    def made(cls, *what: Any, **options: Any) -> Any:
        """The subject: what jupyter_auth makes for the client."""

    @abstractmethod
    def send(self, url: str, body: bytes | None = None) -> int:
        """GET ``url``, or POST ``body`` to it, following redirects."""


class AsyncDriver(Driver):
    """One on an event loop; ``send`` runs it on a loop of its own."""

    is_async = True

    def send(self, url: str, body: bytes | None = None) -> int:
        return int(elsewhere(self.asend(url, body)))

    @abstractmethod
    async def asend(self, url: str, body: bytes | None = None) -> int:
        """``send`` on the running loop."""


def elsewhere(work: Coroutine[Any, Any, Any]) -> Any:
    """What comes of ``work`` on an event loop in another thread: a kernel's own is running."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append(asyncio.run(work))
        except BaseException as problem:  # noqa: BLE001 -- raised again where it is awaited
            outcome.append(problem)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]


class Requests(Driver):
    name = "requests"

    @classmethod
    def made(cls, *what: Any, **options: Any) -> Any:
        return ja.BearerAuth(*what, **options)

    def send(self, url: str, body: bytes | Iterator[bytes] | None = None) -> int:
        import requests

        return requests.request(method(body), url, data=body, auth=self.subject, timeout=TIMEOUT).status_code

    def stream(self, url: str) -> int:
        return self.send(url, iter([b"a", b"b"]))


class Httpx(Driver):
    name = "httpx"

    @classmethod
    def made(cls, *what: Any, **options: Any) -> Any:
        return ja.httpx_auth(*what, **options)

    def send(self, url: str, body: bytes | Iterator[bytes] | None = None) -> int:
        import httpx

        with httpx.Client(auth=self.subject, follow_redirects=True, timeout=TIMEOUT) as client:
            return client.request(method(body), url, content=body).status_code

    def stream(self, url: str) -> int:
        return self.send(url, iter([b"a", b"b"]))


class HttpxAsync(AsyncDriver):
    name = "httpx, async"

    @classmethod
    def made(cls, *what: Any, **options: Any) -> Any:
        return ja.httpx_auth(*what, **options)

    async def asend(self, url: str, body: bytes | AsyncIterator[bytes] | None = None) -> int:
        import httpx

        async with httpx.AsyncClient(auth=self.subject, follow_redirects=True, timeout=TIMEOUT) as client:
            return (await client.request(method(body), url, content=body)).status_code

    def stream(self, url: str) -> int:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"a"
            yield b"b"

        return int(elsewhere(self.asend(url, chunks())))


class AzureCore(Driver):
    name = "azure-core"

    @classmethod
    def made(cls, *what: Any, **options: Any) -> Any:
        return ja.azure_credential(*what, **options)

    def __init__(self, subject: Any) -> None:
        from azure.core import PipelineClient
        from azure.core.configuration import Configuration
        from azure.core.pipeline import policies

        super().__init__(subject)
        configuration: Any = Configuration()
        configuration.authentication_policy = policies.BearerTokenCredentialPolicy(subject, *SCOPES)
        configuration.redirect_policy = policies.RedirectPolicy()
        self._client: Any = PipelineClient("https://127.0.0.1", config=configuration)

    def send(self, url: str, body: bytes | None = None) -> int:
        from azure.core.rest import HttpRequest

        return int(self._client.send_request(HttpRequest(method(body), url, content=body)).status_code)


class AzureCoreAsync(AsyncDriver):
    name = "azure-core, async"

    @classmethod
    def made(cls, *what: Any, **options: Any) -> Any:
        return ja.azure_credential_async(*what, **options)

    def __init__(self, subject: Any) -> None:
        from azure.core.pipeline import policies

        super().__init__(subject)
        self._policy = policies.AsyncBearerTokenCredentialPolicy(subject, *SCOPES)

    async def asend(self, url: str, body: bytes | None = None) -> int:
        from azure.core import AsyncPipelineClient
        from azure.core.configuration import Configuration
        from azure.core.pipeline import policies
        from azure.core.rest import HttpRequest

        configuration: Any = Configuration()
        configuration.authentication_policy = self._policy
        configuration.redirect_policy = policies.AsyncRedirectPolicy()
        self._policy._lock_instance = None  # of the loop that ran last
        async with AsyncPipelineClient("https://127.0.0.1", config=configuration) as client:
            response: Any = await client.send_request(HttpRequest(method(body), url, content=body))
            return int(response.status_code)


class Google(Driver):
    name = "google-auth"

    @classmethod
    def made(cls, *what: Any, **options: Any) -> Any:
        return ja.google_credentials(*what, **options)

    def __init__(self, subject: Any) -> None:
        from google.auth.transport.requests import AuthorizedSession

        super().__init__(subject)
        self._session: Any = cast(Any, AuthorizedSession)(subject, max_refresh_attempts=1)

    def send(self, url: str, body: bytes | None = None) -> int:
        return int(self._session.request(method(body), url, data=body, timeout=TIMEOUT).status_code)


class GoogleAsync(AsyncDriver):
    name = "google-auth, async"

    @classmethod
    def made(cls, *what: Any, **options: Any) -> Any:
        return ja.google_credentials_async(*what, **options)

    async def asend(self, url: str, body: bytes | None = None) -> int:
        from google.auth.aio.transport.sessions import AsyncAuthorizedSession

        session = AsyncAuthorizedSession(self.subject)
        try:
            return int((await session.request(method(body), url, data=body)).status_code)
        finally:
            await session.close()


class Fsspec(AsyncDriver):
    """fsspec's own way for those who write no asynchronous code: it has an event loop in a thread."""

    name = "fsspec"

    @classmethod
    def made(cls, *what: Any, **options: Any) -> Any:
        return ja.storage_options(*what, **options)

    def send(self, url: str, body: bytes | None = None) -> int:
        import aiohttp
        import fsspec

        files = fsspec.filesystem("https", skip_instance_cache=True, **self.subject)
        try:
            files.cat_file(url) if body is None else files.pipe_file(url, body)
        except aiohttp.ClientResponseError as refused:
            return refused.status
        return 200

    async def asend(self, url: str, body: bytes | None = None) -> int:
        import aiohttp
        import fsspec

        files = fsspec.filesystem("https", asynchronous=True, skip_instance_cache=True, **self.subject)
        session = await files.set_session()
        try:
            await (files._cat_file(url) if body is None else files._pipe_file(url, body))
        except aiohttp.ClientResponseError as refused:
            return refused.status
        finally:
            await session.close()
        return 200


#: What azure-core is told to ask for.
SCOPES = ("openid", "profile", "offline_access", "lake.read")
DRIVERS: dict[str, type[Driver]] = {
    kind.name: kind
    for kind in (
        Requests,
        Httpx,
        HttpxAsync,
        AzureCore,
        AzureCoreAsync,
        Google,
        GoogleAsync,
        Fsspec,
    )
}


def method(body: object) -> str:
    return "GET" if body is None else "POST"

"""HTTP to a provider: bounded in time and size, never redirected, deaf to the environment's switches."""

import email.utils
import http.client
import io
import json
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.request import getproxies

import requests
from requests.adapters import HTTPAdapter
from requests.utils import should_bypass_proxies
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)

from jupyter_auth.core.urls import checked_split, host_of, is_loopback
from jupyter_auth.providers.failures import BodyTooLargeError, CaBundleError, failure_of

MAX_BODY = 1024 * 1024  # bytes after decompression
#: Commas and brackets in JSON. A parser holds the interpreter, and with it the event loop: for 200 ms with
#: 87 000 empty lists, a quarter of a body, and the garbage collections that they caused.
MAX_PARTS = 20_000
CONNECT_TIMEOUT = 10.0  # seconds
TOTAL_TIMEOUT = 30.0  # seconds from connecting to the last byte
MAX_RETRY_AFTER = 3600.0  # seconds
_CHUNK = 16 * 1024
#: How a body may be packed. Others depend on what is installed beside, and have limits of their own.
_CODINGS = frozenset({"gzip", "x-gzip", "deflate", "identity", ""})


class _TimedSocket(io.RawIOBase):
    """Reads a socket until a moment: a timeout of each single read would let a slow drip go on for ever."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._end = time.monotonic() + (sock.gettimeout() or TOTAL_TIMEOUT)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the whole answer took too long")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)  # type: ignore[no-any-return]

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """Status line, headers and body, all before what the socket's timeout says when reading begins."""

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_TimedSocket(sock))


class _Http(HTTPConnection):
    response_class = _TimedResponse

    def _new_conn(self) -> socket.socket:
        """All addresses of a name have the time of one; urllib3 gives it to each of them."""
        name, limit = self._dns_host, self.timeout
        end = time.monotonic() + (limit or CONNECT_TIMEOUT)
        try:
            found = [entry[4][0] for entry in socket.getaddrinfo(name, self.port, type=socket.SOCK_STREAM)]
        except socket.gaierror as unknown:
            raise NameResolutionError(name, self, unknown) from unknown
        problem: HTTPError = ConnectTimeoutError("no address answered in time")
        try:
            for self.host in map(str, found):
                self.timeout = end - time.monotonic()
                if self.timeout <= 0:
                    break
                try:
                    return super()._new_conn()
                except (ConnectTimeoutError, NewConnectionError) as failed:
                    problem = failed
        finally:
            self.host, self.timeout = name, limit
        raise problem


def _context() -> ssl.SSLContext:
    """For one connection. urllib3's own would write the connection's keys into SSLKEYLOGFILE, which opens all
    that was sent to whoever has recorded it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    return context


class _Https(_Http, HTTPSConnection):
    """The same with TLS."""

    def connect(self) -> None:
        """With a context of its own, and another for the way to a proxy that speaks TLS itself."""
        self.ssl_context = _context()
        if self.proxy_config is not None and self.proxy is not None and self.proxy.scheme == "https":
            to_proxy = _context()
            to_proxy.load_verify_locations(self.ca_certs, self.ca_cert_dir)
            self.proxy_config = self.proxy_config._replace(ssl_context=to_proxy)
        super().connect()


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class LimitedAdapter(HTTPAdapter):
    """Reads the whole body itself, within ``MAX_BODY`` bytes and ``TOTAL_TIMEOUT`` seconds."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> PoolManager:
        manager: PoolManager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self.poolmanager.pool_classes_by_scheme
        return manager

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        if isinstance(verify, str) and not (Path(verify).is_file() or Path(verify).is_dir()):
            raise CaBundleError(verify)  # a pipe is there, but who reads it may wait for ever
        try:
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]
        except OSError as problem:
            raise CaBundleError(str(problem)) from None

    def send(self, request: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """Send as ``requests`` does, then read within the limits."""
        kwargs.update(stream=True, timeout=Timeout(connect=CONNECT_TIMEOUT, total=TOTAL_TIMEOUT))
        response = super().send(request, *args, **kwargs)
        body = bytearray()
        try:
            codings = response.headers.get("Content-Encoding", "").lower().split(",")
            if not {coding.strip() for coding in codings} <= _CODINGS:
                raise requests.exceptions.ContentDecodingError("packed in a way that was not asked for")
            while chunk := response.raw.read1(_CHUNK, decode_content=True):
                body += chunk
                if len(body) > MAX_BODY:
                    raise BodyTooLargeError(f"more than {MAX_BODY} bytes")
        except ReadTimeoutError:
            raise requests.ReadTimeout("the whole answer took too long") from None
        finally:
            response.raw.close()
        response._content = bytes(body)
        response._content_consumed = True  # type: ignore[attr-defined]
        return response


class ProviderSession(requests.Session):
    """A session for one provider. ``trust_env`` is off, so that no variable can turn verification off
    or add credentials from ~/.netrc; the proxies of the environment (and NO_PROXY) are still honoured.

    Nothing passes from one request to the next: no cookie, which could mix two people's sign-ins, and no
    connection, which may have died while a refresh token that serves only once is sent over it.
    ``direct``: no proxy at all, for what is asked on the machine itself.
    """

    def __init__(
        self, *, ca_bundle: str = "", proxies: Mapping[str, str] | None = None, direct: bool = False
    ) -> None:
        super().__init__()
        self.trust_env = False
        self.verify = str(Path(ca_bundle).expanduser()) if ca_bundle else True
        self._own_proxies = dict(proxies or {})
        self._direct = direct
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers.update(
            {"Accept-Encoding": "gzip, deflate", "User-Agent": "jupyter-token-broker", "Connection": "close"}
        )
        adapter = LimitedAdapter()
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """A request without redirects, through the right proxy."""
        kwargs.update(allow_redirects=False, proxies=self.proxies_for(str(url)))
        return super().request(method, url, *args, **kwargs)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """No redirect is looked at, let alone followed."""

    def proxies_for(self, url: str) -> dict[str, str]:
        """The proxies by which ``url`` is reached, by scheme; none where it is reached directly."""
        parts = checked_split(url)
        if (
            self._direct
            or parts is None
            or is_loopback(parts.hostname)
            or should_bypass_proxies(url, no_proxy=None)
        ):
            return {}
        return self._own_proxies or getproxies()


def fetch(issuer: str, send: Callable[[], requests.Response]) -> requests.Response:
    """The answer that ``send`` gets; what ``requests`` raises becomes one of our errors.

    That is raised outside the handler: as cause or context it would hold the request with its secrets.
    """
    try:
        return send()
    except (OSError, HTTPError, UnicodeError) as problem:  # RequestException is an OSError
        failure = failure_of(problem, host_of(issuer) or "The provider")
    raise failure


def json_object(response: requests.Response) -> dict[str, Any] | None:
    """The JSON object of an answer, or None where it is something else, or of more than ``MAX_PARTS``.

    ``response.json`` would first guess at the encoding of what is no UTF-8.
    """
    if sum(map(response.content.count, (b",", b"[", b"{"))) > MAX_PARTS:
        return None
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def retry_after(response: requests.Response, now: float) -> float | None:
    """Seconds of ``Retry-After`` (RFC 9110 §10.2.3: a number or a date), at most an hour."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdecimal():
        return min(float(value), MAX_RETRY_AFTER)
    try:
        when = email.utils.parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(max(0.0, when - now), MAX_RETRY_AFTER)

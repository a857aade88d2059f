"""The file that says where Redis is and how to get in. Its text is a secret: it is told to nobody.

The URL is redis-py's: ``rediss://user:password@host:6380/0?ssl_ca_certs=/etc/ssl/ca.pem``,
``unix://user:password@/run/redis.sock?db=0``, or ``redis://`` to this machine's own loopback address.
"""

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis.connection import SSLConnection, UnixDomainSocketConnection, parse_url

from jupyter_auth.cache import places
from jupyter_auth.core.errors import CacheError
from jupyter_auth.core.known import note

CONNECT_TIMEOUT = 2.0  # seconds
TIMEOUT = 2.0  # seconds for one command
_LIMIT = 4096  # bytes of the file

#: What a URL may say. Timeouts are ours, and a certificate that is not checked is no certificate.
_ALLOWED = frozenset(
    {"connection_class", "db", "host", "password", "path", "port", "username"}
    | {"ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisPlace:
    """A Redis, and how to get in. ``way`` is what people may be told: never the URL, or a part of it."""

    file: Path
    way: str
    options: dict[str, Any] = field(repr=False, hash=False)


def read_url(file: Path) -> RedisPlace:
    """Read the URL in ``file``. Raises ``NoSafeStoreError`` where others may read the file, and
    ``CacheError`` where it is missing or its URL is not safe; neither quotes it."""
    try:
        text = places.read_private(file, _LIMIT, mend=False).decode("utf-8").strip()
        note(text)
        options: dict[str, Any] = parse_url(text)  # type: ignore[no-untyped-call]
    except FileNotFoundError:
        raise _wrong(file, "it is missing") from None
    except ValueError:  # its text may be in the error's
        raise _wrong(file, "it holds no URL of redis://, rediss:// or unix://") from None
    note(str(options.get("password", "")))
    unknown = sorted(name for name in options if name not in _ALLOWED)
    if unknown:
        raise _wrong(file, f"the URL has options that may not be set there ({len(unknown)} of them)")
    return RedisPlace(file=file, way=_way(file, options), options=options | _secured(options))


def _way(file: Path, options: dict[str, Any]) -> str:
    kind = options.get("connection_class")
    if kind is UnixDomainSocketConnection:
        if not options.get("path"):
            raise _wrong(file, "the URL names no socket")
        return "unix socket"
    if kind is SSLConnection:
        return "TLS"
    if not _is_loopback(options.get("host", "localhost")):
        raise _wrong(file, "redis:// sends everything in the clear, and its host is not this machine")
    return "loopback"


def _secured(options: dict[str, Any]) -> dict[str, Any]:
    """What a URL cannot change."""
    more: dict[str, Any] = {"socket_timeout": TIMEOUT, "socket_connect_timeout": CONNECT_TIMEOUT}
    if options.get("connection_class") is SSLConnection:
        more |= {"ssl_cert_reqs": "required", "ssl_check_hostname": True}
    return more


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _wrong(file: Path, why: str) -> CacheError:
    return CacheError(
        f"{file} cannot be used as redis_url_file: {why}.",
        reason="redis_url",
        hint="Write one line into it, such as rediss://user:password@host:6380/0?ssl_ca_certs=/ca.pem, "
        "and close the file to others (mode 0600).",
    )

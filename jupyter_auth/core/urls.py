"""Which addresses may be shown as links, and which may be called."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

_MAX_URL = 2048
# RFC 3986 §3.2 without user part and percent-encoding, which clients read differently
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]*)?")
# what browsers read as an IPv4 address, in whatever way it is written (WHATWG URL, "ends in a number")
_NUMBER = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)\.?")


def is_loopback(host: str | None) -> bool:
    """True for ``localhost`` and the loopback addresses, written plainly (RFC 8252 §8.3)."""
    if not host:
        return False
    if host == "localhost":
        return True
    address = _address(host)
    return address is not None and address.is_loopback and getattr(address, "ipv4_mapped", None) is None


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_plain(host: str) -> bool:
    """True for a name, and for an address written as every client reads it: no octal, hexadecimal or short
    form, such as ``0x7f.1`` and ``2130706433``."""
    return _address(host) is not None if ":" in host or _NUMBER.fullmatch(host) else True


def checked_split(url: object) -> SplitResult | None:
    """Split ``url`` if its raw text is an absolute http(s) URL without tricks, else None.

    The raw string is judged before parsing, since parsers drop tabs and newlines and disagree about
    backslashes; user parts (``https://microsoft.com@evil``) are refused.
    """
    if not isinstance(url, str) or not url or len(url) > _MAX_URL:
        return None
    if not url.isascii() or not all(33 <= ord(char) <= 126 for char in url) or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_valid:
        return None
    return parts if _AUTHORITY.fullmatch(parts.netloc) and _is_plain(parts.hostname) else None


def is_safe_link(url: object, issuer: str) -> bool:
    """True if a person may be sent to ``url`` by the provider ``issuer``.

    Allowed are https addresses, and plain http only where the issuer itself is a loopback one and
    the address is on a loopback host too (a provider under development).
    """
    parts = checked_split(url)
    if parts is None:
        return False
    if parts.scheme == "https":
        return True
    own = checked_split(issuer)
    return own is not None and is_loopback(own.hostname) and is_loopback(parts.hostname)


def is_safe_endpoint(url: object, issuer: str) -> bool:
    """True if the broker may call ``url`` as an endpoint of ``issuer``: the same rule as for links. What is
    on this machine or its link only (169.254.169.254, where clouds have their metadata) is called for an
    issuer that is there itself."""
    if not is_safe_link(url, issuer) or "#" in str(url):
        return False
    host, own = (str(urlsplit(str(where)).hostname) for where in (url, issuer))
    return host == own or not _is_local(host) or (is_loopback(host) and is_loopback(own))


def _is_local(host: str) -> bool:
    address = _address(host)
    if address is None:
        return host.rstrip(".").rpartition(".")[2] == "localhost"
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast


def host_of(url: str) -> str:
    """The host (and port, where it is not the scheme's own) of a URL, for showing to a person."""
    parts = checked_split(url)
    if parts is None or parts.hostname is None:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    own = {"http": 80, "https": 443}[parts.scheme]
    return host if parts.port in (None, own) else f"{host}:{parts.port}"

"""The way to a provider, a step at a time: proxy, name, connection, certificate. Where it ends is the fault.

Each step waits a few seconds at most. Nothing is sent but what opens a connection.
"""

import http.client
import os
import re
import shlex
import socket
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH, select_proxy
from urllib3.util import make_headers

from jupyter_auth.cli.doctor import certificates
from jupyter_auth.cli.doctor.finding import Reason
from jupyter_auth.cli.doctor.trouble import WAIT, Trouble, words
from jupyter_auth.core.profile import Profile
from jupyter_auth.providers.transport import ProviderSession

_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080, "socks4": 1080, "socks4a": 1080}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a profile's engine reaches ``url``."""

    profile: Profile
    url: SplitResult
    proxy: SplitResult | None = field(repr=False)  # it may hold a password

    @classmethod
    def to(cls, profile: Profile, url: str) -> "Way":
        """By the same rules as the engine."""
        session = ProviderSession(ca_bundle=profile.ca_bundle, proxies=profile.proxies)
        chosen = select_proxy(url, session.proxies_for(url))
        session.close()
        proxy = urlsplit(chosen if "://" in chosen else f"http://{chosen}") if chosen else None
        return cls(profile=profile, url=urlsplit(url), proxy=proxy)

    @property
    def host(self) -> str:
        return str(self.url.hostname)

    @property
    def port(self) -> int:
        return self.url.port or _PORTS[self.url.scheme]

    @property
    def bundle(self) -> str:
        """The CAs that count: the profile's, or those that requests brings."""
        own = self.profile.ca_bundle
        return str(Path(own).expanduser()) if own else DEFAULT_CA_BUNDLE_PATH

    def walk(self) -> None:
        """Go it, and come back. Raises ``Trouble`` where it ends."""
        if self.proxy is not None and self.proxy.scheme.startswith("socks"):
            self._to_proxy(self.proxy).close()
            return
        with self.connected() as sock:
            if self.url.scheme != "https":
                return
            self._check_bundle()
            try:
                certificates.handshake(sock, self.host, self.bundle).close()
            except ssl.SSLCertVerificationError as problem:
                raise certificates.trouble(self, problem) from None
            except (OSError, ValueError) as problem:
                raise Trouble(
                    reason=Reason.TLS,
                    message=f"{self.host} and this machine find no common TLS ({words(problem)}).",
                    advice="The provider, or the proxy before it, must speak TLS 1.2 or newer: tell its "
                    "administrator.",
                ) from None

    def _check_bundle(self) -> None:
        wrong = "" if Path(self.bundle).exists() else "is not there"
        if Path(self.bundle).is_file():
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(self.bundle)
            except OSError:
                wrong = "holds no certificates that can be read (PEM)"
        if wrong:
            told = f"the ca_bundle {self.bundle} {wrong}."
            raise Trouble(Reason.CA_BUNDLE, told, "Correct ca_bundle in the profile, or leave it out.")

    # -- the steps ------------------------------------------------------------------------------

    def connected(self) -> socket.socket:
        """A connection to the provider. Raises ``Trouble``."""
        if self.proxy is None:
            return self._direct()
        return self._through(self.proxy) if self.url.scheme == "https" else self._to_proxy(self.proxy)

    def _direct(self) -> socket.socket:
        where = f"{self.host}:{self.port}"
        unset = "If this network needs a proxy, set HTTPS_PROXY, or proxies in the profile."
        try:
            return socket.create_connection((self.host, self.port), WAIT)
        except socket.gaierror:
            raise Trouble(
                reason=Reason.NAME_UNKNOWN,
                message=f"no address is known for {self.host}.",
                advice=f"Check the issuer's spelling, your network and VPN. {unset}",
            ) from None
        except ConnectionRefusedError:
            raise Trouble(
                reason=Reason.REFUSED,
                message=f"{where} refuses connections: nothing listens there.",
                advice="Check the issuer's port; if it is right, the provider is down: tell its "
                "administrator.",
            ) from None
        except TimeoutError:
            raise Trouble(
                reason=Reason.TIMEOUT,
                message=f"{where} does not answer within {WAIT:.0f} s.",
                advice=f"Check your network, VPN and firewall. {unset}",
            ) from None
        except OSError as problem:
            raise Trouble(
                reason=Reason.UNREACHABLE,
                message=f"{where} cannot be reached ({words(problem)}).",
                advice=f"Check your network and VPN. {unset}",
            ) from None

    def _to_proxy(self, proxy: SplitResult) -> socket.socket:
        host, port = str(proxy.hostname), proxy.port or _PORTS.get(proxy.scheme, 80)
        try:
            return socket.create_connection((host, port), WAIT)
        except OSError as problem:
            why = "its name is not known" if isinstance(problem, socket.gaierror) else words(problem)
            told = f"the proxy {host}:{port} ({self._source()}) cannot be reached: {why}."
            advice, run = self._around()
            raise Trouble(Reason.PROXY_UNREACHABLE, told, advice, run=run) from None

    def _through(self, proxy: SplitResult) -> socket.socket:
        """A tunnel (RFC 9110 §9.3.6)."""
        sock = self._to_proxy(proxy)
        if proxy.scheme == "https":
            sock = certificates.handshake(
                sock, str(proxy.hostname), None
            )  # its own certificate is the engine's to judge
        line = http.client.HTTPConnection(str(proxy.hostname), timeout=WAIT)
        headers = {}
        if proxy.username:
            name, password = unquote(proxy.username), unquote(proxy.password or "")
            headers = make_headers(proxy_basic_auth=f"{name}:{password}")
        line.set_tunnel(self.host, self.port, headers)
        line._create_connection = lambda *_: sock  # type: ignore[attr-defined]
        try:
            line.connect()
        except (OSError, http.client.HTTPException) as problem:
            sock.close()
            raise self._refused(proxy, problem) from None
        return sock

    def _refused(self, proxy: SplitResult, problem: Exception) -> Trouble:
        said = re.search(r"failed: (\d{3})", str(problem))
        status = said[1] if said else ""
        at = f"the proxy {proxy.hostname}:{proxy.port or 80} ({self._source()})"
        if status == "407":
            told = f"{at} asks for a name and password."
            advice = f"Write them into its address, in {self._source()}: http://NAME:PASSWORD@HOST:PORT."
            return Trouble(Reason.PROXY_REFUSES, told, advice)
        why = f"HTTP {status}" if status else "it does not answer as a proxy does"
        advice, run = self._around()
        return Trouble(Reason.PROXY_REFUSES, f"{at} does not lead to {self.host}: {why}.", advice, run=run)

    def _around(self) -> tuple[str, tuple[str, ...]]:
        """What to do about a proxy that does not do: go around it, if that works."""
        if self.profile.proxies:
            return "Correct proxies in the profile, or leave it out.", ()
        source = self._source()
        try:
            socket.create_connection((self.host, self.port), WAIT).close()
        except OSError:
            return f"Correct {source}; {self.host} cannot be reached without a proxy either.", ()
        known = os.environ.get("NO_PROXY") or os.environ.get("no_proxy")
        line = f"export NO_PROXY={shlex.quote(','.join(filter(None, [known, self.host])))}"
        advice = (
            f"{self.host} can be reached without it. Correct {source}, or except this host, also where the "
            "Jupyter server is started:"
        )
        return advice, (line, line.replace("NO_PROXY", "no_proxy"))

    def _source(self) -> str:
        if self.profile.proxies:
            return "proxies in the profile"
        names = [f"{self.url.scheme}_proxy", "all_proxy"]
        said = [n for name in names for n in (name, name.upper()) if os.environ.get(n)]
        return said[0] if said else "the system's settings"

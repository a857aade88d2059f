"""Broken set-ups: the way to a provider."""

import socket
import socketserver
import ssl
import threading
import warnings
from collections.abc import Iterator

from tests.doctor.bench import Bench, SetUp, Wanted
from tests.idp import MisbehavingProvider
from tests.idp.misbehaving import _Handler
from tests.support.ports import free_ports
from tests.unit.providers.tls import HOST, Proxy, TlsProvider, certificate


def tls(bench: Bench) -> TlsProvider:
    """A provider under a CA that nobody here knows; its certificate is ``ca.pem`` in the place."""
    file = certificate(bench.made.root, name="ca", host=socket.gethostname())
    return bench.stack.enter_context(TlsProvider(file))


def tunnel(bench: Bench, target: int) -> Proxy:
    """A proxy that runs."""
    running = Proxy(target)
    bench.stack.callback(running.server_close)
    return running


def free_port() -> int:
    """A port on which nobody listens."""
    return free_ports(1)[0]


def forwarded(bench: Bench, address: str, port: int) -> int:
    """A port at ``address`` that leads to ``port`` here."""

    class Forward(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(("127.0.0.1", port)) as there:
                back = threading.Thread(target=pump, args=(there, self.request), daemon=True)
                back.start()
                pump(self.request, there)
                back.join(5)

    server = socketserver.ThreadingTCPServer((address, 0), Forward)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    bench.stack.callback(server.server_close)
    bench.stack.callback(server.shutdown)
    return int(server.server_address[1])


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Pass on what comes, to the end."""
    try:
        while data := source.recv(16384):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


def no_address(bench: Bench) -> Iterator[Wanted | None]:
    """The issuer's host is not known (DNS)."""
    bench.made.profile("https://idp.invalid")
    yield Wanted(check="provider", reason="name_unknown", says="idp.invalid", remedy="spelling")
    bench.made.toml.write_text("")
    bench.made.profile(bench.stack.enter_context(MisbehavingProvider()).issuer)
    yield None


def refused(bench: Bench) -> Iterator[Wanted | None]:
    """Nothing listens at the issuer's port."""
    provider = MisbehavingProvider()
    bench.made.profile(f"http://127.0.0.1:{free_port()}")
    yield Wanted(
        check="provider", reason="refused", says="refuses connections", remedy="Check the issuer's port"
    )
    bench.made.toml.write_text("")
    bench.made.profile(bench.stack.enter_context(provider).issuer)
    yield None


def certificate_of_a_company(bench: Bench) -> Iterator[Wanted | None]:
    """The certificate is signed by a company's CA, which this machine trusts and Python does not."""
    provider = tls(bench)
    bench.made.profile(provider.issuer)
    bundle = str(bench.made.root / "ca.pem")
    bench.environment["SSL_CERT_FILE"] = bundle
    yield Wanted(
        check="provider",
        reason="certificate_untrusted",
        says=f"signed by {socket.gethostname()!r}",
        remedy=f'ca_bundle = "{bundle}"',
    )
    yield None


def certificate_of_nobody(bench: Bench) -> Iterator[Wanted | None]:
    """TLS is broken open by a proxy whose CA nobody here knows."""
    file = certificate(bench.made.root, name="inside", host=HOST)
    inside = bench.stack.enter_context(TlsProvider(file))
    inside.be(f"https://{HOST}")
    bench.made.profile(f"https://{HOST}")
    bench.environment["HTTPS_PROXY"] = tunnel(bench, inside.port).url
    yield Wanted(check="provider", reason="certificate_untrusted", says=HOST, remedy="ca_bundle = ")
    text = bench.made.toml.read_text()
    bench.made.toml.write_text(text.replace("/path/to/ca.pem", str(file)))  # which its administrator gave
    yield None


def certificate_of_another(bench: Bench) -> Iterator[Wanted | None]:
    """The certificate is for another name."""
    file = certificate(bench.made.root, name="other", host="other.example.test", address="192.0.2.7")
    provider = bench.stack.enter_context(TlsProvider(file))
    bench.made.profile(provider.issuer, more=f'ca_bundle = "{file}"')
    yield Wanted(
        check="provider", reason="certificate_name", says="another name", remedy="Check the issuer's host"
    )
    bench.made.toml.write_text("")
    right = tls(bench)
    bench.made.profile(right.issuer, more=f'ca_bundle = "{bench.made.root / "ca.pem"}"')
    yield None


def certificate_ended(bench: Bench) -> Iterator[Wanted | None]:
    """The certificate has expired."""
    file = certificate(bench.made.root, name="old", days=-1)
    provider = bench.stack.enter_context(TlsProvider(file))
    bench.made.profile(provider.issuer, more=f'ca_bundle = "{file}"')
    yield Wanted(check="provider", reason="certificate_time", says="has expired", remedy="date -u")
    bench.made.toml.write_text("")
    right = tls(bench)
    bench.made.profile(right.issuer, more=f'ca_bundle = "{bench.made.root / "ca.pem"}"')
    yield None


def bundle_missing(bench: Bench) -> Iterator[Wanted | None]:
    """The profile's ca_bundle is not there."""
    provider = tls(bench)
    bench.made.profile(provider.issuer, more='ca_bundle = "/nowhere/ca.pem"')
    yield Wanted(check="provider", reason="ca_bundle", says="/nowhere/ca.pem", remedy="Correct ca_bundle")
    text = bench.made.toml.read_text()
    bench.made.toml.write_text(text.replace("/nowhere", str(bench.made.root)))
    yield None


def proxy_gone(bench: Bench) -> Iterator[Wanted | None]:
    """The profile's proxy is not there."""
    file = certificate(bench.made.root, name="host", host=HOST)
    inside = bench.stack.enter_context(TlsProvider(file))
    inside.be(f"https://{HOST}")
    url = f"http://ada:canary@127.0.0.1:{free_port()}"
    bench.made.profile(f"https://{HOST}", more=f'ca_bundle = "{file}"\nproxies = {{https = "{url}"}}')
    yield Wanted(
        check="provider", reason="proxy_unreachable", says="refuses connections", remedy="Correct proxies"
    )
    text = bench.made.toml.read_text()
    bench.made.toml.write_text(text.replace(url, tunnel(bench, inside.port).url))
    yield None


def proxy_not_needed(bench: Bench) -> Iterator[Wanted | None]:
    """HTTPS_PROXY leads nowhere, and the provider is reached without it."""
    provider = tls(bench)
    name = socket.gethostname()
    port = forwarded(bench, socket.gethostbyname(name), provider.port)
    provider.be(f"https://{name}:{port}")
    bench.made.profile(provider.issuer, more=f'ca_bundle = "{bench.made.root / "ca.pem"}"')
    bench.environment["HTTPS_PROXY"] = f"http://ada:canary@127.0.0.1:{free_port()}"
    yield Wanted(check="provider", reason="proxy_unreachable", says="HTTPS_PROXY", remedy="export NO_PROXY=")
    yield None


def proxy_refuses(bench: Bench) -> Iterator[Wanted | None]:
    """The proxy asks for a name and password."""
    file = certificate(bench.made.root, name="host", host=HOST)
    inside = bench.stack.enter_context(TlsProvider(file))
    inside.be(f"https://{HOST}")
    asking = bench.stack.enter_context(MisbehavingProvider())  # no proxy, but it answers

    class Asking(_Handler):
        def do_CONNECT(self) -> None:
            self.send_error(407)

    asking._server.RequestHandlerClass = Asking
    bench.environment["HTTPS_PROXY"] = asking.issuer
    bench.made.profile(f"https://{HOST}", more=f'ca_bundle = "{file}"')
    yield Wanted(check="provider", reason="proxy_refuses", says="name and password", remedy="HTTPS_PROXY")
    there = tunnel(bench, inside.port).url
    bench.environment["HTTPS_PROXY"] = there.replace("http://", "http://ada:canary@")
    yield None


def old_tls(bench: Bench) -> Iterator[Wanted | None]:
    """The provider speaks TLS 1.1 only."""
    file = certificate(bench.made.root, name="old")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python's own, of such versions
        old = TlsProvider(file, ssl.TLSVersion.TLSv1_1)
    provider = bench.stack.enter_context(old)
    bench.made.profile(provider.issuer, more=f'ca_bundle = "{file}"')
    yield Wanted(check="provider", reason="tls", says="no common TLS", remedy="TLS 1.2 or newer")
    bench.made.toml.write_text("")
    right = tls(bench)
    bench.made.profile(right.issuer, more=f'ca_bundle = "{bench.made.root / "ca.pem"}"')
    yield None


SET_UPS: tuple[SetUp, ...] = (
    no_address,
    refused,
    certificate_of_a_company,
    certificate_of_nobody,
    certificate_of_another,
    certificate_ended,
    bundle_missing,
    proxy_gone,
    proxy_not_needed,
    proxy_refuses,
    old_tls,
)

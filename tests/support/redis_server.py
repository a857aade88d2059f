"""A real redis-server of a test's own: a unix socket, TLS under a CA of its own, users with rights."""

import datetime
import ipaddress
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.ports import free_ports

PASSWORD = "canary-redis-password"
ACL = (
    # off, but with rights: Redis reads its append-only file as this user (redis/redis#14541)
    "user default off ~* &* +@all",
    f"user root on >{PASSWORD} ~* &* +@all",
)


class RedisServer:
    """The server, as a context. ``url`` tells the ways in. The data is in memory only, or with ``fsync``
    (``always``, ``everysec``) in an append-only file as well, from which a new start reads it again."""

    def __init__(self, *, users: Sequence[str] = (), address: str = "127.0.0.1", fsync: str = "") -> None:
        program = shutil.which("redis-server")
        assert program, "these tests need redis-server: sudo apt install redis-server"
        self.program = program
        self.folder = Path(tempfile.mkdtemp(prefix="ja-redis-"))  # short: a socket's path has its limit
        self.socket = self.folder / "s"
        self.port, self.tls_port = free_ports(2)
        self.users = users
        self.fsync = fsync
        self.ca = make_certificates(self.folder, address)
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, way: str = "unix", user: str = "root", password: str = PASSWORD) -> str:
        """How to get in by ``unix``, ``tcp`` or ``tls``."""
        return {
            "unix": f"unix://{user}:{password}@{self.socket}",
            "tcp": f"redis://{user}:{password}@127.0.0.1:{self.port}/0",
            "tls": f"rediss://{user}:{password}@127.0.0.1:{self.tls_port}/0?ssl_ca_certs={self.ca}",
        }[way]

    def url_file(self, folder: Path, way: str = "unix", **more: str) -> Path:
        """The file that ``redis_url_file`` names."""
        file = folder / f"redis-{way}.url"
        file.write_text(self.url(way, **more) + "\n", encoding="utf-8")
        file.chmod(0o600)
        return file

    def __enter__(self) -> Self:
        (self.folder / "users.acl").write_text("\n".join([*ACL, *self.users]) + "\n", encoding="utf-8")
        self.start()
        return self

    def start(self) -> None:
        """Start it, with what its append-only file holds."""
        options = {
            "port": self.port, "bind": "127.0.0.1", "unixsocket": self.socket, "unixsocketperm": 700,
            "tls-port": self.tls_port, "tls-cert-file": self.folder / "server.pem",
            "tls-key-file": self.folder / "server.key", "tls-ca-cert-file": self.ca, "tls-auth-clients": "no",
            "dir": self.folder, "save": "", "appendonly": "yes" if self.fsync else "no",
            "appendfsync": self.fsync or "no", "aclfile": self.folder / "users.acl",
            "logfile": self.folder / "log",
        }  # fmt: skip
        command = [self.program, *(str(part) for k, v in options.items() for part in (f"--{k}", v))]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while True:
            try:
                with self.client() as client:
                    client.ping()
                    return
            except (redis.ConnectionError, redis.BusyLoadingError):
                assert time.monotonic() < deadline, (self.folder / "log").read_text()
                time.sleep(0.02)

    def client(self) -> "redis.Redis":
        """A client that may do everything."""
        return redis.Redis(unix_socket_path=str(self.socket), username="root", password=PASSWORD, protocol=2)

    def pause(self) -> None:
        """SIGSTOP: it holds its connections and answers nobody."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End it at once, with everything that it held."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def everything(self) -> bytes:
        """All keys, values and channels: what somebody finds who looks into it."""
        with self.client() as client:
            found: list[Any] = [client.pubsub_channels()]
            for key in client.scan_iter(count=1000):
                found += [key, client.dump(key), _value(client, key)]
            return repr(found).encode()

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        shutil.rmtree(self.folder)


def _value(client: Any, key: bytes) -> Any:
    match client.type(key):
        case b"string":
            return client.get(key)
        case b"hash":
            return client.hgetall(key)
        case b"zset":
            return client.zrange(key, 0, -1, withscores=True)
        case other:
            return other


def make_certificates(folder: Path, address: str) -> Path:
    """A CA and a server's certificate for ``address``; the path of the CA's."""
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test CA")])
    now = datetime.datetime.now(datetime.UTC)

    def certificate(subject: x509.Name, of: Any, extension: x509.ExtensionType, *, critical: bool) -> bytes:
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
        built = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(ca_name)
            .public_key(of.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(extension, critical=critical)
            .add_extension(authority, critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(of.public_key()), critical=False)
            .sign(authority_key, hashes.SHA256())
        )
        return built.public_bytes(serialization.Encoding.PEM)

    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "redis")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    ca = folder / "ca.pem"
    ca.write_bytes(
        certificate(ca_name, authority_key, x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    (folder / "server.pem").write_bytes(certificate(own, key, names, critical=False))
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.key").write_bytes(pem)
    return ca

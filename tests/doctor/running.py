"""Broken set-ups: the running servers, their kernel sockets, and a store that several share."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from jupyter_server.auth.security import passwd

from tests.doctor.bench import Bench, SetUp, Wanted
from tests.idp import MisbehavingProvider
from tests.support.disks import namespace, on_small_disk
from tests.support.redis_server import RedisServer

WITHOUT = "--ServerApp.jpserver_extensions=jupyter_auth=False"


def socket_missing(bench: Bench) -> Iterator[Wanted | None]:
    """The kernel socket was removed under a running server."""
    server = bench.server()
    bench.made.socket.unlink()
    yield Wanted(check="server", reason="socket_missing", says="it is gone", remedy="Restart it")
    server.stop()
    bench.server()
    yield None


def socket_of_nobody(bench: Bench) -> Iterator[Wanted | None]:
    """Something else listens where the kernel socket was."""
    server = bench.server()
    path = bench.made.socket
    path.unlink()
    listener = bench.stack.enter_context(socket.socket(socket.AF_UNIX))
    listener.bind(str(path))
    yield Wanted(
        check="server", reason="socket_silent", says="Its kernels get no tokens", remedy="See whose it is"
    )
    server.stop()
    path.unlink(missing_ok=True)
    bench.server()
    yield None


def without_extension(bench: Bench) -> Iterator[Wanted | None]:
    """A server was started without the extension."""
    server = bench.server(WITHOUT)
    yield Wanted(
        check="server", reason="server_without_extension", says="no token broker", remedy="then restart it"
    )
    server.stop()
    bench.server()
    yield None


def stopped(bench: Bench) -> Iterator[Wanted | None]:
    """A server hangs."""
    server = bench.server()
    os.kill(server.pid, signal.SIGSTOP)
    yield Wanted(check="server", reason="server_silent", says=f"process {server.pid}", remedy="kill -KILL")
    server.wait()
    yield None


def other_version(bench: Bench) -> Iterator[Wanted | None]:
    """The package was updated while a server ran."""
    bench.configure(
        "import os, jupyter_auth\nif os.environ.get('JA_TEST_OLD'): jupyter_auth.__version__ = '0.0.9'"
    )
    bench.environment["JA_TEST_OLD"] = "1"
    server = bench.server()
    del bench.environment["JA_TEST_OLD"]
    yield Wanted(check="server", reason="other_version", says="0.0.9", remedy="Restart it")
    server.stop()
    bench.server()
    yield None


def other_protocol(bench: Bench) -> Iterator[Wanted | None]:
    """A server speaks a protocol to come."""
    bench.configure(
        "import os\nif os.environ.get('JA_TEST_NEW'):\n"
        "    from jupyter_auth.core import frames; frames.PROTOCOL_VERSION = 2"
    )
    bench.environment["JA_TEST_NEW"] = "1"
    server = bench.server()
    del bench.environment["JA_TEST_NEW"]
    yield Wanted(check="server", reason="other_version", says="protocol 2 and 1", remedy="Restart it")
    server.stop()
    bench.server()
    yield None


def other_runtime_folder(bench: Bench) -> Iterator[Wanted | None]:
    """JUPYTER_RUNTIME_DIR is another folder than the server's."""
    bench.server()
    elsewhere = bench.made.root / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    bench.environment["JUPYTER_RUNTIME_DIR"] = str(elsewhere)
    yield Wanted(check="server", reason="other_runtime_folder", says=str(bench.made.runtime), remedy="export")
    bench.environment["JUPYTER_RUNTIME_DIR"] = str(bench.made.runtime)  # others run on this machine, too
    yield None


def store_in_memory(bench: Bench) -> Iterator[Wanted | None]:
    """A server keeps its tokens in memory only, since its store's key is not safe."""
    (bench.made.config / "jupyter_auth").write_text("")
    server = bench.server()
    server.get("jupyter_auth/v1/status")  # its first use
    yield Wanted(check="server", reason="server_store", says="in memory only", remedy="restart the server")
    (bench.made.config / "jupyter_auth").unlink()
    server.stop()
    bench.server()
    yield None


def with_a_password(bench: Bench) -> Iterator[Wanted | None]:
    """A server asks for a password, so that it cannot be asked."""
    hashed = f"--PasswordIdentityProvider.hashed_password={passwd('canary')}"  # type: ignore[no-untyped-call]
    server = bench.made.server(hashed, "--IdentityProvider.token=")
    bench.stack.enter_context(mock.patch.object(server, "_answers", return_value=True))
    bench.stack.enter_context(server)
    yield Wanted(check="server", reason="server_closed", says="password", remedy="%auth status")
    server.stop()
    yield None


def wrong_settings(bench: Bench) -> Iterator[Wanted | None]:
    """A server was started with settings that it cannot use."""
    server = bench.server("--JupyterAuth.kernel_access=aks")
    yield Wanted(check="server", reason="server_problem", says="kernel_access", remedy="restart the server")
    server.stop()
    bench.server("--JupyterAuth.kernel_access=ask")
    yield None


def callback_away(bench: Bench) -> Iterator[Wanted | None]:
    """callback_url cannot be reached from this machine."""
    server = bench.server()
    bench.configure("c.JupyterAuth.callback_url = 'https://hub.invalid/jupyter_auth/v1/callback'")
    yield Wanted(check="callback", reason="callback_unreachable", says="hub.invalid", remedy="in the browser")
    bench.configure(f"c.JupyterAuth.callback_url = '{server.url}jupyter_auth/v1/callback'")
    yield None


def callback(bench: Bench) -> Iterator[Wanted | None]:
    """The proxy before the server does not pass the callback on."""
    server = bench.server()
    proxy = bench.stack.enter_context(MisbehavingProvider())  # it answers 404
    bench.configure(f"c.JupyterAuth.callback_url = '{proxy.issuer}/jupyter_auth/v1/callback'")
    yield Wanted(
        check="callback", reason="callback_elsewhere", says="HTTP 404", remedy="jupyter_auth/v1/callback"
    )
    bench.configure(f"c.JupyterAuth.callback_url = '{server.url}jupyter_auth/v1/callback'")
    yield None


def with_redis(bench: Bench, redis: RedisServer) -> Path:
    """Set the store to that Redis; the file with its address."""
    file = redis.url_file(bench.made.root)
    bench.configure(f"c.JupyterAuth.store = 'redis'\nc.JupyterAuth.redis_url_file = {str(file)!r}")
    return file


def redis_away(bench: Bench) -> Iterator[Wanted | None]:
    """The Redis of the store does not run."""
    redis = RedisServer()
    with redis:
        with_redis(bench, redis)
        redis.kill()
        yield Wanted(check="store", reason="redis_unavailable", says="no connection", remedy="start it")
        redis.start()
        yield None


def redis_file_open(bench: Bench) -> Iterator[Wanted | None]:
    """The file with Redis's address can be read by everybody."""
    with RedisServer() as redis:
        with_redis(bench, redis).chmod(0o644)
        yield Wanted(check="store", reason="redis_file", says="mode 0644", remedy="chmod 600")
        yield None


def redis_evicts(bench: Bench) -> Iterator[Wanted | None]:
    """Redis evicts sign-ins when its memory is full."""
    with RedisServer() as redis:
        with_redis(bench, redis)
        with redis.client() as client:
            client.config_set("maxmemory", "64mb")
            client.config_set("maxmemory-policy", "allkeys-lru")
            yield Wanted(check="store", reason="redis_evicts", says="evicts sign-ins", remedy="volatile-lru")
            client.config_set("maxmemory-policy", "volatile-lru")
        yield None


def disk_full(bench: Bench) -> Iterator[Wanted | None]:
    """The disk of the store is full."""
    bench.prefix = on_small_disk(bench.made.data, "1m")
    yield Wanted(check="folders", reason="disk_full", says="is full", remedy="du -xah")
    bench.prefix = on_small_disk(bench.made.data, "16m")
    yield None


SET_UPS: tuple[SetUp, ...] = (
    socket_missing,
    socket_of_nobody,
    without_extension,
    stopped,
    other_version,
    other_protocol,
    other_runtime_folder,
    store_in_memory,
    with_a_password,
    wrong_settings,
    callback,
    callback_away,
    redis_away,
    redis_file_open,
    redis_evicts,
    *([disk_full] if namespace() else []),
)

"""What another process of Ada's own user gets: ``python -m tests.security.same_uid [options of the server]``.

Her server runs with everything as it is by default. The process is not its parent and holds nothing; it
tries each thing in turn, and the table says what came of it. ``docs/reference/same-user.md`` has the same
table, which ``test_same_uid`` holds against this one. It is longer than other files, since it is read as that
table is: one attempt after the other, each by itself.
"""

import ctypes
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

import requests
from jupyter_client.blocking.client import BlockingKernelClient

from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.broker.storage import open_store
from jupyter_auth.cache.records import Kind
from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from jupyter_auth.core import frames, sockets
from tests.idp import MisbehavingProvider
from tests.integration.conftest import pending
from tests.security.canaries import Canaries
from tests.security.recording import SocketTap
from tests.security.same_uid_agent import agent
from tests.security.users import ALONE, Row, as_json, exec_as, table, within_reach
from tests.support import Kernel, Place, place

PTRACE_ATTACH, PTRACE_DETACH = 16, 17
GOT, REFUSED = "got", "refused"
#: Verbs, arguments and resources by which a secret that stays in the server might be asked for.
VERBS = (
    "get_token", "acquire_token_silent", "get_accounts", "list", "status", "get_refresh_token", "export",
    "dump", "get_interaction", "begin_sign_in", "start_interaction", "switch_account", "eval",
)  # fmt: skip


class Intruder:
    """A process of Ada's user. ``secrets`` knows a token when it sees one."""

    def __init__(self, made: Place, server: JupyterProcess, kernel: Kernel, secrets: Canaries) -> None:
        self.made, self.server, self.kernel, self.secrets = made, server, kernel, secrets
        self.rows: list[Row] = []

    def tries(self, what: str, work: Callable[[], Any], *, got: str, refused: str) -> None:
        """Do it, as a process that is nobody's parent here; what it gives back, if anything, is the gain."""
        gain = in_a_process_of_its_own(work)
        verdict, why = (GOT, got) if gain else (REFUSED, refused)
        self.rows.append(Row(tried=what, verdict=verdict, why=why))

    def tokens_in(self, data: bytes, kind: str) -> list[str]:
        """Which secrets of a kind are in it, in any form."""
        return [needle.decode("latin-1") for needle in self.secrets.needles(kind) if needle in data]


def in_a_process_of_its_own(work: Callable[[], Any]) -> Any:
    """Its result, as JSON; None where it was refused by the system."""
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        told: Any = None
        try:
            with suppress(OSError, ValueError, requests.RequestException, RuntimeError):
                told = work()
            os.write(writing, json.dumps(told, default=str).encode()[:60_000])
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as said:
        answer = said.read()
    os.waitpid(child, 0)
    return json.loads(answer or b"null")


# -- the server's process -------------------------------------------------------------------------


def process(intruder: Intruder) -> None:
    """Looking into it from outside."""
    pid, closed = intruder.server.pid, "the process is not dumpable (prctl), so /proc belongs to root"

    def first(part: str) -> Callable[[], bool]:
        def look() -> bool:
            with Path(f"/proc/{pid}/{part}").open("rb") as file:
                return part == "mem" or bool(file.read(1))

        return look

    for part, what in (("environ", "environment"), ("mem", "memory"), ("maps", "memory map")):
        intruder.tries(f"the server's {what}", first(part), got="read from /proc", refused=closed)
    intruder.tries(
        "the server's open files",
        lambda: [path.readlink() for path in Path(f"/proc/{pid}/fd").iterdir()],
        got="read from /proc",
        refused=closed,
    )
    intruder.tries("trace the server (ptrace)", partial(traced, pid), got="attached", refused=closed)


def traced(pid: int) -> bool:
    """Attach to a process, and let it go."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(PTRACE_ATTACH, pid, 0, 0) != 0:
        return False
    os.waitpid(pid, 0)
    libc.ptrace(PTRACE_DETACH, pid, 0, 0)
    return True


# -- what lies on disk ----------------------------------------------------------------------------


def disk(intruder: Intruder) -> None:
    """The files are Ada's, and so is this process."""
    made = intruder.made
    key = made.config / "jupyter_auth" / "seal.key"
    intruder.tries(
        "the store's file by itself",
        lambda: intruder.tokens_in((made.store / "tokens.db").read_bytes(), "refresh_token"),
        got="tokens in the clear",
        refused="it can be read, and is sealed: no token, name or provider is in it",
    )
    intruder.tries(
        "the store with its key file",
        lambda: stolen(made, key, intruder),
        got="refresh tokens: the key's file is this user's (a keyring may ask first)",
        refused="the key is elsewhere",
    )
    intruder.tries(
        "the URL of Redis, where it is used",
        (made.root / "redis.url").read_text,
        got="the file is this user's; what is in Redis is sealed with the key above",
        refused="not readable",
    )


def stolen(made: Place, key: Path, intruder: Intruder) -> list[str]:
    """Copy both, and open them as the product does."""
    home = Path(tempfile.mkdtemp())
    try:
        shutil.copytree(made.store, home / "store")
        os.environ |= made.environment
        with closing(open_store(Settings(store_path=str(home / "store")))) as store:
            values = [row.value for row in store.rows_of_kind(Kind.REFRESH_TOKEN)]
    finally:
        shutil.rmtree(home)
    return intruder.tokens_in(json.dumps(values).encode(), "refresh_token") if key.exists() else []


# -- Jupyter's own keys ---------------------------------------------------------------------------


def jupyters(intruder: Intruder) -> None:
    """What Jupyter leaves for its user's programs: the server's token, the kernels' keys."""
    made = intruder.made

    def asked(method: str, path: str, **more: Any) -> requests.Response:
        info = json.loads(next(made.runtime.glob("jpserver-*.json")).read_text(encoding="utf-8"))
        with requests.Session() as session:
            session.trust_env = False
            headers = {"Authorization": f"token {info['token']}"}
            return session.request(method, info["url"] + path, headers=headers, timeout=60, **more)

    def ours() -> bytes:
        paths = ("status", "profiles", "accounts", "cache", "interactions", "kernels")
        return b"".join(asked("GET", f"jupyter_auth/v1/{path}").content for path in paths)

    intruder.tries(
        "the server's token",
        lambda: asked("GET", "jupyter_auth/v1/accounts").json(),
        got="from jpserver-*.json: it can see who is signed in, sign out, start sign-ins and kernels",
        refused="not readable",
    )
    intruder.tries(
        "an access token with the server's token alone",
        lambda: intruder.tokens_in(ours(), "access_token"),
        got="in an answer",
        refused="no answer of our REST interface holds one",
    )
    intruder.tries(
        "an access token by a kernel of its own",
        lambda: by_new_kernel(intruder),
        got="who holds the server's token starts a kernel, and kernels get access tokens",
        refused="the kernel got none",
    )
    intruder.tries(
        "an access token with a kernel's connection file",
        lambda: intruder.tokens_in(proven(intruder, {"op": "get_token", "profile": "lake"}), "access_token"),
        got="the file's key is that kernel's proof",
        refused="the proof was refused",
    )
    intruder.tries(
        "run code in a kernel",
        lambda: by_zmq(intruder),
        got="with its connection file: all that the kernel has, its access tokens too",
        refused="the kernel did not take it",
    )
    intruder.tries(
        "a refresh token, device code or client secret by any verb",
        lambda: by_any_verb(intruder, ours()),
        got="in an answer",
        refused="no frame and no answer has a field for one",
    )
    intruder.tries(
        "speak on the kernel socket without a proof",
        lambda: b"ok" in spoken(intruder, frames.encode({"op": "get_token", "profile": "lake"})),
        got="answered",
        refused="every verb but hello and prove needs the proof",
    )


def by_new_kernel(intruder: Intruder) -> list[str]:
    with closing(Kernel(intruder.server)) as kernel:
        told = kernel.run("import jupyter_auth as ja", "ja.get_token('lake', interactive=False).reveal()")
    return intruder.tokens_in(str(told).encode(), "access_token")


def connection_file(intruder: Intruder) -> Path:
    return intruder.made.runtime / f"kernel-{intruder.kernel.kernel_id}.json"


def by_zmq(intruder: Intruder) -> str:
    """Execute code as any front end does."""
    client = BlockingKernelClient(connection_file=str(connection_file(intruder)))
    client.load_connection_file()
    client.start_channels()
    try:
        code = {"x": "type(__import__('jupyter_auth').get_token('lake', interactive=False).reveal())"}
        client.wait_for_ready(timeout=100)
        reply = client.execute("", user_expressions=code, reply=True, timeout=100)
        return str(reply["content"]["user_expressions"]["x"].get("data", {}).get("text/plain", ""))
    finally:
        client.stop_channels()


def spoken(intruder: Intruder, *said: bytes) -> bytes:
    """What the kernel socket answers to frames without a proof."""
    with closing(sockets.connect(intruder.made.socket, 10)) as line:
        heard = b""
        for frame in said:
            line.sendall(frame)
            heard += line.recv(65536)
        return heard


def proven(intruder: Intruder, *requests_made: dict[str, object], path: Path | None = None) -> bytes:
    """What it answers to who has proven to be the kernel."""
    key = json.loads(connection_file(intruder).read_text(encoding="utf-8"))["key"].encode()
    heard = b""
    with closing(sockets.connect(path or intruder.made.socket, 10)) as line:
        line.sendall(frames.encode({"op": "hello", "v": frames.PROTOCOL_VERSION}))
        hello = frames.read_frame(line)
        mac = frames.proof(key, str(hello["broker_id"]), str(hello["nonce"]))
        line.sendall(frames.encode({"op": "prove", "mac": mac}))
        assert frames.read_frame(line)["ok"]
        for request in requests_made:
            line.sendall(frames.encode(request))
            heard += json.dumps(frames.read_frame(line)).encode()
    return heard


def by_any_verb(intruder: Intruder, answers: bytes) -> list[str]:
    """Ask for what stays in the server, in every way there is a word for."""
    heard = answers
    for verb in VERBS:
        for more in ({}, {"include": "refresh_token"}, {"fields": ["refresh_token", "device_code"]}):
            with suppress(OSError, frames.FrameError):
                heard += proven(intruder, {"op": verb, "profile": "lake", "interactive": False, **more})
    kinds = ("refresh_token", "device_code", "client_secret")
    return [found for kind in kinds for found in intruder.tokens_in(heard, kind)]


# -- in between, and against ----------------------------------------------------------------------


def between(intruder: Intruder) -> None:
    """Its own socket where the server's was; deleting; tracing kernels."""
    intruder.tries(
        "stand between kernel and server on the socket",
        lambda: listened_in(intruder),
        got="the proof is passed on as it comes, and the kernel's access tokens are heard",
        refused="noticed",
    )
    of_kernel = int(intruder.kernel.value("__import__('os').getpid()"))
    intruder.tries(
        "trace a kernel (ptrace)",
        lambda: traced(of_kernel),
        got="kernels are as the system has them: its access tokens, no refresh token "
        "(refused where Yama's ptrace_scope is 1 or more)",
        refused="Yama's ptrace_scope",
    )
    intruder.tries(
        "delete the store",
        lambda: deleted(intruder),
        got="it costs the sign-ins, and the kernels are told",
        refused="it is still there",
    )


def listened_in(intruder: Intruder) -> list[str]:
    """The kernel connects anew, through us, in a process that has no connection yet."""
    with closing(SocketTap(intruder.made.socket)) as tap, closing(Kernel(intruder.server)) as kernel:
        kernel.run("import jupyter_auth as ja\ntok = ja.get_token('lake', interactive=False)")
        heard = b"".join(bytes(frames) for frames in tap.to_kernels)
    intruder.made.runtime.joinpath("tapped").rename(
        intruder.made.runtime / f"jupyter_auth-{intruder.server.pid}.sock"
    )
    return intruder.tokens_in(heard, "access_token")


def deleted(intruder: Intruder) -> bool:
    for path in intruder.made.store.glob("tokens.db*"):
        path.unlink()
    rows = intruder.server.get("jupyter_auth/v1/accounts").json()
    return bool(rows == [])


def dumped(intruder: Intruder) -> None:
    """The last: its limit on core files is lifted, and it is ended by a signal that leaves one."""
    pid = intruder.server.pid

    def end() -> None:
        with suppress(OSError, ValueError):
            _, most = resource.prlimit(pid, resource.RLIMIT_CORE)
            resource.prlimit(pid, resource.RLIMIT_CORE, (most, most))
        os.kill(pid, signal.SIGABRT)

    in_a_process_of_its_own(end)
    ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    got = ended is None or ended.si_code == os.CLD_DUMPED
    why = "it was dumped" if got else "a process that is not dumpable leaves none; the server can be killed"
    intruder.rows.append(Row(tried="a core file of the server", verdict=GOT if got else REFUSED, why=why))


# -- the whole ------------------------------------------------------------------------------------


def play(*options: str) -> list[Row]:
    """Every attempt, on a server with these options."""
    secrets = Canaries()
    with MisbehavingProvider() as provider, place(provider.issuer) as made:
        secrets.watch(provider)
        (made.root / "redis.url").write_text("redis://127.0.0.1:6379/0\n", encoding="utf-8")
        (made.root / "redis.url").chmod(0o600)
        with made.server(*options) as server, closing(Kernel(server)) as kernel:
            cell = kernel.start("import jupyter_auth as ja\ntok = ja.get_token('lake')", "tok.profile")
            pending(server)
            provider.approve()
            kernel.result_of(cell)
            intruder = Intruder(made, server, kernel, secrets)
            for act in (process, disk, jupyters, agent, between, dumped):
                act(intruder)
    return intruder.rows


def main() -> int:
    """Print the table; as root, of a user that nobody is, since root is refused nothing."""
    arguments = sys.argv[1:]
    if os.geteuid() == 0:
        within_reach("tests.security.same_uid", *arguments)
        exec_as(ALONE, "tests.security.same_uid", *arguments)
    rows = play(*(argument for argument in arguments if argument != "--json"))
    if "--json" in arguments:
        print(as_json(rows))
    else:
        print(table("Another process of your own user:", rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What another user of the machine gets of a careless one: ``python -m tests.security.other_uid`` (as root).

Ada starts a Jupyter server with umask 000, in a home of mode 0777 where folders of 0777 and files of 0666 lay
already, and opens her socket to all. Mallory, another uid, tries to get at her tokens. Then Mallory comes
first, and has put things of her own where Ada's would be. It is longer than other files, since its attempts
are one table, on one careless server, and are read as that.
"""

import json
import os
import select
import shutil
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import zmq

from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.broker.storage import open_store
from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import MisbehavingProvider
from tests.integration.conftest import pending
from tests.security.canaries import Canaries
from tests.security.evidence import Evidence
from tests.security.modes import ours, umask_of
from tests.security.other_uid_agent import agent, looked_into, spoken
from tests.security.users import (
    ADA,
    MALLORY,
    NEEDS_ROOT,
    Row,
    as_json,
    as_user,
    give,
    of_user,
    table,
    within_reach,
)
from tests.support import CellError, Kernel, Place, place

#: What becomes of what is neither refused nor got: no secret is in it; or people are told, and must mend it.
HEARD, TOLD = "heard", "told"
SECRETS = ("access_token", "refresh_token", "device_code", "id_token")
END = b"the end"
SIGN_IN = "import jupyter_auth as ja\ntok = ja.get_token('lake')"


class Attack:
    """Ada's server, and what Mallory gets."""

    def __init__(self, made: Place, provider: MisbehavingProvider) -> None:
        self.made = made
        self.provider = provider
        self.canaries = Canaries()
        self.canaries.watch(provider)
        self.evidence = Evidence(self.canaries)
        self.rows: list[Row] = []

    # -- helpers --------------------------------------------------------------------------------

    def tries(self, tried: str, work: Callable[[], Any], *, nothing: Any, why: str) -> None:
        """Mallory does it; whatever else than ``nothing`` is a gain."""
        got = as_user(MALLORY, work)
        is_nothing = got == nothing or (isinstance(got, str) and got.startswith("PermissionError"))
        told = why if is_nothing else str(got)[:300]
        self.rows.append(Row(tried=tried, verdict="refused" if is_nothing else "got", why=told))

    def sees(self, tried: str, is_so: bool, why: str, otherwise: object, *, verdict: str = "refused") -> None:
        """What was seen afterwards."""
        told = why if is_so else str(otherwise)[:300]
        self.rows.append(Row(tried=tried, verdict=verdict if is_so else "got", why=told))

    def secrets_in(self, where: str, data: bytes) -> list[str]:
        """Every secret that is in what Mallory has."""
        self.evidence.add(where, where, data)
        return [find for kind in SECRETS for find in self.evidence.found(where, kind)]

    @contextmanager
    def server(self, *options: str) -> Iterator[JupyterProcess]:
        """Ada's server, with umask 000."""
        give(self.made.root, ADA)
        server = self.made.server(*options, ports=True)  # to listen at
        server.command = of_user(ADA, server.command)
        with umask_of(0):
            server.start()
        try:
            yield server
        finally:
            server.stop()

    def sign_in(self, server: JupyterProcess) -> Kernel:
        """Ada signs in from a notebook."""
        kernel = Kernel(server)
        cell = kernel.start(SIGN_IN, "tok.profile")
        pending(server)
        self.provider.approve()
        kernel.result_of(cell)
        return kernel


# -- a careless user ------------------------------------------------------------------------------


def careless(attack: Attack) -> None:
    """All is open that Ada, her umask and whoever was there before could have left open."""
    made = attack.made
    for folder in (made.store, made.store / "leases", made.config / "jupyter_auth"):
        folder.mkdir()
    for file in (made.store / "tokens.db", made.store / "generation", made.config / "jupyter_auth" / ".lock"):
        file.touch()
        file.chmod(0o666)
    for path in [made.root, *made.root.rglob("*")]:
        path.chmod(0o777 if path.is_dir() else 0o644)
    with attack.server() as server:
        kernel = attack.sign_in(server)
        made.socket.chmod(0o777)
        files(attack)
        processes(attack, server, kernel)
        agent(attack)
        with closing(kernel):
            channels(attack, server, kernel)
            made.runtime.chmod(0o777)
            sockets(attack, server)
            replaced_store(attack, server, kernel)


def files(attack: Attack) -> None:
    """Reading and changing what lies there."""
    found = [path for path in ours(attack.made) if not path.is_socket()]
    more = [*attack.made.runtime.glob("jpserver-*.json"), *attack.made.runtime.glob("kernel-*.json")]
    assert len(found) > 8 and len(more) == 2, (found, more)

    def opened(paths: list[Path], flags: int) -> list[str]:
        got = []
        for path in paths:
            with suppress(PermissionError):
                os.close(os.open(path, os.O_RDONLY if path.is_dir() else flags))
                got.append(str(path))
        return got

    def removed() -> list[str]:
        got = []
        for path in found:
            with suppress(PermissionError):
                path.rename(path.with_name("moved"))
                got.append(str(path))
        return got

    told = "0600 in folders of 0700, whatever the umask and what was there"
    for name, flags in (("read", os.O_RDONLY), ("write", os.O_RDWR)):
        tried = f"{name} store, log, key, locks, generation"
        attack.tries(tried, partial(opened, found, flags), nothing=[], why=told)
    attack.tries(
        "read Jupyter's own token and connection files",
        lambda: opened(more, os.O_RDONLY),
        nothing=[],
        why="Jupyter makes them 0600, and their folder is closed",
    )
    within = [path for path in found if path.parent in found]
    found[:] = within
    attack.tries("remove or replace them", removed, nothing=[], why="the folders are Ada's, of 0700")


def processes(attack: Attack, server: JupyterProcess, kernel: Kernel) -> None:
    """Looking into what runs."""
    of_kernel = int(kernel.value("__import__('os').getpid()"))
    for name, pid in (("the server", server.pid), ("a kernel", of_kernel)):
        told = "the system lets nobody look into another user's process"
        attack.tries(f"look into {name}, trace it, stop it", partial(looked_into, pid), nothing=[], why=told)


def channels(attack: Attack, server: JupyterProcess, kernel: Kernel) -> None:
    """Speaking to the server, and listening to a kernel, over this machine's loopback."""
    ways = ("api/kernels", "jupyter_auth/v1/accounts", "jupyter_auth/v1/cache", "jupyter_auth/v1/kernel")

    def asked() -> list[str]:
        got = []
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for way in ways:
            for body in (None, b'{"op": "hello", "v": 1}'):
                try:
                    with opener.open(server.url + way, data=body, timeout=20) as answer:
                        got.append(f"{way}: {answer.status}")
                except urllib.error.HTTPError as problem:
                    if problem.code not in {401, 403, 404, 405}:  # 404: kernels have a socket here
                        got.append(f"{way}: {problem.code}")
        return got

    attack.tries("ask the server over HTTP, without its token", asked, nothing=[], why="401 or 403")
    file = next(attack.made.runtime.glob(f"kernel-{kernel.kernel_id}.json"))
    port = json.loads(file.read_text())["iopub_port"]
    reading, writing = os.pipe()
    listener = threading.Thread(target=lambda: as_user(MALLORY, lambda: listen(port, writing)))
    listener.start()
    kernel.run("tok = ja.get_token('lake', force_refresh=True)")
    while listener.is_alive():  # it hears what is said once it has found the way
        kernel.run("print('said aloud')\ntok")
    listener.join()
    os.close(writing)
    with os.fdopen(reading, "rb") as said:
        heard = said.read()
    found = attack.secrets_in("heard", heard)
    told = "what cells show is heard (Jupyter's own weakness), and no secret of ours is in it"
    is_so = not found and b"said aloud" in heard
    attack.sees("listen to a kernel's ZMQ ports", is_so, told, found or heard, verdict=HEARD)


def listen(port: int, to: int) -> None:
    """Hear what a kernel publishes until it has shown a token: on TCP anybody of the machine can."""
    with zmq.Context() as context, context.socket(zmq.SUB) as ears:
        ears.setsockopt(zmq.SUBSCRIBE, b"")
        ears.connect(f"tcp://127.0.0.1:{port}")
        heard, deadline = b"", time.monotonic() + 60
        while (left := deadline - time.monotonic()) > 0 and not _is_whole(heard):
            if ears.poll(int(left * 1000)):
                said = b"\n".join(ears.recv_multipart())[:4000]
                heard += said
                os.write(to, said)


def _is_whole(heard: bytes) -> bool:
    """Whether it holds what a cell prints, and what it shows after that."""
    return b"execute_result" in heard.partition(b"said aloud")[2]


def sockets(attack: Attack, server: JupyterProcess) -> None:
    """The kernel socket, opened to all by its owner; and one of Mallory's in its place."""
    path = attack.made.socket

    told = "the server asks the system who is there, and closes"
    attack.tries("speak on the kernel socket, of mode 0777", partial(spoken, path), nothing="", why=told)
    reading, writing = os.pipe()
    own = path.with_name("moved")

    def stand_in() -> None:
        with suppress(OSError):
            path.rename(own)  # the folder is Ada's, of mode 0777 and sticky: that may be refused
        with suppress(OSError):
            path.unlink()
        with closing(socket.socket(socket.AF_UNIX)) as listener:
            listener.bind(str(path) if not path.exists() else str(path.with_name("jupyter_auth-1.sock")))
            listener.listen(8)
            listener.settimeout(100)
            os.write(writing, b"listens ")
            heard = b""
            while heard != END:
                line, _ = listener.accept()
                line.settimeout(1)
                heard = b""
                with closing(line), suppress(OSError):
                    heard = line.recv(4096)
                if heard != END:
                    os.write(writing, b"connected " + heard)

    attack.made.runtime.chmod(0o777)  # and no longer sticky, as Jupyter makes it
    thread = threading.Thread(target=lambda: as_user(MALLORY, stand_in))
    thread.start()
    select.select([reading], [], [], 60)  # until it listens
    kernel = Kernel(server)
    said = "a token"
    try:
        kernel.run("import jupyter_auth as ja\ntok = ja.get_token('lake', interactive=False)")
    except CellError as problem:
        said = str(problem)
    kernel.close()
    for where in (path, path.with_name("jupyter_auth-1.sock")):
        with suppress(OSError), closing(socket.socket(socket.AF_UNIX)) as line:
            line.connect(str(where))
            line.sendall(END)
    thread.join()
    os.close(writing)
    with os.fdopen(reading, "rb") as heard:
        got = heard.read()
    told = "a kernel looks who listens, says nothing to another user, and tells so"
    is_refused = b"hello" not in got and b"connected" in got and "broker" in said
    attack.sees("stand where the kernel socket stood", is_refused, told, (got, said))


def replaced_store(attack: Attack, server: JupyterProcess, kernel: Kernel) -> None:
    """The home is open: whole folders are replaced under a running server."""
    data, planted = attack.made.data, attack.made.data / "jupyter_auth"

    def replace() -> None:
        data.rename(data.with_name("taken"))
        planted.mkdir(parents=True)
        for name in ("tokens.db", "generation"):
            (planted / name).touch()
        for path in (data, *data.rglob("*")):
            path.chmod(0o777 if path.is_dir() else 0o666)

    as_user(MALLORY, replace)
    assert planted.stat().st_uid == MALLORY
    with suppress(CellError):
        kernel.run("import jupyter_auth as ja\nja.get_token('lake', force_refresh=True, interactive=False)")
    server.get("jupyter_auth/v1/status")
    left = b"".join(path.read_bytes() for path in planted.iterdir() if path.is_file())
    told = "what is not Ada's is not used: nothing was written into it"
    attack.sees("put a folder of their own in the store's place", not left, told, left)


# -- one who comes first --------------------------------------------------------------------------


def planted(attack: Attack) -> None:
    """Mallory's things lie where Ada's would be before her server starts."""
    made = attack.made
    made.root.chmod(0o777)

    def plant() -> None:
        for folder in (made.store, made.config / "jupyter_auth"):
            folder.mkdir(mode=0o777)
        for file, text in (
            (made.store / "tokens.db", ""),
            (made.store / "generation", ""),
            (made.config / "jupyter_auth" / "seal.key", "ab" * 32),
        ):
            file.write_text(text)
            file.chmod(0o666)

    for folder in (made.config, made.data, made.runtime):
        folder.chmod(0o777)
    with attack.server() as server:  # which makes nothing of ours before its first use
        as_user(MALLORY, plant)
        kernel = attack.sign_in(server)
        told = server.get("jupyter_auth/v1/status").json()
        kernel.close()
    notes = " ".join(told["store"]["notes"])
    attack.sees(
        "make the folders of store and key first",
        told["store"]["name"] == "memory" and "another user" in notes,
        "not used, and a note says so; tokens stay in memory",
        told["store"],
    )
    mine = [path for path in made.root.rglob("*") if path.lstat().st_uid == MALLORY and path.is_file()]
    found = attack.secrets_in("planted", b"\n".join(path.read_bytes() for path in mine))
    attack.sees("read what was written into them", bool(mine) and not found, "nothing was", found or mine)


def links(attack: Attack) -> None:
    """A sticky folder of everybody's, as /tmp, with links of Mallory's in it."""
    sticky = attack.made.root / "sticky"
    sticky.mkdir()
    sticky.chmod(0o1777)
    hers, to = attack.made.root / "hers", attack.made.root / "to"
    for folder, uid in ((hers, MALLORY), (to, ADA)):
        folder.mkdir(mode=0o777)
        folder.chmod(0o777)
        os.chown(folder, uid, uid)
    letter = to / "letter"
    letter.write_text("Ada's own")
    give(to, ADA)

    def plant() -> None:
        (sticky / "a link to hers").symlink_to(hers)
        (sticky / "a link to Ada's").symlink_to(to)
        (sticky / "a folder").mkdir(mode=0o777)
        os.mkfifo(sticky / "a pipe", 0o666)

    as_user(MALLORY, plant)

    def used(name: str) -> str:
        settings = Settings(store_path=str(sticky / name), seal_key_file=None)
        os.environ |= attack.made.environment
        with closing(open_store(settings)) as store:
            return store.describe().name

    give(attack.made.config, ADA)
    names = [path.name for path in sorted(sticky.iterdir())]
    got = {name: as_user(ADA, partial(used, name)) for name in names}
    untouched = list(hers.iterdir()) == [] and [p.name for p in to.iterdir()] == ["letter"]
    attack.sees(
        "plant links, folders and pipes in a sticky folder",
        set(got.values()) == {"memory"} and len(got) == 4 and untouched,
        "not followed and not used: tokens stay in memory",
        got,
    )


def refusals(attack: Attack) -> None:
    """What the server refuses to use, and says."""
    made, toml = attack.made, attack.made.toml
    with attack.server() as server:
        toml.chmod(0o666)
        os.utime(toml, (0, 0))
        faults = server.get("jupyter_auth/v1/status").json()["configuration"]["faults"]
        told = "the file is refused, and the fault says why"
        attack.sees("write profiles into a file of mode 0666", "every user" in str(faults), told, faults)
        toml.chmod(0o644)
        os.chown(toml, MALLORY, MALLORY)
        os.utime(toml, (1, 1))
        faults = server.get("jupyter_auth/v1/status").json()["configuration"]["faults"]
        attack.sees("put a file of profiles of their own there", "another user" in str(faults), told, faults)
    os.chown(toml, ADA, ADA)
    shared = made.root / "shared-run"
    shared.mkdir()
    made.variables(JUPYTER_RUNTIME_DIR=str(shared))
    server = made.server()
    give(made.root, ADA)
    os.chown(shared, MALLORY, MALLORY)
    shared.chmod(0o777)
    server.command = of_user(ADA, server.command)
    with _started(server, shared):
        problem = str(server.get("jupyter_auth/v1/status").json()["broker"]["problem"])
        sockets_there = list(shared.glob("jupyter_auth-*.sock"))
        told = "no socket is opened there, and the status says why"
        is_refused = "another user" in problem and not sockets_there
        attack.sees("own Jupyter's runtime folder", is_refused, told, problem)
    log = made.log.read_text(encoding="utf-8")
    told = "it cannot be helped (Jupyter runs what is there), and the log and doctor say so"
    is_so = "have Jupyter run their code" in log
    attack.sees("leave things for Jupyter to run in HOME", is_so, told, log[-500:], verdict=TOLD)


@contextmanager
def _started(server: JupyterProcess, runtime: Path) -> Iterator[None]:
    """As ``JupyterProcess.start`` does, with the runtime folder elsewhere."""
    link = server._space.runtime
    shutil.rmtree(link)
    link.symlink_to(runtime)
    try:
        server.start()
        yield
    finally:
        server.stop()


def play() -> list[Row]:
    """Every attack, each row of it."""
    rows: list[Row] = []
    with MisbehavingProvider() as provider:
        for act in (careless, planted, links, refusals):
            with place(provider.issuer) as made:
                made.root.chmod(0o777)
                made.variables(HOME=str(made.root), PYTHONDONTWRITEBYTECODE="1")
                give(made.root, ADA)
                attack = Attack(made, provider)
                act(attack)
                rows += attack.rows
    return rows


def main() -> int:
    """Print the table; 0 where nothing was got."""
    if os.geteuid() != 0:
        print(NEEDS_ROOT)
        return 0
    within_reach("tests.security.other_uid", *sys.argv[1:])
    rows = play()
    if "--json" in sys.argv:
        print(as_json(rows))
    else:
        print(table("Another user of the machine:", rows))
    return int(any(row.verdict == "got" for row in rows))


if __name__ == "__main__":
    sys.exit(main())

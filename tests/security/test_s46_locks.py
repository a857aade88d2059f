"""S46: locks are per user, in that user's own closed folder, and never in /tmp."""

import ast
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psutil
import pytest

import jupyter_auth
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from jupyter_auth.core.errors import CacheError, TransportError
from tests.idp import OidcProvider
from tests.integration.conftest import pending
from tests.support import Kernel, place

NOBODY = 65534


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[str], SqliteStore]]:
    """Stores of several users, each in a folder of theirs, made with umask 000."""
    mask = os.umask(0)
    try:
        with ExitStack() as stack:
            yield lambda user: stack.enter_context(
                closing(SqliteStore(tmp_path / user / "store", tmp_path / user / "keys" / "seal.key"))
            )
    finally:
        os.umask(mask)


def locks(store: Path) -> list[Path]:
    return sorted((store / "leases").iterdir())


def test_one_user_s_lock_holds_no_other_up(opened: Callable[[str], SqliteStore], tmp_path: Path) -> None:
    """Of the same account, by the same name."""
    ada, bob = opened("ada"), opened("bob")
    with ada.lease("the same", 0), bob.lease("the same", 0), pytest.raises(TransportError):
        opened("ada").lease("the same", 0).__enter__()
    assert not (tmp_path / "bob" / "store" / "leases").samefile(tmp_path / "ada" / "store" / "leases")


def test_a_lock_and_its_folders_are_closed_to_others(
    opened: Callable[[str], SqliteStore], tmp_path: Path
) -> None:
    with opened("ada").lease("x", 0):
        [lock] = locks(tmp_path / "ada" / "store")
        for path, mode in ((lock, 0o600), (lock.parent, 0o700), (lock.parent.parent, 0o700)):
            assert stat.S_IMODE(path.stat().st_mode) == mode and path.stat().st_uid == os.geteuid()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_can_neither_take_nor_see_it(
    opened: Callable[[str], SqliteStore], tmp_path: Path
) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if folder.is_relative_to("/tmp") and folder != Path("/tmp"):  # noqa: S108 -- pytest's own
            folder.chmod(0o755)
    with opened("ada").lease("x", 0):
        [lock] = locks(tmp_path / "ada" / "store")
        attempts = (
            lambda: os.open(lock, os.O_RDWR),
            lambda: list(lock.parent.iterdir()),
            lock.unlink,
        )
        if (child := os.fork()) == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            got = 0
            for attempt in attempts:
                try:
                    attempt()
                    got += 1
                except PermissionError:
                    pass
            os._exit(got)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert lock.exists()


@pytest.mark.parametrize("trap", ["symlink", "fifo", "hard link", "folder"])
def test_what_lies_in_a_lock_s_place_is_not_taken_for_one(
    opened: Callable[[str], SqliteStore], tmp_path: Path, trap: str
) -> None:
    store, victim = opened("ada"), tmp_path / "victim"
    victim.write_text("precious")
    with store.lease("x", 0):
        [lock] = locks(tmp_path / "ada" / "store")
    lock.unlink(missing_ok=True)
    traps: dict[str, Callable[[], None]] = {
        "symlink": lambda: lock.symlink_to(victim),
        "fifo": lambda: os.mkfifo(lock),
        "hard link": lambda: lock.hardlink_to(victim),
        "folder": lock.mkdir,
    }
    traps[trap]()
    with pytest.raises(CacheError):
        store.lease("x", 0).__enter__()
    assert victim.read_text() == "precious" and victim.stat().st_nlink == (2 if trap == "hard link" else 1)


def test_no_module_knows_a_folder_for_temporary_files() -> None:
    """But for the demo's, which has a Jupyter of its own."""
    root = Path(jupyter_auth.__file__).parent
    for path in root.rglob("*.py"):
        if path.is_relative_to(root / "cli" / "demo"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert "tempfile" not in names, path
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not node.value.startswith(("/tmp", "/var/tmp", "/dev/shm")), path  # noqa: S108


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="open files are seen in /proc")
def test_a_server_and_its_kernel_lock_nothing_there() -> None:
    """After sign-ins and refreshes nothing of ours is there; what is open lies in the store's folders."""
    with OidcProvider() as idp, place(idp.issuer) as made:
        idp.set(interval=1)
        temporary = made.root / "tmp"
        temporary.mkdir(mode=0o777)
        made.variables(TMPDIR=str(temporary))
        with made.server() as server:
            kernel = Kernel(server)
            kernel.run("import jupyter_auth as ja")
            cell = kernel.start("tok = ja.get_token('lake')", "None")
            idp.approve(pending(server)["user_code"], username="ada")
            kernel.result_of(cell)
            kernel.run("for _ in range(3): ja.get_token('lake', force_refresh=True, interactive=False)")
            left = sorted(path.name for path in temporary.rglob("*") if "auth" in path.name)
            opened = [path for path in files_of(server) if path.startswith(("/tmp", "/var/tmp"))]  # noqa: S108
            held = [path for path in opened if "lease" in path or "lock" in path or "generation" in path]
            kernel.close()
        assert left == [] and held, (left, opened)
        assert all(path.startswith(str(made.store)) for path in held), held
        assert locks(made.store)


def files_of(server: JupyterProcess) -> list[str]:
    """What the server and all that it started have open, by path."""
    mine = psutil.Process(server.pid)
    return [file.path for process in (mine, *mine.children(recursive=True)) for file in process.open_files()]

"""S1: files 0600, directories 0700, owner = euid, whatever the umask or a pre-made path."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_auth.cache import places
from jupyter_auth.cache.own_generation import own_generation
from jupyter_auth.core import sockets
from jupyter_auth.core.errors import NoSafeStoreError
from jupyter_auth.testing.store_contract import keys, put
from tests.idp import MisbehavingProvider
from tests.integration.conftest import pending
from tests.security.modes import is_closed, mode, open_below, ours, umask_of
from tests.support import Kernel, Place, place
from tests.unit.cache.conftest import OpenStore
from tests.unit.cache.samples import database, key_file, open_store, row


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o007], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    with umask_of(request.param):
        yield


@pytest.mark.usefixtures("umask")
def test_everything_is_private_whatever_the_umask(tmp_path: Path) -> None:
    made = tmp_path / "made" / "on the way"
    with closing(open_store(made)) as store:
        put(store, row())
        with store.lease("a sign-in", 1):
            names = {path.name for path in made.rglob("*")}
        assert {"tokens.db", "tokens.db-wal", "tokens.db-shm", "generation", "seal.key", "leases"} <= names
        assert open_below(tmp_path) == []
    own = own_generation(tmp_path / "run")
    assert own is not None
    with closing(sockets.bind(tmp_path / "run" / "socket")):
        assert open_below(tmp_path) == []


@pytest.mark.parametrize("too_open", [(0o777, 0o666), (0o755, 0o644), (0o500, 0o400)], ids=str)
def test_what_was_made_too_open_or_too_closed_is_corrected(
    tmp_path: Path, opened: OpenStore, too_open: tuple[int, int]
) -> None:
    store = opened()
    put(store, row())
    for path in tmp_path.rglob("*"):
        path.chmod(too_open[path.is_file()])
    put(opened(), row("second"))
    assert {path.name for path in open_below(tmp_path)} <= {".lock"}  # corrected when it is taken
    assert keys(store) == ["k", "second"]


def test_an_empty_file_that_lay_there_open_to_all_is_closed_before_it_is_used(tmp_path: Path) -> None:
    for path in (database(tmp_path), key_file(tmp_path), database(tmp_path).with_name("generation")):
        path.parent.mkdir(exist_ok=True, mode=0o777)
        path.parent.chmod(0o777)
    database(tmp_path).touch()
    database(tmp_path).chmod(0o666)
    with closing(open_store(tmp_path)) as store:
        put(store, row())
    assert open_below(tmp_path) == []


def _somebody_elses(path: Path, system: str) -> Path:
    """``path``, given away where we may do that; else what belongs to the system."""
    if os.geteuid() != 0:
        return Path(system)
    os.chown(path, 12345, 12345)
    return path


def test_what_belongs_to_somebody_else_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    file = _somebody_elses(tmp_path / "file", "/etc/passwd")
    folder = _somebody_elses(tmp_path / "folder", "/")
    before = mode(file), mode(folder)
    for check, path in (
        (places.private_folder, folder),
        (places.check_private_file, file),
        (places.ensure_private_file, file),
        (lambda path: places.read_private(path, 9), file),
    ):
        with pytest.raises(NoSafeStoreError, match="another user"):
            check(path)
    assert (mode(file), mode(folder)) == before


# -- all that a server keeps ----------------------------------------------------------------------


def _made_before(made: Place, bits: int) -> None:
    """Every folder of ours is there already and open to all, with empty files and locks in them."""
    folders = (made.store, made.store / "leases", made.config / "jupyter_auth")
    for folder in (made.runtime, *folders):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o777)
    for file in (
        made.store / "tokens.db", made.store / "tokens.db-wal", made.store / "generation",
        made.config / "jupyter_auth" / ".lock", made.config / "jupyter_auth" / ".seal.key.new",
    ):  # fmt: skip
        file.touch()
        file.chmod(bits)


@pytest.mark.parametrize("bits", [0o777, 0o644, None], ids=["0777", "0644", "nothing there"])
def test_all_that_a_server_with_umask_000_keeps_is_closed(bits: int | None) -> None:
    with MisbehavingProvider() as idp, place(idp.issuer) as made:
        if bits is not None:
            _made_before(made, bits)
        with umask_of(0), made.server() as server:
            kernel = Kernel(server)
            cell = kernel.start("import jupyter_auth as ja\ntok = ja.get_token('lake')", "tok.profile")
            pending(server)
            idp.approve()
            assert kernel.result_of(cell) == "lake"
            kernel.run("ja.get_token('lake', force_refresh=True)")
            kernel.close()
            found = list(ours(made))
            names = {path.name for path in found}
            assert {
                "tokens.db",
                "tokens.db-wal",
                "generation",
                "seal.key",
                "leases",
                made.socket.name,
            } <= names
            assert [path for path in found if not is_closed(path)] == []


@pytest.mark.parametrize("bits", [0o777, 0o700])
def test_so_are_the_copies_of_a_server_that_keeps_tokens_in_memory(bits: int) -> None:
    with place() as made:
        (made.runtime / "jupyter_auth").mkdir()
        (made.runtime / "jupyter_auth").chmod(bits)
        with umask_of(0), made.server("--JupyterAuth.store=memory") as server:
            server.delete("jupyter_auth/v1/cache").raise_for_status()
            found = list(ours(made))
            assert any(path.name.startswith("generation-") for path in found), found
            assert [path for path in found if not is_closed(path)] == []

"""Broken set-ups: the token store and its key."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing

from tests.doctor.bench import Bench, SetUp, Wanted


def key_open(bench: Bench) -> Iterator[Wanted | None]:
    """The sealing key can be read by everybody."""
    key = bench.made.config / "jupyter_auth" / "seal.key"
    key.parent.mkdir(mode=0o700)
    key.write_text("ab" * 32 + "\n")
    key.chmod(0o644)
    yield Wanted(check="sealing key", reason="key_unsafe", says="mode 0644", remedy="chmod 600")
    yield None


def no_place_for_the_key(bench: Bench) -> Iterator[Wanted | None]:
    """There is no keyring, and a file stands where the key's folder is to be."""
    (bench.made.config / "jupyter_auth").write_text("")
    yield Wanted(check="sealing key", reason="key_unsafe", says="is not safe", remedy="mv ")
    yield None


def operator_key_missing(bench: Bench) -> Iterator[Wanted | None]:
    """The operator's key file is missing."""
    bench.configure(f"c.JupyterAuth.seal_key_file = {str(bench.made.root / 'operator.key')!r}")
    yield Wanted(check="sealing key", reason="key_missing", says="operator.key", remedy="umask 077")
    yield None


def network_store(bench: Bench) -> Iterator[Wanted | None]:
    """The token store is on NFS."""
    bench.python = sys.executable  # what the configuration does to that process ends with it
    bench.configure(
        "from jupyter_auth.cache import filesystems\n"
        f"data = {str(bench.made.data)!r}\n"
        "filesystems.network_filesystem = lambda path: 'nfs4' if data in str(path) else None"
    )
    yield Wanted(check="store", reason="network_filesystem", says="nfs4", remedy="c.JupyterAuth.store_path =")
    bench.configure(f"c.JupyterAuth.store_path = {str(bench.made.root / 'local')!r}")  # for "/a/local/folder"
    yield None


def linked_store(bench: Bench) -> Iterator[Wanted | None]:
    """The token store's folder is a link."""
    (bench.made.root / "elsewhere").mkdir(mode=0o700)
    bench.made.store.symlink_to(bench.made.root / "elsewhere")
    yield Wanted(check="store", reason="store_unsafe", says="it is a link", remedy="Move it away")
    bench.made.store.unlink()
    yield None


def newer_store(bench: Bench) -> Iterator[Wanted | None]:
    """The token store is of a newer version."""
    bench.made.store.mkdir(mode=0o700)
    with closing(sqlite3.connect(bench.made.store / "tokens.db")) as db, db:
        db.execute("CREATE TABLE header (name TEXT PRIMARY KEY, value) WITHOUT ROWID")
        db.executemany("INSERT INTO header VALUES (?, ?)", [("schema", 99), ("written_by", "9.9.9")])
    yield Wanted(check="store", reason="store_version", says="9.9.9", remedy="c.JupyterAuth.store_path")
    bench.configure(f"c.JupyterAuth.store_path = {str(bench.made.root / 'own')!r}")
    yield None


def damaged_store(bench: Bench) -> Iterator[Wanted | None]:
    """The token store's file is no database."""
    bench.made.store.mkdir(mode=0o700)
    (bench.made.store / "tokens.db").write_bytes(b"what a disk gives back " * 400)
    yield Wanted(check="store", reason="store_damaged", says="damaged", remedy="mv ")
    yield None


SET_UPS: tuple[SetUp, ...] = (
    key_open,
    no_place_for_the_key,
    operator_key_missing,
    network_store,
    linked_store,
    newer_store,
    damaged_store,
)

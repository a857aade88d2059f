"""S49: no audit record can hold a secret, and none is lost unseen.

Attacked by secrets in every field, by names that would forge lines, by what is put at the log's path, and by
a disk that takes nothing.
"""

import asyncio
import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.broker.auditing.file import AuditFile
from jupyter_auth.core.audit import (
    AuditRecord,
    Decision,
    Id,
    Name,
    Scope,
    Slug,
    Source,
    UserSource,
    Via,
    rfc3339,
    scopes_of,
)
from jupyter_auth.core.secret import Secret
from tests.security.audit_log import lines
from tests.support import until

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"
TEXTS = (Id, Slug, Scope, Name)


def record(**about: Any) -> AuditRecord:
    return AuditRecord(at=1_790_000_000_123, decision=Decision.FIRST_USE, **about)


class Sly(str):
    """Text that shows itself otherwise when nobody looks."""

    __slots__ = ()

    def __str__(self) -> str:
        return "canary-of-a-sly-string"


# -- by type -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("value", [Secret("canary"), Sly("a"), b"canary", 5, None, ["canary"]])
def test_no_text_is_made_of_anything_but_plain_text(kind: Any, value: Any) -> None:
    for make in (kind, kind.of):
        if value is None and make != kind:
            continue  # what is not there is not told
        with pytest.raises(TypeError) as caught:
            make(value)
        assert "canary" not in str(caught.value)


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("value", ["", "a\nb", "a\x00", "a\u2028b", "a\u202eb", "x" * 500, JWT])
def test_no_text_is_unclean_too_long_or_a_token(kind: Any, value: str) -> None:
    with pytest.raises(ValueError, match=r"^(this is )?no |^a Name") as caught:
        kind(value)
    assert not value or value not in str(caught.value)


@pytest.mark.parametrize("name", [field.name for field in fields(AuditRecord)])
@pytest.mark.parametrize("value", [Secret("canary"), "canary", Sly("canary"), (Secret("canary"),), True, 1.5])
def test_no_field_takes_a_secret_or_any_text(name: str, value: Any) -> None:
    given = {"at": 1, "decision": Decision.HITS, name: value}
    with pytest.raises(TypeError) as caught:
        AuditRecord(**given)
    assert "canary" not in str(caught.value)


def test_nothing_is_put_in_afterwards() -> None:
    made = record()
    with pytest.raises(AttributeError):
        made.notebook = "canary"  # type: ignore[misc, assignment]
    with pytest.raises((AttributeError, TypeError)):
        made.token = "canary"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (
            'a.ipynb"}\n{"decision":"signed_in","user":"root"',
            'a.ipynb"} {"decision":"signed_in","user":"root"',
        ),
        ("a\r\n\x1b[2Kb\u2028c\u202ed", "a [2Kb cd".replace("b c", "bc")),
        (f"run {JWT}.ipynb", "run •••ipynb".replace("•••ipynb", "•••")),
        ("x" * 1000, "x" * 159 + "…"),
    ],
)
def test_a_name_forges_no_line(name: str, shown: str) -> None:
    line = record(notebook=Name.of(name), kernel_name=Name.of(name), user=Name.of(name)).to_line()
    assert line.isascii() and line.isprintable() and len(line.splitlines()) == 1
    told = json.loads(line)
    assert told["notebook"] == told["kernel_name"] == told["user"] == shown
    assert told["decision"] == "first_use"


def test_a_reason_or_scope_that_somebody_invents_is_no_place_for_a_token() -> None:
    assert Slug.of("No such thing: " + JWT) == "other" and Slug.of("access_denied") == "access_denied"
    assert scopes_of(["lake.read", JWT, "x" * 300, "a b"]) == ("lake.read",)
    assert len(scopes_of(f"s{n}" for n in range(1000))) == 100
    assert Id.of(f"../{JWT}") is None


def test_the_event_has_ids_and_states_only() -> None:
    told = record(
        user=Name("ada"), kernel_name=Name("Python 3"), notebook=Name("a.ipynb"), kernel_id=Id("k1")
    )
    assert set(told.to_wire()) - set(told.to_event()) == {"user", "user_source", "kernel_name", "notebook"}
    assert told.to_event()["at"] == rfc3339(1_790_000_000_123) == "2026-09-21T14:13:20.123Z"
    assert Source("store") in Source and Via("rest") in Via and UserSource("system") in UserSource


# -- the file ----------------------------------------------------------------------------------------------


@pytest.fixture
def opened() -> Iterator[Callable[[Path], AuditFile]]:
    made: list[AuditFile] = []

    def open_at(path: Path) -> AuditFile:
        made.append(AuditFile(path))
        return made[-1]

    yield open_at
    for file in made:
        file.close()


def written(file: AuditFile, count: int = 1) -> None:
    """Have records written, or refused."""
    for n in range(count):
        file(record(count=n + 1))
    until(lambda: not file._waiting)


def test_the_file_is_closed_to_others_whatever_the_umask(
    tmp_path: Path, opened: Callable[[Path], AuditFile]
) -> None:
    path, made_before = tmp_path / "audit.jsonl", tmp_path / "before.jsonl"
    made_before.write_text("")
    made_before.chmod(0o666)
    mask = os.umask(0)
    try:
        written(opened(path))
        written(opened(made_before))
    finally:
        os.umask(mask)
    for file in (path, made_before):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600 and len(lines(file)) == 1


@pytest.mark.parametrize("trap", ["symlink", "dangling", "hard link", "fifo", "folder", "no folder"])
def test_what_is_put_at_its_path_is_not_written_to(
    tmp_path: Path, opened: Callable[[Path], AuditFile], trap: str, caplog: pytest.LogCaptureFixture
) -> None:
    path, victim = tmp_path / "audit.jsonl", tmp_path / "victim"
    victim.write_text("precious")
    traps: dict[str, Callable[[], None]] = {
        "symlink": lambda: path.symlink_to(victim),
        "dangling": lambda: path.symlink_to(tmp_path / "new"),
        "hard link": lambda: path.hardlink_to(victim),
        "fifo": lambda: os.mkfifo(path),
        "folder": path.mkdir,
        "no folder": lambda: None,
    }
    traps[trap]()
    file = opened(path if trap != "no folder" else tmp_path / "missing" / "audit.jsonl")
    started = time.monotonic()
    written(file, 5)
    assert time.monotonic() - started < 50, "it hangs"
    assert victim.read_text() == "precious" and not (tmp_path / "new").exists()
    assert file.problem is not None and file.lost == 5
    told = [r for r in caplog.records if r.levelname == "ERROR"]
    assert len(told) == 1 and "given out all the same" in told[0].getMessage()


def test_a_log_that_was_moved_is_begun_anew(tmp_path: Path, opened: Callable[[Path], AuditFile]) -> None:
    path, moved = tmp_path / "audit.jsonl", tmp_path / "audit.jsonl.1"
    file = opened(path)
    written(file, 2)
    path.rename(moved)
    written(file)
    path.unlink()
    written(file)
    assert [len(lines(p)) for p in (moved, path)] == [2, 1]


def test_a_disk_that_is_full_costs_records_and_says_how_many(
    tmp_path: Path, opened: Callable[[Path], AuditFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a line is all that it takes; the next one begins on a line of its own."""
    path, real = tmp_path / "audit.jsonl", os.write
    file = opened(path)
    written(file)
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[: len(data) // 2]))
    written(file, 3)
    assert file.problem is not None and file.lost == 3
    monkeypatch.setattr(os, "write", real)
    written(file)
    assert file.problem is None and file.lost == 0
    good = [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]
    assert [(r["decision"], r["count"]) for r in good] == [
        ("first_use", 1),
        ("records_lost", 3),
        ("first_use", 1),
    ]


def test_several_processes_share_a_log(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    children = []
    for _ in range(4):
        if (child := os.fork()) == 0:
            mine = AuditFile(path)
            for _ in range(200):
                mine(record(scopes=scopes_of(f"scope{n}" for n in range(100))))
            mine.close()
            os._exit(0)
        children.append(child)
    assert all(os.waitpid(child, 0)[1] == 0 for child in children)
    assert len(lines(path)) == 800


async def test_a_kernel_that_is_refused_all_the_time_fills_no_log(tmp_path: Path) -> None:
    from jupyter_auth.broker.auditing.actors import Actor
    from jupyter_auth.broker.auditing.audit import Audit
    from jupyter_auth.broker.clock import Clock
    from jupyter_auth.core.errors import ProfileError
    from jupyter_auth.core.statistics import Statistics

    statistics, told = Statistics(), list[AuditRecord]()
    audit = Audit(Clock(), statistics, lambda _: None)
    audit.delivery.sinks.append(told.append)
    kernel = Actor(via=Via.KERNEL, kernel_id="k")
    for n in range(10_000):
        audit.denied(ProfileError("no", reason="unknown_profile"), profile=f"p{n}", by=kernel)
    await asyncio.sleep(0)
    await audit.close()
    assert len(told) < 70 and sum(r.count for r in told) == 10_000
    assert statistics.denials == {"unknown_profile": 10_000}

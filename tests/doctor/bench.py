"""One broken set-up: the doctor looks, its remedy is applied to the letter, and it looks again."""

import contextlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from jupyter_auth.cache.seals import keyrings
from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from jupyter_auth.cli.main import main
from tests.support import Place, place

Row = dict[str, Any]
#: Lines that change the machine, and not the set-up: a test does what comes to the same.
NOT_RUN = re.compile(r"sudo timedatectl|jupyter lab$|du -|redis-cli|\S+ -m pip install jupyter-token-broker$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the doctor must name. ``says`` must be in its message, ``remedy`` in what is to be done."""

    check: str
    reason: str
    says: str = ""
    remedy: str = ""


@dataclass(kw_only=True)
class Bench:
    """A place, and what a person has in their hands there."""

    made: Place
    stack: ExitStack
    python: str = ""  # a Python of the set-up's own, in whose process the doctor runs
    prefix: list[str] = field(default_factory=list)  # what its command is run by

    @property
    def environment(self) -> dict[str, str]:
        return self.made.environment  # type: ignore[return-value]

    def doctor(self, *words: str) -> tuple[int, list[Row], str]:
        """Its exit code, its findings, and all that it wrote."""
        words = ("doctor", *(words or ("--json",)))
        if self.python or self.prefix:
            command = [*self.prefix, self.python or sys.executable, "-m", "jupyter_auth.cli.main", *words]
            run = subprocess.run(
                command, env=self.environment, cwd=self.made.root, capture_output=True, text=True, check=False
            )
            code, said, more = run.returncode, run.stdout, run.stderr
        else:
            keyrings._silent.clear()
            out, aside = io.StringIO(), io.StringIO()
            with (
                mock.patch.dict(os.environ, self.environment, clear=True),
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(aside),
            ):
                code = main(words)
            said, more = out.getvalue(), aside.getvalue()
        rows: list[Row] = json.loads(said) if "--json" in words else []
        return code, rows, said + more

    def server(self, *options: str) -> JupyterProcess:
        """A running server of this place, which ends with the set-up."""
        return self.stack.enter_context(self.made.server(*options))

    def configure(self, line: str) -> None:
        """A line of Jupyter's own configuration."""
        with (self.made.config / "jupyter_server_config.py").open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    def apply(self, found: Mapping[str, Any]) -> None:
        """What the finding says is to be run and written, as it stands there."""
        for line in found["write"]:
            self._write(line, found["about"] or "lake")
        for line in found["run"]:
            self._run(line)

    def _write(self, line: str, profile: str) -> None:
        if line.startswith("c."):
            self.configure(line)
            return
        if line.startswith("["):
            with self.made.toml.open("a", encoding="utf-8") as toml:
                toml.write(f"{line}\n")
            return
        if line.startswith('"jupyter_auth"'):
            file = self.made.config / "jupyter_server_config.json"
            file.write_text(f'{{"ServerApp": {{"jpserver_extensions": {{{line}}}}}}}', encoding="utf-8")
            return
        key = line.partition("=")[0].strip()
        before, table, rest = self.made.toml.read_text(encoding="utf-8").partition(f"[profiles.{profile}]\n")
        assert table, f"no profile {profile}"
        own, bracket, others = rest.partition("\n[")
        kept = [known for known in own.splitlines() if known.partition("=")[0].strip() != key]
        text = before + table + "\n".join([line, *kept]) + "\n" + bracket + others
        self.made.toml.write_text(text, encoding="utf-8")

    def _run(self, line: str) -> None:
        if NOT_RUN.search(line):
            return
        if line.startswith("export "):
            name, _, value = line.removeprefix("export ").partition("=")
            self.environment[name] = value
            return
        path = f"{Path(sys.executable).parent}:{self.environment['PATH']}"
        command = line.removeprefix("sudo ")
        run = subprocess.run(
            ["bash", "-c", command],
            env={**self.environment, "PATH": path},
            cwd=self.made.root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, (line, run.stdout, run.stderr)


#: Breaks something, yields what the doctor must name; goes on once its remedy's lines were applied, and does
#: what a person has to do by hand; yields again (anything) for the second look.
SetUp = Callable[[Bench], Iterator[Wanted | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A row of the table."""

    set_up: str
    named: str
    remedy: str
    after: str

    @property
    def is_right(self) -> bool:
        return bool(self.named) and self.after == "content"

    def to_json(self) -> str:
        """As a test's report carries it."""
        return json.dumps(asdict(self))


def title(set_up: SetUp) -> str:
    """The first line of what the set-up says of itself."""
    return (set_up.__doc__ or set_up.__name__).splitlines()[0].rstrip(".")


def play(set_up: SetUp) -> Outcome:
    """Break it, look, mend it as told, look again. Raises ``AssertionError`` where the doctor is wrong."""
    with ExitStack() as stack:
        made = stack.enter_context(place())
        made.environment.update(JUPYTER_PREFER_ENV_PATH="0", HOME=str(made.root))  # type: ignore[attr-defined]
        bench = Bench(made=made, stack=stack)
        steps = set_up(bench)
        wanted = next(steps)
        assert wanted is not None
        before = _seen(made.root)
        code, rows, said = bench.doctor()
        assert _seen(made.root) == before, "it changed something"
        found = _named(rows, wanted)
        assert code == (1 if found["state"] == "fault" else 0), said
        others = [row for row in rows if row["state"] == "fault" and row is not found]
        assert not [row for row in others if row["reason"] in {"check_failed", "check_timeout"}], others
        assert "canary" not in said, said
        bench.apply(found)
        next(steps, None)
        code, rows, said = bench.doctor()
        left = [row for row in rows if row["state"] == "fault" or row["reason"] == wanted.reason]
        assert code == 0 and not left, left
        next(steps, None)
    return Outcome(
        set_up=title(set_up),
        named=f"{found['state']} {found['check']}: {found['reason']}",
        remedy=found["remedy"].replace("\n", " ⏎ "),
        after="content",
    )


def _named(rows: list[Row], wanted: Wanted) -> Row:
    found = [row for row in rows if (row["check"], row["reason"]) == (wanted.check, wanted.reason)]
    assert len(found) == 1, [row for row in rows if row["state"] != "ok"]
    row = found[0]
    assert wanted.says in row["message"], row
    assert row["remedy"] and wanted.remedy in row["remedy"], row
    return row


def _seen(root: Path) -> dict[str, tuple[int, int, int]]:
    """Every file and folder below it: mode, owner, and when it was changed; logs and caches aside."""
    found = {}
    for path in root.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            status = path.lstat()
            if not {"__pycache__", "ipython"} & set(path.parts) and path.suffix not in {".log", ".pyc"}:
                is_folder = path.is_dir()
                found[str(path)] = (status.st_mode, status.st_uid, 0 if is_folder else status.st_mtime_ns)
    return found


def told_by(properties: Iterable[tuple[str, object]]) -> list[Outcome]:
    """The rows that the reports of tests carry."""
    return [Outcome(**json.loads(str(value))) for name, value in properties if name == "doctor"]


def table(outcomes: list[Outcome]) -> str:
    """Set-up, named fault, remedy, after the remedy."""
    wide = max(len(row.set_up) for row in outcomes)
    named = max(len(row.named) for row in outcomes)
    lines = [
        f"{row.set_up:<{wide}}  {row.named:<{named}}  {row.after:<8}  {_short(row.remedy)}"
        for row in outcomes
    ]
    right = sum(row.is_right for row in outcomes)
    return "\n".join([*lines, f"{right} of {len(outcomes)}: the fault named, and its remedy right"])


def _short(text: str, limit: int = 150) -> str:
    text = re.sub(r"/tmp/ja-\w+", "…", text)  # noqa: S108
    return text if len(text) <= limit else f"{text[: limit - 1]}…"

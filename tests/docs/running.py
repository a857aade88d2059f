"""A page's blocks one after the other, and what became of each."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from jupyter_auth.cli.demo.servers import DemoError
from tests.docs import configuring, elsewhere
from tests.docs.checks import TO_LOOK_AT, is_configuration, problems
from tests.docs.collecting import Block, blocks, pages
from tests.docs.marks import REASONS, WRITING
from tests.docs.stage import Stage
from tests.idp import ProviderError


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How it went with one block; ``how`` is for the table."""

    block: Block
    how: str
    seconds: float
    problem: str = ""


def run_page(stage: Stage, page: Path) -> list[Outcome]:
    """Run a page as a reader would, from its beginning."""
    found = blocks(page)
    if any(_needs_stage(block) for block in found):
        stage.begin()
    return [run(stage, block) for block in found]


def failed(stage: Stage, page: Path) -> list[str]:
    """What went wrong on a page."""
    return [outcome.problem for outcome in run_page(stage, page) if outcome.problem]


def run(stage: Stage, block: Block) -> Outcome:
    """Check a block, and run it unless its marks say why not."""
    how, began = how_of(block), time.monotonic()
    wrong = [] if block.marks.keys_of else problems(block)
    if block.marks.run_by and block.language not in TO_LOOK_AT:
        wrong += elsewhere.missing(block)
    if not wrong and block.marks.is_run and block.language not in TO_LOOK_AT:
        wrong = list(filter(None, _run(stage, block)))
    told = "\n".join(wrong)
    problem = f"{block} ({how}):\n{block.text}\n{told}" if told else ""
    return Outcome(block=block, how=how, seconds=time.monotonic() - began, problem=problem)


def _run(stage: Stage, block: Block) -> list[str]:
    try:
        if is_configuration(block):
            return configuring.read_settings(block)
        if block.language == "toml":
            return configuring.read_toml(block)
        if block.language == "bash":
            return [stage.bash(block)]
        if block.language == "python":
            return _in_kernel(stage, block)
    except subprocess.TimeoutExpired as problem:
        return [f"It did not end in {problem.timeout:.0f} s."]
    return []  # JSON, YAML: that it can be read is what there is to say


def _in_kernel(stage: Stage, block: Block) -> list[str]:
    try:
        stage.python(block)
    except (DemoError, ProviderError) as problem:
        hint = f"\n\n{WRITING}" if "NameError" in str(problem) else ""
        return [f"{problem}{hint}", *getattr(problem, "__notes__", ())]
    return []


def _needs_stage(block: Block) -> bool:
    return block.marks.is_run and block.language in {"python", "bash"} and not is_configuration(block)


def how_of(block: Block) -> str:
    """What is done with a block, in a word or two."""
    if block.language in TO_LOOK_AT:
        return "to look at"
    if block.marks.not_run:
        return f"not run: {block.marks.not_run}"
    if block.marks.run_by:
        return "run by another test"
    if is_configuration(block):
        return "configuration, loaded"
    ran = {"python": "Python, run", "bash": "shell, run", "toml": "TOML, loaded"}
    return ran.get(block.language, f"{block.language}, parsed")


def counted() -> list[str]:
    """The table of the whole documentation."""
    return table(block for page in pages() for block in blocks(page))


def table(found: Iterable[Block]) -> list[str]:
    """How many blocks each way, and what the reasons are."""
    counted = Counter(how_of(block) for block in found)
    rows = [f"{sum(counted.values()):4} code blocks in the documentation"]
    for how, count in sorted(counted.items(), key=lambda row: ("not run" in row[0], row[0])):
        reason = REASONS.get(how.removeprefix("not run: "), "")
        rows.append(f"{count:4} {how}{': ' + reason if reason else ''}")
    return rows

"""Run the code blocks of pages, of all or of some: ``python -m tests.docs [PAGE …]``."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.docs.collecting import blocks, pages
from tests.docs.running import run_page, table
from tests.docs.stage import stage


def main(names: list[str]) -> int:
    """0 if all went well."""
    wanted = [Path(name).resolve() for name in names] or pages()
    failed = 0
    with TemporaryDirectory() as folder, stage(Path(folder)) as made:
        for page in wanted:
            for outcome in run_page(made, page):
                sign = "✗" if outcome.problem else "✓"
                print(f"{sign} {outcome.block}  {outcome.how}  {outcome.seconds:.1f} s", flush=True)
                if outcome.problem:
                    failed += 1
                    print(outcome.problem, flush=True)
    print("\n".join(table(block for page in wanted for block in blocks(page))))
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

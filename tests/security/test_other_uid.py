"""Another user of the machine gets nothing of a careless one: see ``other_uid``."""

import json
import os
import subprocess
import sys

import pytest

from tests.security.other_uid import HEARD, TOLD
from tests.security.users import NEEDS_ROOT
from tests.unit.cache.elsewhere import ROOT


@pytest.mark.skipif(os.geteuid() != 0, reason=NEEDS_ROOT)
@pytest.mark.timeout(300)
def test_another_user_gets_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tests.security.other_uid", "--json"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    rows = json.loads(done.stdout)
    assert [row for row in rows if row[1] == "got"] == []
    assert [row[0] for row in rows if row[1] == HEARD] == ["listen to a kernel's ZMQ ports"]
    assert [row[0] for row in rows if row[1] == TOLD] == ["leave things for Jupyter to run in HOME"]
    assert len(rows) == 18

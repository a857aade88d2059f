"""`jupyter auth demo --check`: the product's main job, by the command that people are told to run."""

import subprocess
import sys


def test_the_check_goes_well() -> None:
    command = [sys.executable, "-m", "jupyter_auth.cli.main", "demo", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All 12 steps went well" in done.stdout

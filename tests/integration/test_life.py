"""The life of a server: what it leaves, and what a crashed one left."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.support import Kernel, Place


def test_the_socket_is_private_and_goes_with_the_server(fresh: Place) -> None:
    with fresh.server():
        path = fresh.socket
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not path.exists()


def test_after_a_crash_the_next_server_cleans_up(
    fresh: Place, sign_in: Callable[..., str], start_kernels: Callable[..., list[Kernel]]
) -> None:
    with fresh.server() as crashed:
        sign_in(start_kernels(crashed)[0])
        left = fresh.socket
        assert crashed._process is not None
        os.kill(crashed.pid, signal.SIGKILL)
        crashed._process.wait(10)
    assert left.exists()
    with fresh.server() as second:
        assert not left.exists()
        kernel = start_kernels(second)[0]
        assert kernel.run("tok = ja.get_token('lake')", "tok.metadata.token_source") == "cache"


def test_a_long_path_to_the_socket(
    fresh: Place, sign_in: Callable[..., str], start_kernels: Callable[..., list[Kernel]]
) -> None:
    deep = fresh.root / ("r" * 90) / ("s" * 60)
    deep.mkdir(parents=True, mode=0o700)
    fresh.variables(JUPYTER_RUNTIME_DIR=str(deep))
    server = fresh.server(ports=True)  # a socket of Jupyter's own would have too long a path
    server._space = type("Deep", (Place,), {"runtime": deep})(root=fresh.root, environment=fresh.environment)
    with server:
        assert len(str(next(deep.glob("jupyter_auth-*.sock")))) > 108
        sign_in(start_kernels(server)[0])


def test_two_servers_do_not_take_each_other_s_kernels(
    home: Place, server: JupyterProcess, kernel: Kernel
) -> None:
    with home.server() as other:
        own = kernel.run("from jupyter_auth.kernel.api import status", "status()['broker']['pid']")
        assert own == server.pid
        assert other.pid != own


def test_a_script_that_a_cell_starts_speaks_for_its_kernel(
    home: Place, kernel: Kernel, sign_in: Callable[..., str]
) -> None:
    sign_in(kernel)
    code = "import jupyter_auth as ja; print(ja.get_token('lake').metadata.token_source)"
    kernel.run("import subprocess, sys, os")
    kernel.run(f"out = subprocess.run([sys.executable, '-c', {code!r}], capture_output=True, text=True)")
    assert kernel.value("out.stdout.strip()") == "cache", kernel.value("out.stderr")
    leaked = kernel.value("[k for k, v in os.environ.items() if 'JUPYTER_AUTH' in k]")
    assert leaked == ["JUPYTER_AUTH_CONNECTION_FILE"]


LOADED = """
import sys
before = set(sys.modules)
get_ipython().run_line_magic("load_ext", "jupyter_auth")
new = sorted(set(sys.modules) - before)
"""
FIRST = """
import sys
before = set(sys.modules)
import jupyter_auth
jupyter_auth.get_token("lake", interactive=False)
new = sorted(set(sys.modules) - before)
"""
#: Each costs a kernel about 0.1 ms. One more is to be what every token needs, or imported where it is used.
GUARD = {"core.known", "core.log_filter", "core.redaction", "kernel.output_guard", "kernel.own"}
CALLING = {
    f"core.{name}" for name in ("errors", "frames", "generation", "result", "secret", "sockets", "wire")
}
CLIENT = {f"kernel.{name}" for name in ("acquiring", "api", "client", "connection", "finding", "memory")}


def _ours(new: list[str]) -> set[str]:
    """Our modules among them; of others there is none but the standard library's and IPython's."""
    names = {*sys.stdlib_module_names, "jupyter_auth", "IPython"}
    assert [name for name in new if name.partition(".")[0] not in names] == []
    packages = {"jupyter_auth", "jupyter_auth.core", "jupyter_auth.kernel"}
    assert packages <= set(new)
    ours = set(new) - packages
    return {name.removeprefix("jupyter_auth.") for name in ours if name.startswith("jupyter_auth.")}


def test_load_ext_brings_what_every_kernel_needs_and_no_more(server: JupyterProcess) -> None:
    with closing(Kernel(server)) as kernel:
        assert _ours(kernel.run(LOADED, "new")) == {*GUARD, "kernel.magics"}


def test_a_first_silent_token_brings_what_every_token_needs_and_no_more(
    server: JupyterProcess, kernel: Kernel, sign_in: Callable[..., str]
) -> None:
    sign_in(kernel)
    with closing(Kernel(server)) as new:
        assert _ours(new.run(FIRST, "new")) == GUARD | CALLING | CLIENT


def test_command_line_status_and_doctor(home: Place, kernel: Kernel, sign_in: Callable[..., str]) -> None:
    sign_in(kernel)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "jupyter_auth.cli.main", *words]
        return subprocess.run(
            command, env=dict(home.environment), capture_output=True, text=True, timeout=110, check=False
        )

    said = run("status")
    assert said.returncode == 0 and "ada · lake · signed in" in said.stdout, said
    assert json.loads(run("status", "--json").stdout)[0]["status"]["store"]["name"] == "sqlite"
    healthy = run("doctor")
    assert healthy.returncode == 0 and "FAULT" not in healthy.stdout, healthy.stdout
    home.profile("http://127.0.0.1:9/none", name="broken", more='client_idd = "x"')
    home.profile("http://127.0.0.1:9/none", name="down")
    sick = run("doctor")
    assert sick.returncode == 1
    assert 'profiles.broken.client_idd: unknown key; did you mean "client_id"?' in sick.stdout
    assert "127.0.0.1:9 refuses connections" in sick.stdout
    assert run("fly").returncode == 2


def test_a_changed_configuration_takes_effect_at_the_next_use(home: Place, kernel: Kernel) -> None:
    said = kernel.fails("ja.get_token('other', interactive=False)")
    assert "There is no profile 'other'" in said
    home.profile("http://127.0.0.1:9/none", name="other")
    time.sleep(0.01)
    said = kernel.fails("ja.get_token('other', interactive=False)")
    assert "Nobody is signed in to other" in said


def test_a_new_default_profile_is_heeded_by_a_kernel_that_holds_a_token(
    home: Place, kernel: Kernel, sign_in: Callable[..., str]
) -> None:
    sign_in(kernel, "tok = ja.get_token()")
    assert kernel.run("tok = ja.get_token()", "tok.profile") == "lake"
    home.profile("http://127.0.0.1:9/none", name="other")
    home.toml.write_text('default_profile = "other"\n' + home.toml.read_text())
    time.sleep(1.5)
    assert "Nobody is signed in to other" in kernel.fails("ja.get_token(interactive=False)")


def test_signing_out_and_clearing_after_the_profile_has_gone(
    home: Place, kernel: Kernel, sign_in: Callable[..., str]
) -> None:
    sign_in(kernel)
    home.toml.write_text("")
    report = kernel.run("report = ja.sign_out()", "report.to_wire()")
    assert [(a["username"], a["outcome"]) for a in report["accounts"]] == [("ada", "failed")]
    assert kernel.run("report = ja.clear_cache()", "report.to_wire()")["accounts"] == []

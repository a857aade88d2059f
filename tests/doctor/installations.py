"""Broken set-ups: what is installed and configured."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path

from jupyter_auth import __version__
from tests.doctor.bench import Bench, SetUp, Wanted
from tests.doctor.wheels import OTHER, checkout, pack, pip_install
from tests.idp import MisbehavingProvider


def other_package(bench: Bench) -> Iterator[Wanted | None]:
    """The other `jupyter-auth` of PyPI is installed over ours."""
    site = own_python(bench)
    pip_install(bench.python, pack(bench.made.root, "jupyter_auth", "0.0.2", OTHER))
    assert "setup_handlers" in (site / "jupyter_auth" / "__init__.py").read_text()
    yield Wanted(
        check="packages",
        reason="other_package",
        says="jupyter-auth 0.0.2",
        remedy="uninstall -y jupyter-auth",
    )
    yield None


def files_of_ours_replaced(bench: Bench) -> Iterator[Wanted | None]:
    """A file of ours was replaced, as by another package that is gone again."""
    site = own_python(bench)
    (site / "jupyter_auth" / "__init__.py").write_text(f"__version__ = {__version__!r}\n")
    yield Wanted(
        check="packages", reason="files_changed", says="jupyter_auth/__init__.py", remedy="--force-reinstall"
    )
    yield None


def extension_disabled(bench: Bench) -> Iterator[Wanted | None]:
    """The server extension is disabled in the person's configuration."""
    folder = bench.made.config / "jupyter_server_config.d"
    folder.mkdir()
    (folder / "jupyter_auth.json").write_text(json.dumps(switched(on=False)))
    yield Wanted(
        check="server extension", reason="extension_disabled", says=str(bench.made.config), remedy="--user"
    )
    yield None


def extension_disabled_by_hand(bench: Bench) -> Iterator[Wanted | None]:
    """The server extension is disabled in jupyter_server_config.json."""
    file = bench.made.config / "jupyter_server_config.json"
    file.write_text(json.dumps(switched(on=False)))
    yield Wanted(
        check="server extension", reason="extension_disabled", says=str(file), remedy='"jupyter_auth": true'
    )
    yield None


def extension_unknown(bench: Bench) -> Iterator[Wanted | None]:
    """No configuration enables the server extension."""
    own_python(bench)
    (bench.made.root / "venv/etc/jupyter/jupyter_server_config.d/jupyter_auth.json").unlink()
    yield Wanted(check="server extension", reason="extension_missing", remedy="jupyter_auth.json")
    yield None


def labextension_missing(bench: Bench) -> Iterator[Wanted | None]:
    """The files of the JupyterLab extension are missing."""
    own_python(bench)
    shutil.rmtree(bench.made.root / "venv/share/jupyter/labextensions/jupyter-token-broker")
    yield Wanted(check="labextension", reason="labextension_missing", remedy="--force-reinstall")
    yield None


def labextension_disabled(bench: Bench) -> Iterator[Wanted | None]:
    """The JupyterLab extension is disabled."""
    run("jupyter", "labextension", "disable", "--level", "user", "jupyter-token-broker", **bench.environment)
    yield Wanted(
        check="labextension", reason="labextension_disabled", remedy="labextension enable --level user"
    )
    yield None


def misspelt_key(bench: Bench) -> Iterator[Wanted | None]:
    """A profile has a key that is misspelt."""
    issuer = bench.stack.enter_context(MisbehavingProvider()).issuer
    text = f'[profiles.lake]\nissuer = "{issuer}"\nclient_idd = "nb"\nclient_id = "nb"\n'
    bench.made.toml.write_text(text)
    yield Wanted(
        check="configuration",
        reason="configuration_wrong",
        says="client_idd",
        remedy="Write client_id in the place of client_idd",
    )
    bench.made.toml.write_text(text.replace('client_idd = "nb"\n', ""))
    yield None


def plain_http(bench: Bench) -> Iterator[Wanted | None]:
    """A profile's issuer is plain http."""
    issuer = bench.stack.enter_context(MisbehavingProvider()).issuer
    bench.made.profile("http://idp.example.test")
    yield Wanted(check="configuration", reason="configuration_wrong", says="plain http", remedy="https://")
    bench.made.toml.write_text("")
    bench.made.profile(issuer)
    yield None


def secret_open(bench: Bench) -> Iterator[Wanted | None]:
    """A client's secret can be read by everybody."""
    issuer = bench.stack.enter_context(MisbehavingProvider()).issuer
    secret = bench.made.root / "secret"
    secret.write_text("canary-secret")
    secret.chmod(0o644)
    bench.made.profile(issuer, more=f'client_secret_file = "{secret}"')
    yield Wanted(check="secrets", reason="secret_open", says="mode 0644", remedy="chmod 600")
    yield None


def secret_missing(bench: Bench) -> Iterator[Wanted | None]:
    """The file of a client's secret is missing."""
    issuer = bench.stack.enter_context(MisbehavingProvider()).issuer
    secret = bench.made.root / "secret"
    bench.made.profile(issuer, more=f'client_secret_file = "{secret}"')
    yield Wanted(check="secrets", reason="secret_missing", says=str(secret), remedy="install -m 600")
    secret.write_text("canary-secret")  # into the file that was made
    yield None


def secret_elsewhere(bench: Bench) -> Iterator[Wanted | None]:
    """The variable with a client's secret is not set here."""
    issuer = bench.stack.enter_context(MisbehavingProvider()).issuer
    bench.made.profile(issuer, more='client_secret_env = "LAKE_SECRET"')
    yield Wanted(check="secrets", reason="secret_elsewhere", says="LAKE_SECRET", remedy="Set LAKE_SECRET")
    bench.environment["LAKE_SECRET"] = "canary-secret"
    yield None


def no_profile(bench: Bench) -> Iterator[Wanted | None]:
    """There is no profile yet."""
    issuer = bench.stack.enter_context(MisbehavingProvider()).issuer
    yield Wanted(
        check="configuration", reason="no_profile", says="nobody can sign in", remedy="[profiles.lake]"
    )
    assert "idp.example.org" in bench.made.toml.read_text()  # as the lines say; now their own provider
    bench.made.toml.write_text("")
    bench.made.profile(issuer)
    yield None


def user_profiles_off(bench: Bench) -> Iterator[Wanted | None]:
    """A person's profile does not count."""
    issuer = bench.stack.enter_context(MisbehavingProvider()).issuer
    bench.configure("c.JupyterAuth.allow_user_profiles = False")
    bench.made.profile(issuer)
    yield Wanted(
        check="configuration", reason="user_profiles_off", says="profiles.lake", remedy="administrator"
    )
    bench.made.toml.write_text("")
    bench.configure(f"c.JupyterAuth.profiles = {{'lake': {{'issuer': '{issuer}', 'client_id': 'nb'}}}}")
    yield None


def folder_open(bench: Bench) -> Iterator[Wanted | None]:
    """Everybody may write into Jupyter's configuration folder."""
    bench.made.config.chmod(0o777)
    yield Wanted(check="folders", reason="folder_open", says="mode 0777", remedy="chmod go-w")
    yield None


def default_unknown(bench: Bench) -> Iterator[Wanted | None]:
    """JUPYTER_AUTH_PROFILE names no profile."""
    bench.made.profile(bench.stack.enter_context(MisbehavingProvider()).issuer)
    bench.environment["JUPYTER_AUTH_PROFILE"] = "lage"
    yield Wanted(
        check="configuration",
        reason="default_unknown",
        says='did you mean "lake"',
        remedy="JUPYTER_AUTH_PROFILE",
    )
    bench.environment["JUPYTER_AUTH_PROFILE"] = "lake"
    yield None


def gateway(bench: Bench) -> Iterator[Wanted | None]:
    """Kernels run behind an Enterprise Gateway."""
    bench.environment["JUPYTER_GATEWAY_URL"] = "https://ada:canary@gateway.example.test"
    yield Wanted(check="kernels", reason="remote_kernels", says="behind the gateway", remedy="where they run")
    del bench.environment["JUPYTER_GATEWAY_URL"]
    yield None


def kernel_elsewhere(bench: Bench) -> Iterator[Wanted | None]:
    """A kernel's Python has no package of ours."""
    folder = bench.made.data / "kernels" / "bare"
    folder.mkdir(parents=True)
    bare = os.path.realpath(sys.executable)
    argv = [bare, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (folder / "kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": "Bare", "language": "python"})
    )
    yield Wanted(check="kernels", reason="kernel_without_package", says=bare, remedy=f"{bare} -m pip install")
    argv[0] = sys.executable
    (folder / "kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": "Bare", "language": "python"})
    )
    yield None


def switched(*, on: bool) -> dict[str, object]:
    """What Jupyter's configuration says of the server extension."""
    return {"ServerApp": {"jpserver_extensions": {"jupyter_auth": on}}}


def own_python(bench: Bench) -> Path:
    """A virtual environment with our wheel, in which the doctor runs; its site-packages. What ours needs is
    taken from this Python."""
    venv = bench.made.root / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", str(venv))
    bench.python = str(venv / "bin" / "python")
    (site,) = venv.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    pip_install(bench.python, pack(bench.made.root, "jupyter_token_broker", __version__, checkout()))
    return site


def run(*command: str, **environment: str) -> None:
    """A program that a person would run, from this environment."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    more: Mapping[str, str] = environment or os.environ
    subprocess.run(command, env={**more, "PATH": path}, check=True, capture_output=True)


SET_UPS: tuple[SetUp, ...] = (
    other_package,
    files_of_ours_replaced,
    extension_disabled,
    extension_disabled_by_hand,
    extension_unknown,
    labextension_missing,
    labextension_disabled,
    misspelt_key,
    plain_http,
    secret_open,
    secret_missing,
    secret_elsewhere,
    no_profile,
    user_profiles_off,
    folder_open,
    default_unknown,
    gateway,
    kernel_elsewhere,
)

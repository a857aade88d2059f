"""An administrator's ``jupyter_server_config.py``, as a real server and the people on it meet it."""

import json
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import OidcProvider
from tests.support import Kernel, Place, place
from tests.support.place import APPLICATIONS, PROFILE, without_extensions

Kernels = Callable[..., list[Kernel]]

ASK = """
try:
    ja.get_token({profile}, interactive=False); outcome = ["token", "", ""]
except ja.AuthError as error:
    outcome = [type(error).__name__, error.reason, str(error)]
"""


def asked(kernel: Kernel, profile: str = "") -> list[str]:
    """What becomes of a call: the error's type, reason and text."""
    return list(kernel.run(ASK.format(profile=repr(profile or None)), "outcome"))


def asks_for(kernel: Kernel, profile: str = "") -> str:
    """Whose sign-in a call would need."""
    kind, _, text = asked(kernel, profile)
    assert kind == "InteractionRequiredError", text
    return text.partition("signed in to ")[2].split()[0].rstrip(".")


@pytest.fixture
def configure(fresh: Place, provider: OidcProvider) -> Callable[..., None]:
    """Write ``c.JupyterAuth`` with a profile ``admin``; ``lake`` is in the person's own file."""

    def write(profiles: dict[str, Any] | None = None, **settings: Any) -> None:
        made = {"admin": {"issuer": provider.issuer, "client_id": "nb-public"}, **(profiles or {})}
        lines = [
            f"c.JupyterAuth.{key} = {value!r}\n" for key, value in {"profiles": made, **settings}.items()
        ]
        (fresh.config / "jupyter_server_config.py").write_text("".join(lines), encoding="utf-8")

    return write


@pytest.fixture
def serve(fresh: Place, start_kernels: Kernels) -> Callable[..., Any]:
    @contextmanager
    def run(*options: str) -> Iterator[tuple[JupyterProcess, Kernel]]:
        with fresh.server(*options) as server:
            yield server, start_kernels(server)[0]

    return run


def doctor(place: Place) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "jupyter_auth.cli.main", "doctor"]
    return subprocess.run(
        command, env=dict(place.environment), capture_output=True, text=True, timeout=110, check=False
    )


def test_profiles_and_which_is_meant(
    fresh: Place, provider: OidcProvider, configure: Callable[..., None], serve: Callable[..., Any]
) -> None:
    """The trait wins over the variable, and that over the file; a profile of a trait over the file's."""
    issuer = provider.issuer
    configure({"lake": {"issuer": issuer, "client_id": "nb-public", "title": "By the administrator"}})
    fresh.profile(issuer, name="own")
    fresh.toml.write_text('default_profile = "own"\n' + fresh.toml.read_text())
    with serve() as (server, kernel):
        rows = {row["name"]: row for row in server.get("jupyter_auth/v1/profiles").json()}
        assert set(rows) == {"admin", "lake", "own"}
        assert rows["lake"]["title"] == "By the administrator" and rows["own"]["default"]
        assert asks_for(kernel) == "own"
    fresh.variables(JUPYTER_AUTH_PROFILE="lake")
    with serve() as (_, kernel):
        assert asks_for(kernel) == "lake"
    configure(default_profile="admin")
    with serve() as (server, kernel):
        assert asks_for(kernel) == "admin" and asks_for(kernel, "own") == "own"
        state = server.get("jupyter_auth/v1/status").json()
        assert state["configuration"]["default_profile"] == "admin"


def test_user_profiles_off_and_issuers(
    fresh: Place, provider: OidcProvider, configure: Callable[..., None], serve: Callable[..., Any]
) -> None:
    configure({"bad": {"issuer": "https://other.example", "clientid": "x", "client_secret": "CANARY"}},
        allow_user_profiles=False, allowed_issuers=[provider.issuer])  # fmt: skip
    system = fresh.root / "xdg" / "jupyter" / "jupyter_auth.toml"
    system.parent.mkdir(parents=True)
    text = PROFILE.format(name="house", issuer=provider.issuer, client_id="nb-public")
    system.write_text(text + PROFILE.format(name="far", issuer="https://far.example", client_id="x"))
    fresh.variables(JUPYTER_PLATFORM_DIRS="1", XDG_CONFIG_DIRS=str(system.parents[1]))
    with serve() as (server, kernel):
        assert asks_for(kernel, "admin") == "admin" and asks_for(kernel, "house") == "house"
        kind, reason, told = asked(kernel, "lake")
        assert (kind, reason) == ("PolicyError", "user_profiles_off")
        assert "an administrator has switched user profiles off" in told
        kind, reason, told = asked(kernel, "far")
        assert (kind, reason) == ("PolicyError", "issuer_not_allowed") and "https://far.example" in told
        kind, reason, told = asked(kernel, "bad")
        assert (kind, reason) == ("ProfileError", "invalid_profile")
        assert 'c.JupyterAuth.profiles: profiles.bad.clientid: unknown key; did you mean "client_id"?' in told
        rows = {row["name"]: row["faults"] for row in server.get("jupyter_auth/v1/profiles").json()}
        assert set(rows) == {"admin", "house", "far", "bad"} and rows["admin"] == []
        assert rows["far"][0]["key"] == "profiles.far.issuer" and len(rows["bad"]) == 3
        said = doctor(fresh).stdout
        assert "far.example is not among the allowed_issuers" in said
        assert "profiles.lake does not count" in said
        assert "CANARY" not in said + told + fresh.log.read_text()


def test_where_the_store_and_its_key_are(
    fresh: Place,
    configure: Callable[..., None],
    serve: Callable[..., Any],
    sign_in: Callable[..., str],
    start_kernels: Kernels,
) -> None:
    folder, key = fresh.root / "elsewhere" / "tokens", fresh.root / "seal"
    key.write_text("ab" * 32)
    key.chmod(0o600)
    configure(store_path=str(folder), seal_key_file=str(key))
    with serve() as (server, kernel):
        sign_in(kernel)
        store = server.get("jupyter_auth/v1/status").json()["store"]
        assert store["location"] == str(folder / "tokens.db") and store["key_source"] == f"file {key}"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700 and not fresh.store.exists()
        kernel.run("%load_ext jupyter_auth\n%auth status")
        assert str(folder) in kernel.text()
        assert str(folder) in doctor(fresh).stdout
    with serve() as (server, kernel):
        assert asked(kernel, "lake")[0] == "token"
    key.unlink()
    with serve() as (server, kernel):
        store = server.get("jupyter_auth/v1/status").json()["store"]
        assert store["name"] == "memory" and f"The key file {key} is missing" in store["notes"][0]
        assert asks_for(kernel, "lake") == "lake" and not key.exists()
        assert f"The key file {key} is missing" in doctor(fresh).stdout


def test_a_store_in_memory(
    fresh: Place, configure: Callable[..., None], serve: Callable[..., Any], sign_in: Callable[..., str],
    start_kernels: Kernels,
) -> None:  # fmt: skip
    configure(store="memory")
    with serve() as (server, kernel):
        sign_in(kernel)
        other = start_kernels(server)[0]
        assert asked(other, "lake")[0] == "token" and not fresh.store.exists()
        assert server.get("jupyter_auth/v1/status").json()["store"]["notes"] == []
        kernel.run("ja.clear_cache()")
        assert asks_for(other, "lake") == "lake"  # it learned of the clear
        said = doctor(fresh)
        assert said.returncode == 0 and "store: memory" in said.stdout, said.stdout
    with serve() as (_, kernel):
        assert asks_for(kernel, "lake") == "lake"


WRONG = """
c.JupyterAuth.profiles = ["CANARY"]
c.JupyterAuth.store = "rediss"
c.JupyterAuth.allow_user_profile = False
"""


@pytest.mark.parametrize("name", ["jupyter_server_config.py", "jupyter_auth_config.py"])
def test_wrong_values_do_not_end_the_server(fresh: Place, serve: Callable[..., Any], name: str) -> None:
    (fresh.config / name).write_text(WRONG, encoding="utf-8")
    with serve() as (server, kernel):
        assert server.get("api/status").ok
        state = server.get("jupyter_auth/v1/status").json()
        log = fresh.log.read_text()
        kind, reason, told = asked(kernel, "lake")
        assert (kind, reason) == ("PolicyError", "invalid_settings")
        kernel.run("%load_ext jupyter_auth\n%auth status")
        said = kernel.text().replace('\\"', '"')  # it is JSON
        for text in (log, told, said, state["broker"]["problem"], doctor(fresh).stdout):
            assert "c.JupyterAuth: profiles: must be a dict of tables, and is of type list" in text
            assert "c.JupyterAuth: store: 'rediss' is not a store; did you mean" in text
            assert 'allow_user_profile: unknown setting; did you mean "allow_user_profiles"?' in text
            assert "CANARY" not in text


@pytest.mark.parametrize(
    "name", ["jupyter_config.py", "jupyter_server_config.py", "jupyter_auth_config.py", "given.py"]
)
def test_a_file_that_raises_does_not_open_what_it_closes(
    fresh: Place, serve: Callable[..., Any], name: str
) -> None:
    """Jupyter goes on without it."""
    file = fresh.config / name
    file.write_text("c.JupyterAuth.kernel_access = 'deny'\nimport CANARY_module", encoding="utf-8")
    with serve(*([f"--config={file}"] if name == "given.py" else [])) as (server, kernel):
        kind, reason, told = asked(kernel, "lake")
        assert (kind, reason) == ("PolicyError", "invalid_settings")
        for text in (told, server.get("jupyter_auth/v1/status").json()["broker"]["problem"]):
            assert f"{name}: file: raises ModuleNotFoundError in line 2" in text and "CANARY" not in text


def test_a_flag_of_the_command_line(fresh: Place, serve: Callable[..., Any]) -> None:
    """It wins over every file, and only the server knows it."""
    (fresh.config / "jupyter_server_config.py").write_text("c.JupyterAuth.store = 'sqlite'\n")
    with serve("--JupyterAuth.store=memory", "--JupyterAuth.allow_user_profiles=False") as (server, kernel):
        assert server.get("jupyter_auth/v1/status").json()["store"]["name"] == "memory"
        assert asked(kernel, "lake")[1] == "user_profiles_off"


#: For each folder a process of its own; what they import is imported once.
EQUAL = """
import json, os, sys
from jupyter_server.serverapp import ServerApp
from jupyter_auth.broker.config.settings_files import load_settings
for root in sys.argv[1:sys.argv.index("--")]:
    if pid := os.fork():
        assert os.waitpid(pid, 0)[1] == 0
        continue
    folders = os.pathsep.join(f"{root}/{name}" for name in ("strong", "config", "weak"))
    os.environ |= {"JUPYTER_CONFIG_DIR": f"{root}/config", "JUPYTER_CONFIG_PATH": folders}
    app = ServerApp()
    app.initialize(argv=sys.argv[sys.argv.index("--") + 1:], new_httpserver=False)
    of_server = app.extension_manager.extension_points["jupyter_auth"].app.read()
    told = [repr(load_settings()), repr(of_server), load_settings() == of_server]
    print("ANSWER" + json.dumps(told), flush=True)
    os._exit(0)
"""
FILES = {
    "config/jupyter_config.json": '{"JupyterAuth": {"store_path": "/b", "allow_user_profiles": "no"}}',
    "config/jupyter_auth_config.py": "c.JupyterAuth.store_path = '/a'\nc.JupyterAuth.store = 5\n"
    "c.JupyterAuth.profiles.update({'b': {'issuer': 'https://b.example'}})\n"
    "c.JupyterAuth.allowed_issuers.append('https://auth.example')\n",
    "config/jupyter_server_config.py": "c.JupyterAuth.profiles.update({'a': {}})\n"
    "c.JupyterAuth.allowed_issuers.append('https://a.example')\nc.JupyterAuth.store = 'memory'\n",
    "config/jupyter_server_config.json": '{"JupyterAuth": {"default_profile": "a", "log_level": 10}}',
    "config/jupyter_server_config.d/x.json": '{"JupyterAuth": {"seal_key_file": "/x"}}',
    "weak/jupyter_server_config.json": '{"JupyterAuth": {"default_profile": "b", "store_path": "/weak"}}',
    "weak/jupyter_config.py": "c.JupyterAuth.allowed_issuers.append('https://weak.example')\n",
    "strong/jupyter_auth_config.json": '{"JupyterAuth": {"seal_key_file": "/strong", "people": "many"}}',
}


LEFT_OUT = ("", *FILES)


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """By which file is left out: what is read without a server and by one, and whether that is equal."""
    roots = [tmp_path_factory.mktemp("files") for _ in LEFT_OUT]
    for root, left_out in zip(roots, LEFT_OUT, strict=True):
        for name, text in FILES.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name != left_out:
                path.write_text(text, encoding="utf-8")
    with place() as made:
        out = subprocess.run(
            [
                sys.executable,
                "-c",
                EQUAL,
                *map(str, roots),
                "--",
                "--allow-root",
                *without_extensions(*APPLICATIONS),
            ],
            env=made.environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=True,
        ).stdout
    told = [json.loads(line.partition("ANSWER")[2]) for line in out.splitlines() if "ANSWER" in line]
    return dict(zip(LEFT_OUT, told, strict=True))


@pytest.mark.timeout(300)  # nine configurations are read before the first of them
@pytest.mark.parametrize("left_out", LEFT_OUT)
def test_a_process_without_a_server_reads_what_a_server_reads(
    read: dict[str, list[Any]], left_out: str
) -> None:
    loaded, of_server, equal = read[left_out]
    assert loaded == of_server and equal
    assert "https://a.example" in loaded or left_out == "config/jupyter_server_config.py"

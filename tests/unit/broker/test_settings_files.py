"""Settings from Jupyter's configuration files, without a server: order, faults, and what is imported."""

import json
import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.extension.application import ExtensionApp

from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.broker.config.settings_files import load_settings
from jupyter_auth.broker.config.traits import INHERITED, JupyterAuth
from jupyter_auth.cache.limits import MemoryLimits, StoreLimits
from jupyter_auth.core.policy import ALL_FLOWS
from jupyter_auth.server.extension import JupyterAuth as Extension

Write = Callable[[str, Any], None]

AS_IT_STANDS = "each entry is compared as it stands"
NO_TEXT = "is nothing to compare with: plain letters, no spaces around them"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, content: Any) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps({"JupyterAuth": content}))

    return write


@pytest.fixture
def read(tmp_path: Path) -> Callable[[], Settings]:
    return lambda: load_settings([str(tmp_path / "strong"), str(tmp_path / "weak")])


@pytest.fixture
def weak_is_the_system_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jupyter_core.paths.SYSTEM_CONFIG_PATH", [str(tmp_path / "weak")])


Read = Callable[[], Settings]


def test_nothing_set(read: Read) -> None:
    assert read() == Settings()


def test_the_limits_of_the_cache(write: Write, read: Read) -> None:
    said = {"l1_cache_entry_limit": 1, "l1_cache_size_limit": 2, "l1_absolute_expiration": 3}
    write("strong/jupyter_auth_config.json", {**said, "cache_entry_limit": 4, "cache_size_limit": 5})
    assert read().memory_limits == MemoryLimits(entries=1, size=2, absolute_expiration=3)
    assert read().store_limits == StoreLimits(entries=4, size=5)


@pytest.mark.parametrize(
    ("weaker", "stronger"),
    [
        ("strong/jupyter_auth_config.json", "weak/jupyter_config.json"),
        ("strong/jupyter_config.json", "weak/jupyter_server_config.json"),
        ("weak/jupyter_server_config.json", "strong/jupyter_server_config.json"),
        ("weak/jupyter_auth_config.json", "strong/jupyter_auth_config.json"),
    ],
)
def test_which_file_wins(write: Write, read: Read, weaker: str, stronger: str) -> None:
    write(weaker, {"store_path": "/weaker", "seal_key_file": "/weaker"})
    write(stronger, {"store_path": "/stronger"})
    assert (read().store_path, read().seal_key_file) == ("/stronger", "/weaker")


def test_json_wins_over_python_in_one_folder(write: Write, read: Read) -> None:
    write("weak/jupyter_server_config.py", 'c.JupyterAuth.store_path = "/py"')
    write("weak/jupyter_server_config.json", {"store_path": "/json"})
    assert read().store_path == "/json"


def test_what_python_can_say(write: Write, read: Read) -> None:
    write(
        "weak/jupyter_server_config.py",
        "c = get_config()\n"
        'c.JupyterAuth.allowed_issuers.append("https://a.example")\n'
        'c.JupyterAuth.profiles.update({"lake": {"issuer": "https://a.example"}})\n'
        'load_subconfig("more.py")\n'
        "c.ServerApp.port = 1\nc.JupyterAuth.log_level = 10\n",
    )
    write("weak/more.py", 'c.JupyterAuth.store_path = "~/tokens"')
    write("strong/jupyter_config.py", 'c.JupyterAuth.allowed_issuers.append("https://b.example")')
    found = read()
    assert set(found.allowed_issuers) == {"https://a.example", "https://b.example"}
    assert found.profiles == {"lake": {"issuer": "https://a.example"}}
    assert found.store_path == str(Path("~/tokens").expanduser())
    assert found.faults == ()


def test_the_folder_d_holds_no_settings(write: Write, read: Read) -> None:
    """Jupyter takes only ``jpserver_extensions`` from there."""
    write("strong/jupyter_server_config.d/a.json", {"store": "memory"})
    assert read() == Settings()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("profiles", ["SECRET"], "must be a dict of tables, and is of type list"),
        ("profiles", "SECRET", "must be a dict of tables, and is of type str"),
        ("default_profile", 7, "must be the name of a profile, and is of type int"),
        ("store", "rediss", "'rediss' is not a store; did you mean \"redis\"?"),
        ("redis_url_file", "redis.url", "must be an absolute path, or begin with ~"),
        ("store", "memroy", "'memroy' is not a store; did you mean \"memory\"?"),
        ("store", None, "must be the name of a store, and is of type NoneType"),
        ("store_path", "relative/path", "must be an absolute path, or begin with ~"),
        ("seal_key_file", ["SECRET"], "must be a path, and is of type list"),
        ("allow_user_profiles", "no", "must be True or False, and is of type str"),
        ("allow_user_profiles", 2, "must be True or False, and is of type int"),
        ("renew_for", -1, "must be a number of seconds, 0 or more"),
        ("renew_for", "1 h", "must be a number of seconds, 0 or more, and is of type str"),
        ("cache_entry_limit", 0, "must be at least 1"),
        ("cache_size_limit", "1 GB", "must be a number of bytes, and is of type str"),
        ("l1_cache_entry_limit", 1.5, "must be a number, and is of type float"),
        ("l1_cache_size_limit", -1, "must be at least 1"),
        ("l1_absolute_expiration", None, "must be a number of seconds, and is of type NoneType"),
        ("allowed_issuers", {}, "must be a list of issuer URLs, and is of type dict"),
        ("allowed_issuers", ["https://a.example", 7], "must be a list of issuer URLs, and is of type list"),
        ("allowed_issuers", ["https://*.a.example"], "'https://*.a.example' is no pattern: " + AS_IT_STANDS),
        ("allowed_issuers", ["a.example"], "'a.example' is no issuer's URL"),
        ("allowed_issuers", ["https://a.example?x"], "'https://a.example?x' is no issuer's URL"),
        ("allowed_clients", ["ok", ""], "'' " + NO_TEXT),
        ("allowed_clients", ["nb\u200b"], "'nb\\u200b' " + NO_TEXT),
        ("allowed_clients", [None], "must be a list of client ids, and is of type list"),
        ("allowed_scopes", ["lake.read lake.write"], "'lake.read lake.write' is no single scope"),
        ("allowed_scopes", ["lake.*"], "'lake.*' is no pattern: " + AS_IT_STANDS),
        ("allowed_scopes", [" lake.read"], "' lake.read' " + NO_TEXT),
        ("allowed_flows", ["device-code"], "'device-code' is not a flow; did you mean \"device_code\"?"),
        ("allowed_flows", True, f"must be a list of {', '.join(ALL_FLOWS)}, and is of type bool"),
        ("pending_sign_in_limit", 0, "must be at least 1"),
        ("audit_file", "audit.jsonl", "must be an absolute path, or begin with ~"),
        ("allow_user_profile", False, 'unknown setting; did you mean "allow_user_profiles"?'),
    ],
)
def test_a_wrong_value(write: Write, read: Read, name: str, value: object, told: str) -> None:
    write("weak/jupyter_server_config.json", {"store_path": "/good", name: value})
    found = read()
    assert [str(fault) for fault in found.faults] == [f"c.JupyterAuth: {name}: {told}"]
    assert found.wrong == found.faults
    assert found.store_path in ("/good", None)
    assert "SECRET" not in repr(found)


@pytest.mark.parametrize("seconds", [0, 7200, 0.5])
def test_how_long_tokens_are_renewed(write: Write, read: Read, seconds: float) -> None:
    write("weak/jupyter_server_config.json", {"renew_for": seconds})
    assert read() == Settings(renew_for=seconds)


def test_a_right_value_in_a_stronger_file_heals_a_wrong_one(write: Write, read: Read) -> None:
    write("weak/jupyter_auth_config.json", {"store": 7})
    write("weak/jupyter_server_config.json", {"store": "memory"})
    assert read() == Settings(store="memory")


@pytest.mark.parametrize("value", [7, [], None, "x"])
def test_something_else_in_the_place_of_the_section(write: Write, read: Read, value: object) -> None:
    write("weak/jupyter_server_config.json", json.dumps({"JupyterAuth": value}))
    write("strong/jupyter_server_config.json", {"store": "memory"})
    found = read()
    assert [fault.key for fault in found.faults] == ["JupyterAuth"] and found.store == "memory"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1\nraise RuntimeError('SECRET')", "raises RuntimeError in line 2"),
        ("x = 1\nx = = 2", "raises SyntaxError in line 2"),
        ("import sys\nsys.exit('SECRET')", "raises SystemExit in line 2"),
        ("def f():\n    return SECRET\nf()", "raises NameError in line 2"),
    ],
)
def test_a_file_that_raises(
    write: Write, read: Read, caplog: pytest.LogCaptureFixture, text: str, told: str
) -> None:
    write("strong/jupyter_server_config.py", text)
    write("weak/jupyter_server_config.json", {"store_path": "/good"})
    with caplog.at_level(logging.ERROR):
        found = read()
    [fault] = found.faults
    assert fault.file.endswith("/strong/jupyter_server_config.py") and fault.message == told
    assert found.wrong == () and found.store_path == "/good"
    assert fault.file in caplog.text and "SECRET" not in caplog.text


@pytest.mark.usefixtures("weak_is_the_system_s")
@pytest.mark.parametrize(
    ("name", "text", "closes"),
    [
        ("strong/jupyter_server_config.py", "import nothing_of_the_kind", False),
        ("strong/jupyter_server_config.py", "c.JupyterAuth.store = 'memory'\n1 / 0", True),
        ("strong/jupyter_server_config.json", '{"JupyterAuth": {"store": "memory"},}', True),
        ("strong/jupyter_auth_config.json", '{"JupyterAuth": 7}', True),
        ("weak/jupyter_server_config.py", "import nothing_of_the_kind", True),
    ],
)
def test_what_an_administrator_would_have_said_closes_everything(
    write: Write, read: Read, name: str, text: str, closes: bool
) -> None:
    write(name, text)
    found = read()
    assert len(found.faults) == 1 and found.wrong == (found.faults if closes else ())


@pytest.mark.parametrize("text", ["{", '{"version": 9}', "\ufeff{}"])
def test_json_that_is_none(write: Write, read: Read, text: str) -> None:
    write("weak/jupyter_server_config.json", text)
    assert [fault.key for fault in read().faults] == ["file"]


def test_neither_a_server_nor_traitlets_is_imported_with_the_module() -> None:
    code = (
        "import sys; import jupyter_auth.broker.config.settings_files as files\n"
        "import jupyter_auth.broker.storage\n"
        "assert 'traitlets' not in sys.modules\n"
        "files.load_settings([])\n"
        "print([name for name in sys.modules if name in ('jupyter_server', 'tornado', 'IPython')])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_what_an_extension_has_besides_is_no_fault_of_ours() -> None:
    assert set(ExtensionApp.class_traits(config=True)) == INHERITED
    ours = set(JupyterAuth.class_traits(config=True))
    assert ours == set(Extension.class_traits(config=True)) - INHERITED
    assert not ours & INHERITED


def test_every_setting_is_described() -> None:
    """The traits' help is the reference manual."""
    for name, trait in JupyterAuth.class_traits(config=True).items():
        assert "Type: " in trait.help and "default" in trait.help.lower(), name

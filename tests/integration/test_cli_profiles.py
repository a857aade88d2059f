"""``jupyter auth profiles``: adding one in a terminal and in a script, seeing all, trying one out."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from jupyter_auth.providers.jupyterhub import API_TOKEN
from tests.idp import CONFIDENTIAL_CLIENT, OidcProvider
from tests.integration.test_applications import add_application
from tests.support import Place
from tests.support.command import approve, auth, code_of, log_in, terminal, told
from tests.support.hub_service import OWN, Service


@pytest.fixture
def empty(fresh: Place) -> Place:
    """No profile yet."""
    fresh.toml.write_text("# mine\n", encoding="utf-8")
    return fresh


def add(home: Place, *words: str) -> "tuple[int, str, str]":
    ended = auth(home, "profiles", "add", *words)
    assert "Traceback" not in ended.stderr
    return ended.returncode, ended.stdout, ended.stderr


def test_a_guided_profile_signs_in(empty: Place, provider: OidcProvider) -> None:
    child = terminal(empty, "profiles", "add")
    child.expect("to be called")
    child.sendline("a lake")
    child.expect("letters, digits")
    child.sendline("lake")
    child.expect("Which provider: oidc, entra, .*oidc")
    child.sendline("")
    child.expect("issuer")
    child.sendline("http://127.0.0.1:1")
    child.expect("Keep it all the same")
    child.sendline("n")
    child.expect("issuer")
    child.sendline("idp.example")
    child.expect("is not an absolute https URL")
    child.sendline(provider.issuer)
    child.expect("answers as")
    child.expect(r"device_code\): yes")
    child.expect("Scopes that it names: .*openid")
    child.expect("client id")
    child.sendline("")
    child.expect("must be answered")
    child.sendline("nb-public")
    child.expect("public client")
    child.sendline("")
    child.expect("Scopes, .*openid.*offline_access")
    child.sendline("openid offline_access lake.read")
    child.expect("read in prompts")
    child.sendline("The lake")
    child.expect("where no profile is named")
    child.sendline("y")
    child.expect("Sign in with: jupyter auth login lake")
    assert code_of(child) == 0
    text = empty.toml.read_text(encoding="utf-8")
    assert text.startswith("# mine\n")
    assert tomllib.loads(text) == {
        "default_profile": "lake",
        "profiles": {
            "lake": {
                "provider": "oidc",
                "issuer": provider.issuer,
                "client_id": "nb-public",
                "scopes": ["openid", "offline_access", "lake.read"],
                "title": "The lake",
            }
        },
    }
    log_in(empty, provider)
    assert auth(empty, "token").returncode == 0


@pytest.mark.parametrize("end", ["eof", "intr"])
def test_whoever_stops_has_written_nothing(empty: Place, end: str) -> None:
    child = terminal(empty, "profiles", "add", "lake")
    child.expect("Which provider")
    key = child.sendeof if end == "eof" else child.sendintr
    key()
    while child.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=10):
        key()  # CPython's input() does not notice a signal that comes just before it begins to wait
    assert code_of(child) == (4 if end == "eof" else 130)
    assert empty.toml.read_text(encoding="utf-8") == "# mine\n"


def test_a_script_says_everything(empty: Place, provider: OidcProvider) -> None:
    words = ("lake", "--issuer", provider.issuer, "--client-id", "nb-public")
    code, out, _ = add(empty, *words, "--scopes", "openid lake.read", "--title", "The lake", "--json")
    assert code == 0 and json.loads(out)["profile"]["scopes"] == ["openid", "lake.read"]
    (row,) = told(empty, "profiles", "list")["profiles"]
    assert (row["name"], row["default"], row["client_id"]) == ("lake", True, "nb-public")
    assert (row["file"], row["faults"]) == (str(empty.toml), [])
    assert tomllib.loads(empty.toml.read_text(encoding="utf-8"))["profiles"]["lake"]["title"] == "The lake"
    assert add(empty, *words)[0] == 1, "there is one"
    assert add(empty, *words, "--replace", "--default")[0] == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["lake"], 2, "say --issuer, --client-id"),
        ([], 2, "say the NAME"),
        (["a b", "--issuer", "https://idp.example", "--client-id", "x", "--offline"], 1, "letters, digits"),
        (["lake", "--issuer", "http://idp.example", "--client-id", "x"], 2, "plain http"),
        (["lake", "--issuer", "http://127.0.0.1:1", "--client-id", "x"], 5, "127.0.0.1:1"),
        (["lake", "--issuer", "ISSUER/", "--client-id", "x"], 1, "ISSUER"),
        (["lake", "--issuer", "ISSUER", "--client-id", "x", "--flows", "password"], 2, "is not a flow"),
        (["lake", "--provider", "entra", "--client-id", "x"], 2, "say --tenant"),
        (["lake", "--preset", "gogle", "--client-id", "x"], 2, 'did you mean "google"'),
        (["lake", "--client-secret", "s3cret"], 2, "ambiguous option"),
    ],
)
def test_a_wrong_profile_is_not_written(
    empty: Place, provider: OidcProvider, words: list[str], code: int, said: str
) -> None:
    filled = [word.replace("ISSUER", provider.issuer) for word in words]
    ended = add(empty, *filled)
    assert (ended[0], ended[1]) == (code, ""), ended[2]
    assert said.replace("ISSUER", provider.issuer) in ended[2]
    assert empty.toml.read_text(encoding="utf-8") == "# mine\n"


def test_what_an_administrator_refuses_is_said(empty: Place, provider: OidcProvider) -> None:
    (empty.config / "jupyter_server_config.py").write_text(
        'c.JupyterAuth.allowed_issuers = ["https://idp.example"]\n', encoding="utf-8"
    )
    code, _, said = add(empty, "lake", "--issuer", provider.issuer, "--client-id", "x")
    assert code == 1 and "is refused" in said


def test_faults_are_listed(fresh: Place) -> None:
    with fresh.toml.open("a", encoding="utf-8") as file:
        file.write('[profiles.bad]\nisuer = "x"\n')
    ended = auth(fresh, "profiles", "list")
    assert ended.returncode == 1
    assert "lake · oidc" in ended.stdout and "bad · cannot be used" in ended.stdout
    assert 'did you mean "issuer"' in ended.stderr


def test_an_empty_list_says_what_can_be_done(empty: Place) -> None:
    assert "Add one with: jupyter auth profiles add" in auth(empty, "profiles", "list").stderr
    empty.toml.write_text("[profiles.lake", encoding="utf-8")
    said = auth(empty, "profiles", "list").stderr
    assert "is not valid TOML" in said and "Add one" not in said
    empty.toml.write_text(
        '[profiles.lake]\nissuer = "https://x.example"\nclient_id = "x"\n', encoding="utf-8"
    )
    (empty.config / "jupyter_server_config.py").write_text(
        "c.JupyterAuth.allow_user_profiles = False\n", encoding="utf-8"
    )
    said = auth(empty, "profiles", "list").stderr
    assert f"lake in {empty.toml} does not count" in said
    assert "Ask your administrator" in said and "Add one" not in said


# -- trying one out -----------------------------------------------------------------------------


def states(home: Place, *words: str) -> tuple[int, dict[str, str]]:
    ended = auth(home, "profiles", "test", *words, "--json")
    assert "Traceback" not in ended.stderr
    return ended.returncode, {step["what"]: step["state"] for step in json.loads(ended.stdout)["steps"]}


def test_a_good_profile_needs_no_sign_in_to_be_known_as_one(fresh: Place, provider: OidcProvider) -> None:
    code, found = states(fresh, "lake")
    assert code == 0 and found["provider"] == found["client"] == found["authorization_code"] == "ok"
    assert provider.token_responses() == 0
    shown = auth(fresh, "profiles", "test").stdout
    assert "ok    client: the provider knows it" in shown and "has to be pasted" in shown


def test_what_is_wrong_with_one_is_found(fresh: Place, provider: OidcProvider) -> None:
    fresh.profile(provider.issuer, "stranger", client_id="nobody-knows")
    fresh.profile("http://127.0.0.1:1", "gone")
    fresh.profile(provider.issuer + "/other", "elsewhere")
    assert states(fresh, "stranger") == (1, states(fresh, "lake")[1] | {"client": "fault"})
    assert states(fresh, "gone") == (5, {"provider": "fault"})
    assert states(fresh, "elsewhere") == (1, {"provider": "fault"})
    assert auth(fresh, "profiles", "test", "laek").returncode == 1


def test_an_application_is_tried_with_its_secret(fresh: Place, provider: OidcProvider) -> None:
    add_application(fresh, provider)
    assert states(fresh, "batch")[1]["application"] == "ok"
    wrong = Path(fresh.root / "application-secret")
    wrong.write_text("wrong", encoding="utf-8")
    code, found = states(fresh, "batch")
    assert (code, found["application"]) == (1, "fault")
    assert "wrong" not in auth(fresh, "profiles", "test", "batch").stdout
    code, _, said = add(
        fresh, "own", "--provider", "client_credentials", "--issuer", provider.issuer,
        "--client-id", CONFIDENTIAL_CLIENT, "--client-secret-file", str(wrong),
    )  # fmt: skip
    assert code == 0 and "Nobody signs in to it" in said


def test_with_a_sign_in_nothing_is_left_open(fresh: Place, provider: OidcProvider) -> None:
    child = terminal(fresh, "profiles", "test", "lake", "--sign-in")
    child.expect("client: the provider knows it")
    approve(child, provider)
    child.expect("ok    sign-in: ada: openid")
    assert code_of(child) == 0


@pytest.fixture
def at_the_hub(empty: Place) -> Iterator[tuple[Place, Service]]:
    """A server's terminal at a JupyterHub whose service answers."""
    empty.variables(**{API_TOKEN: OWN})
    with Service() as service:
        service.health = (200, "application/json", b'{"ok": true}')
        yield empty, service


def test_a_guided_profile_at_a_jupyterhub(at_the_hub: tuple[Place, Service]) -> None:
    place, service = at_the_hub
    child = terminal(place, "profiles", "add", "lake", "--provider", "jupyterhub")
    child.expect("address of the Hub's service")
    child.sendline("http://127.0.0.1:1/services/jupyter-auth")
    child.expect("for servers")
    child.sendline("")
    child.expect("Keep it all the same")
    child.sendline("n")
    child.expect("address of the Hub's service")
    child.sendline("")
    child.expect("must be answered")
    child.sendline("https://hub.example.org/services/jupyter-auth")
    child.expect("for servers")
    child.sendline(service.url)
    child.expect("login at the Hub")
    child.expect("Another audience")
    child.sendline("https://downstream.example/")
    child.expect("all of the sign-in")
    child.sendline("")
    child.expect("read in prompts")
    child.sendline("The lake")
    child.expect("where no profile is named")
    child.sendline("n")
    child.expect("Nobody signs in to it")
    assert code_of(child) == 0
    assert tomllib.loads(place.toml.read_text(encoding="utf-8"))["profiles"]["lake"] == {
        "provider": "jupyterhub",
        "issuer": "https://hub.example.org/services/jupyter-auth",
        "service_url": service.url,
        "audience": "https://downstream.example/",
        "title": "The lake",
    }


def test_a_profile_at_a_jupyterhub_is_tried_with_a_token(at_the_hub: tuple[Place, Service]) -> None:
    place, service = at_the_hub
    code, _, said = add(place, "lake", "--provider", "jupyterhub")
    assert code == 2 and "say --issuer" in said and "service-url" not in said
    assert add(place, "lake", "--provider", "jupyterhub", "--issuer", service.url)[0] == 0
    code, found = states(place, "lake")
    assert (code, found) == (0, {"provider": "ok", "token": "ok"})
    assert [path for path, _, _ in service.asked] == ["/services/jupyter-auth/token"]
    service.says(403, {"error": "policy", "message": "No.", "reason": "x", "hint": ""})
    assert states(place, "lake") == (1, {"provider": "ok", "token": "fault"})

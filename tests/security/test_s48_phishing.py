"""S48: somebody else's code is hard to pass off as one's own: the card says for what it is and opens nothing.

A sign-in by redirect, which cannot be passed off, comes first where it works, or is the only one allowed.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import jupyter_auth
from jupyter_auth.broker.config.configuration import load
from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.broker.signing_in.code_sign_in import CodeSignIn
from jupyter_auth.broker.signing_in.device_sign_in import DeviceSignIn
from jupyter_auth.broker.signing_in.flows import flows_of
from jupyter_auth.broker.signing_in.redirects import Redirect
from jupyter_auth.core.errors import PolicyError
from jupyter_auth.core.profile import FLOWS, Profile
from jupyter_auth.ui.card_html import render_card
from jupyter_auth.ui.card_text import render_text
from tests.idp import MisbehavingProvider, faults
from tests.unit.broker.bench import Bench
from tests.unit.broker.conftest import MakeBench, own_folders  # noqa: F401 -- used by itself
from tests.unit.ui.tree import parse

Make = Callable[..., dict[str, Any]]

#: Of the sample request: who asks, for which application and tenant, where, for what, and the caution.
TOLD = (
    "sales-forecast.ipynb asks you to sign in to graph",
    "Only continue if you started this just now.",
    "projects/2026/sales-forecast.ipynb",
    "Python 3 (ipykernel)",
    "Contoso Notebooks",
    "login.microsoftonline.com",
    "contoso.com",
    "Read your files",
    "Files.Read",
)


@pytest.mark.parametrize("form", ["html", "text", "terminal"])
def test_the_card_says_for_what_the_code_is(make: Make, now: int, form: str) -> None:
    if form == "html":
        said = parse(render_card(make(), now=now)).words
    else:
        said = render_text(make(), now=now, terminal=form == "terminal")
    said = " ".join(said.split())
    for words in TOLD:
        assert words in said, words
    assert said.index("Only continue") < said.index("D7KX-92QP"), "the caution comes before the code"


def test_an_application_that_nobody_has_named_is_said_to_be_so(make: Make, now: int) -> None:
    for said in (parse(render_card(make(title=None), now=now)).words, render_text(make(title=None), now=now)):
        assert "name not verified" in said and "6b1e" in said


def test_nothing_is_opened_and_no_link_carries_the_code(make: Make, now: int) -> None:
    card = parse(render_card(make(), now=now))
    (link,) = card.all("a")
    assert link.attrs["href"] == "https://microsoft.com/devicelogin"
    assert (link.attrs["target"], link.attrs["rel"]) == ("_blank", "noopener noreferrer")
    shown = render_card(make(), now=now) + render_text(make(), now=now)
    assert "otc=" not in shown, "verification_uri_complete would spare the person the reading"
    assert not {node.tag for node in card.walk()} & {
        "iframe",
        "meta",
        "form",
        "img",
        "object",
        "embed",
        "base",
    }


def test_no_source_of_ours_opens_a_browser() -> None:
    root = Path(jupyter_auth.__path__[0])
    opens = re.compile(r"\bwebbrowser\b|xdg-open|startfile|window\.open|location\.(href|assign|replace)\b")
    ours = [*root.rglob("*.py"), *(root / "ui" / "card").glob("*.js")]
    ours += (root.parent / "labextension" / "src").rglob("*.ts")
    assert len(ours) > 200
    demo = root / "cli" / "demo"
    found = [path.name for path in ours if opens.search(path.read_text("utf-8")) and demo not in path.parents]
    assert found == ["sidebar.ts"], "which leads to Jupyter's own login, at a person's click"


# -- the redirect first --------------------------------------------------------------------------------------


class Configured:
    """An administrator has named the callback, so that it can be taken as registered."""

    is_configured = True

    def open(self, profile: Profile) -> Redirect:
        return Redirect(uri="https://jupyter.example.org/jupyter_auth/v1/callback", arrives=True)


def test_where_a_callback_works_it_comes_first() -> None:
    assert flows_of(Profile(name="lake"), prefers_code=True) == ("authorization_code", "device_code")


async def test_so_a_code_is_not_even_asked_for(idp: MisbehavingProvider, fresh_bench: Bench) -> None:
    fresh_bench.broker.sign_ins._redirects = Configured()
    asked = await fresh_bench.ask()
    assert isinstance(asked.sign_in, CodeSignIn)
    assert "code_challenge_method=S256" in asked.sign_in.shown()["authorization_uri"]
    assert idp.count("device_authorization") == 0


@pytest.fixture
def fresh_bench(idp: MisbehavingProvider, make_bench: MakeBench) -> Bench:
    return make_bench(idp)


# -- device codes off ----------------------------------------------------------------------------------------

BY_CODE = 'flows = ["authorization_code"]'


async def test_switched_off_no_code_is_asked_for_by_whatever_call(
    idp: MisbehavingProvider, fresh_bench: Bench
) -> None:
    fresh_bench.profile("web", BY_CODE)
    with pytest.raises(PolicyError) as caught:
        await fresh_bench.ask("web", flow="device_code")
    assert caught.value.reason == "flow_unavailable"
    asked = await fresh_bench.ask("web")
    with pytest.raises(PolicyError):
        await fresh_bench.broker.answers.heed(asked, {"flow": "device_code"})
    assert asked.to_wire()["other_flows"] == [] and isinstance(asked.sign_in, CodeSignIn)
    assert idp.count("device_authorization") == 0


async def test_nor_where_the_redirect_cannot_begin(idp: MisbehavingProvider, fresh_bench: Bench) -> None:
    document = {"issuer": idp.issuer, "token_endpoint": f"{idp.issuer}/token"}
    device = {"device_authorization_endpoint": f"{idp.issuer}/device"}
    idp.answers["discovery"] = faults.json(200, document | device)
    fresh_bench.profile("web", BY_CODE)
    with pytest.raises(PolicyError) as caught:
        await fresh_bench.ask("web")
    assert caught.value.reason == "no_code_flow" and idp.count("device_authorization") == 0


def test_a_person_s_file_does_not_switch_an_administrator_s_profile_back(tmp_path: Path) -> None:
    table = {"issuer": "https://idp.example", "client_id": "nb"}
    mine = tmp_path / "jupyter_auth.toml"
    mine.write_text(
        f'[profiles.lake]\nissuer = "https://idp.example"\nclient_id = "nb"\nflows = {list(FLOWS)}\n'
    )
    settings = Settings(profiles={"lake": {**table, "flows": ["authorization_code"]}})
    assert load([mine], settings).profile("lake").flows == ("authorization_code",)


async def test_a_tenant_that_blocks_codes_leads_to_the_redirect_and_says_why(
    idp: MisbehavingProvider, fresh_bench: Bench
) -> None:
    """What Entra's conditional access does; here by a provider that has no such endpoint."""
    document = {"issuer": idp.issuer, "token_endpoint": f"{idp.issuer}/token"}
    code = {"authorization_endpoint": f"{idp.issuer}/authorize", "jwks_uri": f"{idp.issuer}/jwks"}
    idp.answers["discovery"] = faults.json(200, document | code)
    asked = await fresh_bench.ask()
    assert isinstance(asked.sign_in, CodeSignIn) and not isinstance(asked.sign_in, DeviceSignIn)
    assert asked.to_wire()["flow_reason"] == "no_device_flow"

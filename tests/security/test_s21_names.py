"""S21: what a kernel is called is shown as its own word: cleaned, and with "name not verified" beside it.

A kernel can install a kernel spec and have a notebook named as it likes; it can call itself "Microsoft".
"""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from jupyter_auth.ui.card_html import render_card
from jupyter_auth.ui.card_text import render_text
from jupyter_auth.ui.strings import phrase
from tests.idp import MisbehavingProvider
from tests.integration.conftest import pending
from tests.support import Kernel, Place, place

UNVERIFIED = str(phrase("card.fact.unverified"))
#: What a kernel calls itself, and what people are shown.
NAMES = {
    "Microsoft": "Microsoft",
    "Microsoft Entra\n\nname verified\u2028": "Microsoft Entra name verified",
    "<img src=x onerror=alert(1)>": "<img src=x onerror=alert(1)>",
    "\u202etfosorciM\u202c\u2066x\u2069": "tfosorciMx",
    "\x1b[2J\x1b[31mMicrosoft\x07": "[2J[31mMicrosoft",
    "Micro\u200bsoft\u00ad\ufeff\ue000": "Microsoft",
    "M" * 10_000: "M" * 119 + "…",
    "\x00\x9b": None,
}
HIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@pytest.fixture(scope="module")
def home() -> Iterator[Place]:
    with MisbehavingProvider() as provider, place(provider.issuer) as made:
        for number, name in enumerate(NAMES):
            folder = made.data / "kernels" / f"evil{number}"
            folder.mkdir(parents=True)
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            spec = {"argv": argv, "display_name": name, "language": "python"}
            (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
        yield made


@pytest.fixture(scope="module")
def server(home: Place) -> Iterator[JupyterProcess]:
    with home.server() as running:
        yield running


@pytest.mark.parametrize("number", range(len(NAMES)))
def test_what_a_kernel_calls_itself(server: JupyterProcess, number: int) -> None:
    shown = list(NAMES.values())[number]
    with closing(Kernel(server, name=f"evil{number}")) as kernel:
        cell = kernel.start("import jupyter_auth as ja; tok = ja.get_token('lake')", "None")
        row = pending(server)
        displayed = kernel.shows(cell)
        listed = server.get("jupyter_auth/v1/kernels").json()
        server.delete(f"jupyter_auth/v1/interactions/{row['id']}")
        kernel.shut_down()
    assert row["requested_by"]["kernel_name"] == shown
    assert {one["kernel_name"] for one in listed} == {shown}
    html, text = displayed["text/html"], displayed["text/plain"]
    assert "<img" not in html and not HIDDEN.search(text) and not HIDDEN.search(html)
    for form in (html, text):
        assert (UNVERIFIED in form) is (shown is not None)  # nothing is called by no name
    if shown is not None:
        assert re.search(rf"\n  Kernel +{re.escape(shown[:40])}", text)


@pytest.mark.parametrize("where", ["kernel_name", "notebook", "profile"])
@pytest.mark.parametrize("name", NAMES)
def test_whoever_sends_a_name_it_is_cleaned_once_more(where: str, name: str) -> None:
    """The card trusts the broker no more than the broker trusts the kernel."""
    asker = {"kernel_name": "Python 3", "notebook": "a.ipynb", "waiting": 1}
    row: dict[str, object] = {
        "id": "x",
        "profile": "lake",
        "title": "Lake",
        "state": "pending",
        "flow": "device_code",
    }
    row |= {
        "user_code": "ABCD",
        "issuer": "https://idp.example.org",
        "scopes": ["lake.read"],
        "expires_on": 900,
    }
    row |= {"verification_uri": "https://idp.example.org/device", "created_on": 0, "requested_by": asker}
    if where == "profile":
        row["profile"] = name
    else:
        asker[where] = name
    text, html = render_text(row, now=1), render_card(row, now=1)
    assert not HIDDEN.search(text) and not HIDDEN.search(html) and "<img" not in html
    assert max(map(len, text.splitlines())) < 400


@pytest.mark.parametrize(
    "path", ["\u202egnp.Microsoft.ipynb", "<b>Microsoft</b>.ipynb", "a\nb\x1b[31m.ipynb"]
)
def test_nor_is_a_notebook_s_path_shown_as_it_comes(server: JupyterProcess, path: str) -> None:
    with closing(Kernel(server)) as kernel:
        session = {"path": path, "name": path, "type": "notebook", "kernel": {"id": kernel.kernel_id}}
        server.post("api/sessions", session).raise_for_status()
        cell = kernel.start("import jupyter_auth as ja; tok = ja.get_token('lake')", "None")
        row = pending(server)
        displayed = kernel.shows(cell)
        server.delete(f"jupyter_auth/v1/interactions/{row['id']}")
        kernel.shut_down()
    assert row["requested_by"]["notebook"] and not HIDDEN.search(row["requested_by"]["notebook"])
    assert "<b>Microsoft" not in displayed["text/html"]
    assert not HIDDEN.search(displayed["text/plain"]) and not HIDDEN.search(displayed["text/html"])

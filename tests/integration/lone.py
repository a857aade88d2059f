"""Kernels that no Jupyter server has started, as VS Code starts them, and the prompts that there are then."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from tests.idp import OidcProvider
from tests.support import Place, Script

SIGN_IN = "tok = ja.acquire_token_by_device_flow('lake', timeout=100)"


@contextmanager
def lone(home: Place) -> Iterator[BlockingKernelClient]:
    """A kernel that no server has started."""
    manager = KernelManager()
    manager.start_kernel(env=dict(home.environment), cwd=str(home.notebooks))
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=100)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def ask(client: BlockingKernelClient, code: str, **more: bool) -> list[dict[str, object]]:
    """Run a cell; the mime bundles that it showed, or the error."""
    shown: list[dict[str, object]] = []

    def note(message: dict[str, object]) -> None:
        content = message["content"]
        assert isinstance(content, dict)
        if "data" in content:
            shown.append(content["data"])
        elif message["msg_type"] in {"error", "stream"}:
            shown.append({"text/plain": content.get("text") or f"{content['ename']}: {content['evalue']}"})

    client.execute_interactive(code, output_hook=note, timeout=100, **more)
    return shown


def first_card(client: BlockingKernelClient) -> dict[str, Any]:
    """What a running cell shows first."""
    card: dict[str, Any] = {}
    while "text/plain" not in card:
        card = client.get_iopub_msg(timeout=60)["content"].get("data", {})
    return card


def shown_code(text: str) -> str:
    """The code in the text of a prompt."""
    return text.partition("2. Enter")[2].split()[0]


def sign_in_by_device(script: Script, provider: OidcProvider) -> str:
    """Sign in from a script as a person would; what its prompt said."""
    script.start(SIGN_IN, "tok.account.username")
    said = script.said_until("The code expires")
    provider.approve(shown_code(said))
    assert script.result() == "ada"
    return said

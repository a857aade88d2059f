"""Somebody at the Hub: their browser, and a kernel of their server."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.hub.hub import Hub, UserServer
from tests.support import Kernel, until


@dataclass
class HubPerson:
    name: str
    page: Page
    kernel: Kernel

    def get_token(self, profile: str = "lake", more: str = "") -> str:
        """What ``%get_token`` gives in the kernel: the token's text, for the test alone."""
        self.kernel.run("%load_ext jupyter_auth")
        return str(self.kernel.run(f"tok = %get_token {profile} {more}", "tok.reveal()"))

    def begin_anew(self, hub: Hub) -> None:
        """Start a server and a kernel in the place of those that have ended."""
        self.kernel.close()

        def servers() -> Any:
            return hub.get(f"hub/api/users/{self.name}", hub.token).json()["servers"]

        until(lambda: not servers(), 60)
        assert hub.ask("POST", f"hub/api/users/{self.name}/server", hub.token).ok
        until(lambda: bool(servers().get("", {}).get("ready")), 90)
        self.kernel = Kernel(UserServer(hub, self.name))

    def close(self) -> None:
        """Let go of the kernel's channel."""
        self.kernel.close()

    @property
    def server(self) -> JupyterProcess:
        return self.kernel.server

    def api_token(self) -> str:
        """The Hub API token that the kernel has inherited."""
        return str(self.kernel.value("__import__('os').environ['JUPYTERHUB_API_TOKEN']"))

    def told(self) -> list[Any]:
        """Who the last token is for, and where it came from."""
        return list(self.kernel.value("[tok.account.username, str(tok.metadata.token_source)]"))


def log_in(page: Page, hub: Hub, name: str, to: str = "hub/spawn") -> None:
    """Go to the Hub, sign in at the provider, consent; and then ``to``, where a server begins to start."""
    page.goto(hub.url + to)
    at_provider(page, name)
    page.wait_for_url(f"{hub.url}**", wait_until="commit")


def at_provider(page: Page, name: str) -> None:
    """Sign in, unless the provider still knows who it is, and consent."""
    if page.locator("input[name=login]").count():
        page.fill("input[name=login]", name)
        page.fill("input[name=password]", "any will do")
        page.click("button[type=submit]")
    page.click("button[type=submit]")

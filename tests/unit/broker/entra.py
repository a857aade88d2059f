"""A bench at the Entra-shaped provider: profiles, a person with a code, what went over the wire."""

import asyncio
from pathlib import Path
from typing import Any

from jupyter_auth.broker.signing_in.code_sign_in import CodeSignIn
from jupyter_auth.broker.signing_in.interactions import Interaction
from jupyter_auth.core.result import AuthenticationResult
from tests.idp.entra import API, APP_PUBLIC, HOME, EntraProvider, Seen
from tests.unit.broker.bench import Bench, device
from tests.unit.broker.conftest import MakeBench


class EntraBench:
    """Profiles ``graph`` (the home tenant), ``common`` (each account's own) and what a test adds."""

    def __init__(self, entra: EntraProvider, folder: Path, make_bench: MakeBench) -> None:
        self.entra = entra
        config = folder / "config"
        config.mkdir(exist_ok=True)
        self.toml = config / "jupyter_auth.toml"
        self.toml.touch()
        self.profile("graph")
        self.profile("common", tenant="common")
        self.bench: Bench = make_bench(entra)

    def profile(
        self, name: str, *more: str, tenant: str = HOME, client_id: str = APP_PUBLIC, scopes: str = API
    ) -> None:
        """Add a profile; ``more`` are lines of TOML for it."""
        text = self.entra.profile(name, *more, tenant=tenant, client_id=client_id, scope=scopes)
        with self.toml.open("a", encoding="utf-8") as file:
            file.write(text)

    async def get(self, profile: str = "graph", **fields: Any) -> AuthenticationResult:
        """Ask silently."""
        return await self.bench.get(profile, **fields)

    async def approve(self, asked: Interaction, username: str = "ada") -> AuthenticationResult:
        """Enter the code as a person."""
        shown = asked.to_wire()
        code, address = device(asked).user_code, str(shown["verification_uri"])
        await asyncio.to_thread(lambda: self.entra.approve(code, address, username))
        await asyncio.wait_for(asyncio.shield(asked.outcome), 60)
        return await self.bench.broker.result_of(asked, first=True)

    async def sign_in(
        self, profile: str = "graph", username: str = "ada", **fields: Any
    ) -> AuthenticationResult:
        """By device code."""
        return await self.approve(await self.bench.ask(profile, **fields), username)

    async def by_browser(self, asked: Interaction, username: str = "ada") -> None:
        """Sign in at the page of an authorization request, and bring its answer back."""
        assert isinstance(asked.sign_in, CodeSignIn)
        address, back = str(asked.to_wire()["authorization_uri"]), asked.sign_in.redirect_uri
        landed = await asyncio.to_thread(lambda: self.entra.sign_in_until(address, back, username))
        await self.bench.broker.answers.take_address(asked, landed)

    def refreshes(self) -> list[Seen]:
        """What was asked with a refresh token."""
        return [seen for seen in self.entra.seen("token") if seen["form"]["grant_type"] == "refresh_token"]

    def refuse(self, code: int, error: str = "invalid_grant", **more: Any) -> None:
        """Have the next token request refused, in Entra's manner."""
        body = {"error": error, "error_description": f"AADSTS{code}: no.", "error_codes": [code], **more}
        self.entra.plan("token", body)

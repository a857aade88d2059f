"""The sign-ins that the Hub service keeps, at a real provider; of the Hub there is what it would tell.

A little longer than other files: each test is one story of a person's sign-in, told on the same provider.
"""

import asyncio
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.broker.clock import Clock
from jupyter_auth.core.errors import InteractionRequiredError, PolicyError, ProfileError
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.secret import Secret
from jupyter_auth.hub.keeper import Keeper
from jupyter_auth.hub.keeping import Keeping, Wanted, own_key
from jupyter_auth.hub.people import HubSignIn, read_auth_state
from jupyter_auth.hub.seeds import FILE
from jupyter_auth.providers.oidc import OidcEngine
from tests.idp import OidcProvider
from tests.idp.base import CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, REDIRECT_URIS

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
DOWNSTREAM = "https://downstream.example/"
SCOPES = ("openid", "profile", "offline_access", "lake.read")


@pytest.fixture(scope="module")
def provider() -> Iterator[OidcProvider]:
    with OidcProvider() as running:
        yield running


class ToldByTheHub:
    """What the Hub holds of people's sign-ins."""

    def __init__(self) -> None:
        self.held: dict[str, HubSignIn] = {}

    async def whose(self, authorization: str) -> str:
        return authorization

    async def sign_in(self, person: str) -> HubSignIn | None:
        return self.held.get(person)

    async def servers(self, person: str) -> dict[str, str]:
        return {}


class Scene:
    """The provider, the Hub's part, and one service after the other."""

    def __init__(self, provider: OidcProvider, folder: Path) -> None:
        self.provider = provider
        self.hub = ToldByTheHub()
        secret = folder / "secret"
        secret.touch(mode=0o600)
        secret.write_text(CONFIDENTIAL_SECRET)
        self.table: dict[str, Any] = {
            "issuer": provider.issuer,
            "client_id": CONFIDENTIAL_CLIENT,
            "client_secret_file": str(secret),
            "scopes": list(SCOPES),
        }
        self.folder = folder / "store"
        self.later = 0.0  # seconds that have gone by

    def log_in(self, person: str, subject: str | None = None) -> None:
        """At the Hub, as oauthenticator does it."""
        engine = OidcEngine(Profile(name="hub", **{**self.table, "scopes": SCOPES}))
        started = engine.start_code(
            SCOPES, (), {"prompt": "consent"}, redirect_uri=REDIRECT_URIS[0], state=Secret("of the hub")
        )
        address = self.provider.sign_in(started.authorization_uri, subject or person)
        query = dict(pair.split("=", 1) for pair in address.partition("?")[2].split("&"))
        answer = engine.finish_code(started, query | {"state": "of the hub", "iss": self.provider.issuer})
        assert answer.refresh_token is not None
        self.hub.held[person] = HubSignIn(
            refresh_token=answer.refresh_token,
            access_token=answer.access_token,
            scopes=" ".join(SCOPES),
            claims={"sub": subject or person, "preferred_username": subject or person},
        )
        engine.close()

    @asynccontextmanager
    async def service(self, **more: Any) -> Any:
        keeping = Keeping(profile=self.table, folder=self.folder, **more)
        keeper = Keeper(keeping, self.hub, Clock(now=lambda: time.time() + self.later))
        try:
            yield keeper
        finally:
            await keeper.close()


@pytest.fixture
def scene(provider: OidcProvider, tmp_path: Path) -> Scene:
    provider.reset()
    return Scene(provider, tmp_path)


def good(scene: Scene, answer: dict[str, Any]) -> str:
    """Whose token that is, as the provider says."""
    return str(scene.provider.userinfo(answer["access_token"])["sub"])


async def refused(keeper: Keeper, person: str = "ada", **wanted: Any) -> str:
    with pytest.raises(InteractionRequiredError) as raised:
        await keeper.token(person, Wanted(**wanted))
    assert "Log out at the Hub" in raised.value.hint
    return raised.value.reason


async def test_each_person_gets_their_own_and_no_refresh_token_is_told(scene: Scene) -> None:
    scene.log_in("ada")
    scene.log_in("bob")
    async with scene.service() as keeper:
        answers = dict(zip(("ada", "bob"), await asyncio.gather(
            keeper.token("ada", Wanted()), keeper.token("bob", Wanted())
        ), strict=True))  # fmt: skip
        assert {name: good(scene, answer) for name, answer in answers.items()} == {"ada": "ada", "bob": "bob"}
    told = str(answers)
    assert set(answers["ada"]) == {"access_token", "token_type", "expires_in", "scope", "issuer", "claims"}
    assert not any(token in told for token in scene.provider.issued()["refresh_token"])


async def test_the_rotated_token_is_kept_over_a_restart_and_the_hubs_own_is_used_once(scene: Scene) -> None:
    """Were it sent again, the provider would end the sign-in."""
    scene.log_in("ada")
    seen = set()
    for _ in range(3):
        async with scene.service() as keeper:
            for _ in range(2):
                scene.later += 60  # what came less than 5 s ago is new enough for anybody
                seen.add((await keeper.token("ada", Wanted()))["access_token"])
    assert len(seen) == 6
    asked = [entry for entry in scene.provider.log() if entry["grant_type"] == "refresh_token"]
    assert [entry["status"] for entry in asked] == [200] * 6


async def test_who_is_given_another_name_at_the_hub_stays_signed_in(scene: Scene) -> None:
    """The Hub's copy of the refresh token is a spent one by then, for which the provider ends the sign-in."""
    scene.log_in("ada")
    async with scene.service() as keeper:
        await keeper.token("ada", Wanted())
        scene.log_in("lovelace", subject="bob")  # somebody who had that name before
        await keeper.token("lovelace", Wanted())
        scene.hub.held["lovelace"] = scene.hub.held.pop("ada")
        scene.later += 60
        assert good(scene, await keeper.token("lovelace", Wanted())) == "ada"
        scene.later += 60
        assert good(scene, await keeper.token("lovelace", Wanted())) == "ada"
        assert await refused(keeper) == "hub_no_sign_in"  # nobody has the old name
        await keeper.forget("lovelace")
        assert await refused(keeper, "lovelace") == "hub_signed_out"
        scene.hub.held["countess"] = scene.hub.held.pop("lovelace")
        assert await refused(keeper, "countess") == "hub_signed_out"


async def test_many_at_once_refresh_in_turn(scene: Scene) -> None:
    scene.log_in("ada")
    async with scene.service() as keeper:
        answers = await asyncio.gather(*(keeper.token("ada", Wanted()) for _ in range(8)))
    assert {good(scene, answer) for answer in answers} == {"ada"}
    assert all(entry["ok"] for entry in scene.provider.log() if entry["endpoint"] == "token")


async def test_logging_out_revokes_and_the_hubs_copy_is_not_taken_up_again(scene: Scene) -> None:
    scene.log_in("ada")
    async with scene.service() as keeper:
        await keeper.token("ada", Wanted())
        await keeper.forget("ada")
        assert await refused(keeper) == "hub_signed_out"
        last = scene.provider.issued()["refresh_token"][-1]
        assert scene.provider.introspect(last) == {"active": False}
    async with scene.service() as keeper:
        assert await refused(keeper) == "hub_signed_out"
        scene.log_in("ada")
        assert good(scene, await keeper.token("ada", Wanted())) == "ada"


async def test_logging_out_before_a_token_was_ever_asked_for_revokes_as_well(scene: Scene) -> None:
    scene.log_in("ada")
    held = scene.hub.held["ada"].refresh_token
    assert held is not None
    async with scene.service() as keeper:
        await keeper.forget("ada")
        assert await refused(keeper) == "hub_signed_out"
    assert scene.provider.introspect(held.reveal()) == {"active": False}


async def test_logging_out_revokes_a_login_that_was_not_used_as_well(scene: Scene) -> None:
    scene.log_in("ada")
    async with scene.service() as keeper:
        await keeper.token("ada", Wanted())
        used = scene.provider.issued()["refresh_token"][-1]
        scene.log_in("ada")
        unused = scene.hub.held["ada"].refresh_token
        assert unused is not None
        await keeper.forget("ada")
    assert [scene.provider.introspect(token) for token in (used, unused.reveal())] == [{"active": False}] * 2


async def test_a_new_login_takes_the_place_of_the_one_before(scene: Scene) -> None:
    scene.log_in("ada")
    async with scene.service() as keeper:
        assert good(scene, await keeper.token("ada", Wanted())) == "ada"
        scene.log_in("ada", subject="ada.lovelace")  # another identity at the provider, the same one here
        assert good(scene, await keeper.token("ada", Wanted())) == "ada.lovelace"


async def test_what_only_a_login_can_mend_says_so(scene: Scene) -> None:
    async with scene.service() as keeper:
        assert await refused(keeper) == "hub_no_sign_in"
        scene.hub.held["ada"] = HubSignIn(
            refresh_token=None, access_token=Secret("a" * 20), scopes="", claims={}
        )
        assert await refused(keeper) == "hub_no_refresh_token"
        scene.log_in("ada")
        await keeper.token("ada", Wanted())
        scene.provider.revoke_all()
        scene.later = 60
        assert await refused(keeper) == "hub_invalid_grant"
        assert await refused(keeper) == "hub_invalid_grant"  # the spent one is gone, and it is no other fault


async def test_two_people_of_one_subject_share_nothing(scene: Scene) -> None:
    """The Hub's name decides, whatever the provider's claims say."""
    scene.log_in("ada", subject="same")
    scene.log_in("bob", subject="same")
    async with scene.service() as keeper:
        await keeper.token("ada", Wanted())
        await keeper.token("bob", Wanted())
        await keeper.forget("ada")
        assert await refused(keeper) == "hub_signed_out"
        assert good(scene, await keeper.token("bob", Wanted())) == "same"


async def test_a_token_is_exchanged_only_for_audiences_that_are_listed(scene: Scene) -> None:
    scene.log_in("ada")
    wanted = Wanted(scopes=("read",), resource=f"audience:{DOWNSTREAM}")
    async with scene.service() as keeper:
        with pytest.raises(PolicyError, match="audiences"):
            await keeper.token("ada", wanted)
    async with scene.service(audiences=(DOWNSTREAM,)) as keeper:
        first, second = await keeper.token("ada", wanted), await keeper.token("ada", wanted)
        assert first["access_token"].count(".") == 2  # a JWT, as the provider gives for that audience
        assert first["scope"] == second["scope"] == "read"


async def test_what_is_exchanged_is_replaced_where_the_provider_has_ended_it(scene: Scene) -> None:
    scene.log_in("ada")
    wanted = Wanted(scopes=("read",), resource=f"audience:{DOWNSTREAM}")
    async with scene.service(audiences=(DOWNSTREAM,), login_url="https://hub/oauth_login") as keeper:
        await keeper.token("ada", wanted)
        before = len(scene.provider.issued()["refresh_token"])
        said = {"error": "invalid_request", "error_description": "subject_token is no good"}
        scene.provider.set(fail={"status": 400, "body": said, "grant_type": EXCHANGE})  # once
        again = await keeper.token("ada", wanted)
        assert again["access_token"].count(".") == 2
        assert len(scene.provider.issued()["refresh_token"]) == before + 1
        scene.provider.revoke_all()
        scene.later = 60
        with pytest.raises(InteractionRequiredError, match="at https://hub/oauth_login") as raised:
            await keeper.token("ada", wanted)
        assert raised.value.reason == "hub_invalid_grant"


async def test_scopes_are_held_against_the_administrators_list(scene: Scene) -> None:
    scene.log_in("ada")
    async with scene.service(scopes=SCOPES) as keeper:
        with pytest.raises(PolicyError):
            await keeper.token("ada", Wanted(scopes=("lake.write",)))


async def test_and_so_are_those_of_an_exchange(scene: Scene) -> None:
    scene.log_in("ada")
    async with scene.service(scopes=SCOPES, audiences=(DOWNSTREAM,)) as keeper:
        for scopes in (("read",), ("lake.read", "read")):
            with pytest.raises(PolicyError, match="read"):
                await keeper.token("ada", Wanted(scopes=scopes, resource=f"audience:{DOWNSTREAM}"))
    asked = [entry["grant_type"] for entry in scene.provider.log() if entry["endpoint"] == "token"]
    assert EXCHANGE not in asked


@pytest.mark.parametrize(
    "body",
    [
        {"user": "bob"}, {"account": "bob"}, {"scopes": 7}, {"scopes": ["a", {}]}, {"resource": 7},
        {"resource": "https://x"}, {"claims": {}}, {"claims": "x" * 10_000}, {"scopes": "a\nb"},
    ],
)  # fmt: skip
def test_nothing_else_can_be_asked(body: dict[str, Any]) -> None:
    with pytest.raises(ProfileError):
        Wanted.from_wire(body)


async def test_files_are_private_and_name_nobody(scene: Scene) -> None:
    person = "ada-lovelace"  # three letters may come about by chance in what is sealed
    scene.log_in(person)
    async with scene.service() as keeper:
        await keeper.token(person, Wanted())
        issued = scene.provider.issued()
        tokens = [token.encode() for kind in ("access_token", "refresh_token") for token in issued[kind]]
        for path in [scene.folder, *scene.folder.rglob("*")]:
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
            if path.is_file():
                held = path.read_bytes()
                assert person.encode() not in held and not any(token[:12] in held for token in tokens), path
        assert (scene.folder / FILE).exists()


FULL = """
import pathlib, resource, signal, sys
from jupyter_auth.hub.keeping import own_key
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
own_key(pathlib.Path(sys.argv[1]))
"""


def test_a_key_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    """Half of one, on a full disk, would keep the service from starting ever after."""
    folder = tmp_path / "store"
    command = [sys.executable, "-c", FULL, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "File too large" in done.stderr
    key = own_key(folder).read_text(encoding="ascii").strip()
    assert len(key) == 64 and own_key(folder).read_text(encoding="ascii").strip() == key


@pytest.mark.parametrize("state", [None, [], "x", {}, {"access_token": 7}, {"access_token": ""}])
def test_no_auth_state_is_no_sign_in(state: Any) -> None:
    assert read_auth_state(state) is None


def test_other_providers_are_refused_at_the_start(scene: Scene) -> None:
    scene.table = {"provider": "entra", "tenant": "contoso.com", "client_id": "x"}
    with pytest.raises(ProfileError, match="oidc"):
        Keeper(Keeping(profile=scene.table, folder=scene.folder), scene.hub)

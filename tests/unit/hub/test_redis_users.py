"""What the Hub makes in Redis for a person's servers, when several of them come and go at once."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import redis

from jupyter_auth.hub.redis_users import KEY_FILE, URL_FILE, RedisUsers
from tests.support.redis_server import RedisServer


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with RedisServer() as running:
        yield running


@pytest.fixture
def users(server: RedisServer, tmp_path: Path) -> RedisUsers:
    return RedisUsers(server.url_file(tmp_path), tmp_path / "people")


def spawners(name: str, count: int) -> list[Any]:
    """Servers of one person, as the Hub sees them; none runs."""
    user = SimpleNamespace(name=name)
    made = [SimpleNamespace(user=user, active=False, environment={}) for _ in range(count)]
    user.spawners = {str(number): spawner for number, spawner in enumerate(made)}
    return made


def start(users: RedisUsers, spawner: Any) -> "asyncio.Task[None]":
    """As the Hub does: a server that starts is active before its hook is called."""
    spawner.active = True
    return asyncio.create_task(users.pre_spawn(spawner))


def can_log_in(spawner: Any) -> bool:
    folder = Path(spawner.environment["JUPYTER_AUTH_FILES"])
    url = (folder / URL_FILE).read_text(encoding="utf-8").strip()
    assert len((folder / KEY_FILE).read_text(encoding="utf-8").strip()) == 64
    with redis.Redis.from_url(url) as client:
        return bool(client.execute_command("AUTH", *url.split("//")[1].partition("@")[0].split(":")))


async def test_servers_that_start_at_once_have_one_user(users: RedisUsers) -> None:
    several = spawners("ada", 5)
    await asyncio.gather(*(start(users, spawner) for spawner in several))
    assert all(can_log_in(spawner) for spawner in several)
    assert len({spawner.environment["JUPYTER_AUTH_FILES"] for spawner in several}) == 1


async def test_one_that_starts_while_the_last_one_stops_has_its_own(
    users: RedisUsers, server: RedisServer
) -> None:
    old, new = spawners("ada", 2)
    await start(users, old)
    server.pause()
    try:
        stopping = asyncio.create_task(users.post_stop(old))
        await asyncio.sleep(0.05)
        starting = start(users, new)
        await asyncio.sleep(0.05)
    finally:
        server.go_on()
    await asyncio.gather(stopping, starting)
    old.active = False
    assert can_log_in(new)
    await users.post_stop(new)
    assert not Path(new.environment["JUPYTER_AUTH_FILES"]).exists()

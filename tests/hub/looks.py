"""What the story looks at: the provider's log, Redis, the doctor, the panel's rows, the audit."""

import json
from base64 import urlsafe_b64encode
from typing import Any

import redis
import requests

from jupyter_auth.cache.redis.header import RedisNames
from tests.hub.hub import Hub
from tests.hub.leftovers import given_to, is_jwt
from tests.hub.person import HubPerson
from tests.idp import OidcProvider
from tests.idp.base import CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET
from tests.support import CellError, until
from tests.support.redis_server import RedisServer

FORCED = "--force-refresh"


def grants(provider: OidcProvider) -> list[str | None]:
    return [entry["grant_type"] for entry in provider.log() if entry["endpoint"] == "token"]


def of_redis(server: RedisServer, name: str) -> list[bytes]:
    """A person's keys."""
    with server.client() as client:
        return list(client.scan_iter(match=f"{RedisNames(f'jupyterhub:{name}').prefix}*"))


DOCTOR = """
import os, subprocess, sys
done = subprocess.run([sys.executable, "-P", "-m", "jupyter_auth.cli.main", "doctor", "--json"],
                      env={**os.environ, **MORE}, capture_output=True, text=True)
"""


def examined(person: HubPerson, **more: str) -> dict[str, str]:
    """What the doctor makes of each profile, in a terminal of that person's server."""
    rows = json.loads(str(person.kernel.run(f"MORE = {more!r}\n{DOCTOR}", "done.stdout")))
    return {row["about"]: row["reason"] for row in rows if row["check"] == "provider"}


def redis_server_value(client: "redis.Redis", key: bytes) -> bytes:
    return bytes(client.dump(key) or b"")


def begun(person: HubPerson, profile: str = "other") -> tuple[str, dict[str, str]]:
    """A cell that waits for its person; its id, and what the person is to open."""
    cell = person.kernel.start(f"tok = ja.get_token({profile!r})", "tok.account.username")
    found: list[dict[str, str]] = []

    def waits() -> bool:
        rows = person.server.get("jupyter_auth/v1/interactions").json()
        found[:] = [row for row in rows if row["state"] == "pending" and row["authorization_uri"]]
        return bool(found)

    until(waits)
    return cell, found[0]


def forged(state: str, place: str) -> str:
    return f"{state.partition('.')[0]}.{urlsafe_b64encode(place.encode()).decode().rstrip('=')}"


def end_sign_in(provider: OidcProvider, name: str) -> None:
    """As an administrator of the provider does: all that the Hub's client has of that person is at an end."""
    for token in given_to(name, provider):
        if not is_jwt(token):
            answer = requests.post(
                provider.url("revocation"),
                data={"token": token},
                auth=(CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET),
                timeout=60,
            )
            assert answer.ok, answer.text


def told(person: HubPerson, profile: str = "lake") -> str:
    """What a cell says that asks for a new token, once no other of a moment ago is new enough."""
    said: list[str] = []

    def is_told() -> bool:
        try:
            person.get_token(profile, FORCED)
        except CellError as problem:
            said.append(str(problem))
        return bool(said)

    until(is_told, 60)
    return said[0]


def renewed(person: HubPerson, before: str) -> str:
    """Another token than that one."""
    found: list[str] = []

    def is_new() -> bool:
        found[:] = [person.get_token(more=FORCED)]
        return found[0] != before

    until(is_new, 60)
    return found[0]


def states(person: HubPerson) -> dict[str, str]:
    """What the panel says of the account, by profile."""
    return {row["profile"]: row["state"] for row in person.server.get("jupyter_auth/v1/accounts").json()}


def audited(hub: Hub) -> list[dict[str, Any]]:
    """The records of the service, in the Hub's log."""
    lines = hub.log.read_text().splitlines()
    return [
        json.loads(line.partition("] ")[2]) for line in lines if line.startswith("[INFO jupyter_auth.audit]")
    ]

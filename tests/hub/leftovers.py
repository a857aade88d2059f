"""What is left of a person in the Hub's own process and in our service's, after they have logged out."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.hub.hub import Hub
from tests.hub.person import HubPerson
from tests.idp import OidcProvider
from tests.idp.base import CONFIDENTIAL_CLIENT
from tests.security.looking import memory_of
from tests.support import until

LOOKS = 5
#: the files that tests/hub's configurations have the two processes write
PROCESSES = ("hub-process", "service-process")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What somebody had while they were signed in."""

    access_token: str
    api_token: str
    files: Path
    redis_url: str
    sealing_key: str
    processes: tuple[psutil.Process, ...]  # the kernel and the server
    #: of the sign-in at the Hub: all that the provider has given out, and the one that it exchanged
    tokens: frozenset[str]


def held_by(person: HubPerson, provider: OidcProvider) -> Held:
    """Look, before the person logs out."""
    files = Path(person.kernel.value("__import__('os').environ['JUPYTER_AUTH_FILES']"))
    kernel = psutil.Process(int(person.kernel.value("__import__('os').getpid()")))
    server = kernel.parent()
    assert server is not None
    return Held(
        access_token=person.get_token(),
        api_token=person.api_token(),
        files=files,
        redis_url=(files / "redis.url").read_text().strip(),
        sealing_key=(files / "seal.key").read_text().strip(),
        processes=(kernel, server),
        tokens=frozenset(given_to(person.name, provider)),
    )


def given_to(name: str, provider: OidcProvider) -> set[str]:
    """Every token that the Hub's client was given for that person. Asked while they are signed in: who an
    access token is for the provider tells, and with each but an exchanged one came a refresh token."""
    issued = provider.issued()
    access_tokens = [token for token in issued["access_token"] if not is_jwt(token)]
    given = {token for token in issued["access_token"] if is_jwt(token)}  # Ada alone has had one exchanged
    for access_token, refresh_token in zip(access_tokens, issued["refresh_token"], strict=True):
        told = provider.introspect(access_token)
        if told.get("sub") == name and told["client_id"] == CONFIDENTIAL_CLIENT:
            given |= {access_token, refresh_token}
    return given


def reachable(hub: Hub, wanted: Iterable[str]) -> set[str]:
    """Those of ``wanted`` that some object of either process still holds. What was just under way has its
    variables until it ends, so that one find counts only if others follow."""
    found = set(wanted)
    for _ in range(LOOKS):
        objects = _walked(hub)
        found = {needle for needle in found if any(needle.encode() in each for each in objects)}
        if not found:
            break
    return found


def _walked(hub: Hub) -> list[bytes]:
    """The text of every object that each of the processes can reach."""
    told = [hub.root / process for process in PROCESSES]
    for path in told:  # both look at once
        path.unlink(missing_ok=True)
        path.with_name(f"{path.name}.wanted").touch()
    try:
        until(lambda: all(path.exists() for path in told), 120)
    except AssertionError:
        raise AssertionError(hub.log.read_text()[-3000:]) from None
    objects = [path.read_bytes() for path in told]
    assert all(hub.issuer.encode() in each for each in objects)  # the search does find what is there
    return objects


def lingering(hub: Hub, wanted: Iterable[str]) -> set[str]:
    """Those of ``wanted`` that stand anywhere in the memory of both, in what was let go of as well."""
    needles = {needle: needle.encode() for needle in wanted}
    assert hub.process is not None
    found: set[str] = set()
    for pid in (hub.process.pid, *(one.pid for one in hub.find("-m", "jupyter_auth.hub"))):
        for chunk in memory_of(pid):
            found |= {needle for needle, raw in needles.items() if raw in chunk}
    return found


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs: what ends as nobody's child may stay in the table."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def is_jwt(token: str) -> bool:
    """True of what the provider cannot be asked about, nor take back."""
    return token.count(".") == 2

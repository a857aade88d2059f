"""Broken set-ups: provider ``jupyterhub``, and the service at the Hub. What its administrator has to do is
done here by hand."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import requests

from tests.doctor.bench import Bench, SetUp, Wanted
from tests.doctor.hub_stand_in import ACCESS, OWN, SIGN_IN, StandIn, service_of
from tests.doctor.networks import forwarded, free_port


def server_at(bench: Bench, issuer: str = "", more: str = "") -> StandIn:
    """A person's server at a Hub with the service, and a profile for it."""
    hub = StandIn()
    bench.stack.callback(hub.close)
    bench.stack.enter_context(service_of(hub, bench.made.root / "keeper"))
    bench.environment.update(JUPYTERHUB_API_TOKEN=OWN, JUPYTERHUB_API_URL=f"{hub.url}/hub/api")
    profile(bench, issuer or hub.issuer, more)
    return hub


def profile(bench: Bench, issuer: str, more: str = "") -> None:
    text = f'[profiles.lake]\nprovider = "jupyterhub"\nissuer = "{issuer}"\n{more}\n'
    bench.made.toml.write_text(text)


def elsewhere(bench: Bench) -> Iterator[Wanted | None]:
    """The Hub's profile is used where no Hub has started the server."""
    server_at(bench)
    del bench.environment["JUPYTERHUB_API_TOKEN"]
    yield Wanted(check="provider", reason="no_hub", says="JUPYTERHUB_API_TOKEN", remedy="at the Hub")
    bench.environment["JUPYTERHUB_API_TOKEN"] = OWN
    yield None


def not_configured(bench: Bench) -> Iterator[Wanted | None]:
    """The Hub has no service of ours."""
    hub = server_at(bench)
    hub.path = "/services/another"
    yield Wanted(
        check="provider",
        reason="hub_service_missing",
        says="/services/jupyter-auth (HTTP 404)",
        remedy="c.JupyterHub.services",
    )
    hub.path = "/services/jupyter-auth"
    yield None


def not_running(bench: Bench) -> Iterator[Wanted | None]:
    """The service at the Hub has ended."""
    hub = server_at(bench)
    hub.service, there = "", hub.service
    yield Wanted(check="provider", reason="hub_service_down", says="HTTP 503", remedy="restart it")
    hub.service = there
    yield None


def wrong_address(bench: Bench) -> Iterator[Wanted | None]:
    """Nothing listens at the service_url of the Hub's profile."""
    wrong = f'service_url = "http://127.0.0.1:{free_port()}"'
    hub = server_at(bench, more=wrong)
    yield Wanted(check="provider", reason="refused", says="refuses connections", remedy="Check service_url")
    profile(bench, hub.issuer, f'service_url = "{hub.issuer}"')
    yield None


def in_clear_text(bench: Bench) -> Iterator[Wanted | None]:
    """The service would be sent the server's Hub token in clear text, over a network."""
    hub = server_at(bench)
    name, own = socket.gethostname(), urlsplit(hub.issuer)
    port = forwarded(bench, socket.gethostbyname(name), int(own.port or 0))
    profile(bench, hub.issuer, f'service_url = "http://{name}:{port}{own.path}"')
    yield Wanted(check="provider", reason="hub_in_clear_text", says="clear text", remedy="service_url")
    profile(bench, hub.issuer)
    yield None


def token_revoked(bench: Bench) -> Iterator[Wanted | None]:
    """The Hub no longer knows the server's token."""
    hub = server_at(bench)
    hub.tokens = {"another": [ACCESS]}
    yield Wanted(check="provider", reason="unknown_hub_token", says="this token", remedy="start it again")
    hub.tokens = {OWN: [ACCESS]}
    yield None


def server_stopped(bench: Bench) -> Iterator[Wanted | None]:
    """The Hub, started anew, has not taken back the token of a server that it then stopped."""
    hub = server_at(bench)
    hub.tokens = {OWN: [ACCESS, "access:servers!server=ada/", "users:activity!user=ada"]}
    hub.servers = {"another": {"ready": True}}
    yield Wanted(check="provider", reason="unknown_hub_token", says="been stopped", remedy="start it again")
    hub.servers[""] = {"ready": False}  # it starts
    yield None


def scope_missing(bench: Bench) -> Iterator[Wanted | None]:
    """People's servers may not use the service."""
    hub = server_at(bench)
    hub.tokens = {OWN: ["access:servers!server=ada/", "users:activity!user=ada"]}
    yield Wanted(check="provider", reason="hub_scope_missing", says="may not", remedy=f"the scope {ACCESS}")
    hub.tokens[OWN].append(ACCESS)
    yield None


def no_auth_state(bench: Bench) -> Iterator[Wanted | None]:
    """The service has not the scope admin:auth_state."""
    hub = server_at(bench)
    hub.tells_auth_state = False
    yield Wanted(check="provider", reason="no_auth_state", says="sign-in", remedy="admin:auth_state")
    hub.tells_auth_state = True
    yield None


def nothing_kept(bench: Bench) -> Iterator[Wanted | None]:
    """The Hub keeps no auth_state."""
    hub = server_at(bench)
    hub.auth_state = None
    yield Wanted(
        check="provider", reason="hub_no_sign_in", says="no sign-in", remedy="enable_auth_state = True"
    )
    hub.auth_state = {**SIGN_IN}
    yield None


def no_refresh_token(bench: Bench) -> Iterator[Wanted | None]:
    """The Hub's login asks for no refresh token."""
    hub = server_at(bench)
    assert hub.auth_state is not None
    del hub.auth_state["refresh_token"]
    yield Wanted(
        check="provider", reason="hub_no_refresh_token", says="without a refresh", remedy="offline_access"
    )
    hub.auth_state = {**SIGN_IN}
    yield None


def logged_out(bench: Bench) -> Iterator[Wanted | None]:
    """The person has logged out at the Hub, and the server runs on."""
    hub = server_at(bench)
    answer = requests.post(f"{hub.issuer}/forget", headers={"Authorization": f"token {OWN}"}, timeout=20)
    assert answer.status_code in {200, 502, 503}, answer.text  # the provider is nowhere: nothing is revoked
    yield Wanted(check="provider", reason="hub_signed_out", says="logged out", remedy="log in again")
    hub.auth_state = SIGN_IN | {"access_token": "canary-at-2", "refresh_token": "canary-rt-2"}
    yield None


def hub_away(bench: Bench) -> Iterator[Wanted | None]:
    """The service does not reach the Hub."""
    hub = server_at(bench)
    hub.is_up = False
    yield Wanted(check="provider", reason="hub_unreachable", says="usable answer", remedy="reach the Hub")
    hub.is_up = True
    yield None


SET_UPS: tuple[SetUp, ...] = (
    elsewhere,
    not_configured,
    not_running,
    wrong_address,
    in_clear_text,
    token_revoked,
    server_stopped,
    scope_missing,
    no_auth_state,
    nothing_kept,
    no_refresh_token,
    logged_out,
    hub_away,
)

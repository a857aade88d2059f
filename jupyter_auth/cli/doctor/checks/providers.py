"""Does each profile's provider answer, is it who the profile says, and can a person sign in there?"""

import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from jupyter_auth.broker.signing_in.flows import flows_of
from jupyter_auth.cli.doctor import clock
from jupyter_auth.cli.doctor.checks import hub
from jupyter_auth.cli.doctor.checks.looked import CHECK, Looked
from jupyter_auth.cli.doctor.clock import Compared
from jupyter_auth.cli.doctor.finding import Finding, Findings, Reason
from jupyter_auth.cli.doctor.running import side_by_side
from jupyter_auth.cli.doctor.situation import Situation
from jupyter_auth.cli.doctor.trouble import Trouble
from jupyter_auth.cli.doctor.way import Way
from jupyter_auth.core.errors import AuthError, PolicyError
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.text import clean
from jupyter_auth.core.urls import checked_split, host_of
from jupyter_auth.providers.base import ProviderMetadata
from jupyter_auth.providers.registry import make_engine
from jupyter_auth.providers.transport import ProviderSession, fetch, json_object

LIMIT = 16.0  # seconds for all of them
DISCOVERY = "/.well-known/openid-configuration"
_KNOWN = {str(reason) for reason in Reason}


def check(situation: Situation) -> Findings:
    """Each in a thread of its own; then what their clocks say of this machine's."""
    compared: list[Compared] = []
    profiles = situation.configuration.profiles.values()
    jobs = [
        (CHECK, profile.name, partial(_look, Looked(situation=situation, profile=profile), compared))
        for profile in profiles
    ]
    yield from side_by_side(jobs, LIMIT)
    yield from clock.judged(compared)


def _look(looked: Looked, compared: list[Compared]) -> Findings:
    profile = looked.profile
    if profile.provider == "managed_identity":  # only who wants a token asks the machine's own service
        yield Finding(check=CHECK, about=profile.name, state="ok", message="this machine's own identity")
        return
    if profile.provider == "jupyterhub":
        yield from hub.look(looked)
        return
    url = profile.endpoints.get("token_endpoint") or profile.issuer.rstrip("/") + DISCOVERY
    try:
        Way.to(profile, url).walk()
    except Trouble as trouble:
        lines = {"run": trouble.run, "write": trouble.write}
        yield looked.fault(trouble.reason, trouble.message, trouble.advice, **lines)
        return
    announced = _announced(profile, url, compared)
    engine = make_engine(profile)
    try:
        metadata = engine.discover()
    except AuthError as problem:
        yield _refused(looked, problem, announced)
    else:
        faults = list(_ways_to_sign_in(looked, metadata))
        yield from faults or [Finding(check=CHECK, about=profile.name, state="ok", message=profile.issuer)]
    finally:
        engine.close()


def _announced(profile: Profile, url: str, compared: list[Compared]) -> dict[str, Any]:
    """What is at ``url``, for its ``Date`` and its issuer. What is wrong with it is the engine's to say."""
    session = ProviderSession(ca_bundle=profile.ca_bundle, proxies=profile.proxies)
    try:
        before = time.time()
        response = fetch(profile.issuer, lambda: session.get(url, headers={"Accept": "application/json"}))
        if (found := clock.compare(url, response.headers, before, time.time())) is not None:
            compared.append(found)
        return json_object(response) or {}
    except AuthError:
        return {}
    finally:
        session.close()


def _refused(looked: Looked, problem: AuthError, announced: dict[str, Any]) -> Finding:
    reason = Reason(problem.reason) if problem.reason in _KNOWN else Reason.PROVIDER_REFUSED
    named = clean(announced.get("issuer"))
    write: tuple[str, ...] = ()
    if reason is Reason.ISSUER_MISMATCH and checked_split(named) is not None and '"' not in named:
        write = (f'issuer = "{named}"',)
    elif reason is Reason.NO_DISCOVERY and looked.profile.issuer.endswith(DISCOVERY):
        write = (f'issuer = "{looked.profile.issuer.removesuffix(DISCOVERY)}"',)
    advice = problem.hint or f"Tell the administrator of {host_of(looked.profile.issuer)}."
    return looked.fault(reason, problem.message, advice, write=write)


def _ways_to_sign_in(looked: Looked, metadata: ProviderMetadata) -> Iterator[Finding]:
    """A provider may announce none of the flows that the profile and the policy leave."""
    profile = looked.profile
    if not profile.signs_people_in:
        return
    offered = {
        "device_code": metadata.device_authorization_endpoint,
        "authorization_code": metadata.authorization_endpoint,
    }
    try:
        wanted = flows_of(profile, prefers_code=looked.situation.settings.callback_url is not None)
    except PolicyError as refused:
        yield looked.fault(Reason.NO_WAY_TO_SIGN_IN, refused.message, refused.hint)
        return
    if any(offered[flow] for flow in wanted):
        return
    others = [flow for flow, endpoint in offered.items() if endpoint and profile.policy.allows_flow(flow)]
    told = f"{profile.issuer} does not offer {' or '.join(wanted)}, the only way to sign in that is left."
    if others:
        yield looked.fault(
            Reason.NO_WAY_TO_SIGN_IN,
            told,
            f"It offers {others[0]}: allow that.",
            write=(f'flows = ["{others[0]}"]',),
        )
    else:
        advice = "Ask its administrator to allow the device authorization grant for this client."
        yield looked.fault(Reason.NO_WAY_TO_SIGN_IN, told, advice)

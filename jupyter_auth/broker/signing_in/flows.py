"""Which way a person is to sign in: what the call says, else the profile, else what works here."""

from collections.abc import Mapping

from jupyter_auth.broker.request import Resolved
from jupyter_auth.core.errors import PolicyError
from jupyter_auth.core.profile import FLOWS, Profile

#: Refusals of one way after which the next one is worth a try.
LEAD_ON = frozenset({"device_code_blocked", "no_device_flow", "no_code_flow", "shared_callback"})


def flows_of(profile: Profile, wanted: str | None = None, *, prefers_code: bool) -> tuple[str, ...]:
    """The ways to sign in, in the order in which they are to be tried; ``wanted`` is the call's own.

    Whether the redirect URI is registered for a client shows only in the person's browser. So authorization
    code comes first where the profile, or ``callback_url`` (``prefers_code``), says so, and else where the
    provider does not let this client use device code.

    Raises ``PolicyError`` for a flow that the profile, or the administrator, does not allow.
    """
    if profile.is_signed_in_elsewhere:
        raise PolicyError(
            f"Nobody signs in to profile {profile.name!r} here: the Hub has done that.",
            reason="signed_in_at_the_hub",
            hint=f"Run %get_token {profile.name}. If that fails, log out at the Hub and log in again.",
        )
    own, policy = profile.flows or FLOWS, profile.policy
    if wanted is not None:
        if wanted not in own:
            raise _unavailable(wanted, own)
        policy.check_flow(wanted)
        return (wanted,)
    if not profile.flows:
        own = ("authorization_code", "device_code") if prefers_code else ("device_code", "authorization_code")
    allowed = tuple(filter(policy.allows_flow, own))
    if not allowed:
        policy.check_flow(own[0])
    return allowed


def may_ask(profile: Profile) -> bool:
    """True where a person may be asked to sign in."""
    is_here = profile.signs_people_in and not profile.is_signed_in_elsewhere
    return is_here and any(map(profile.policy.allows_flow, profile.flows or FLOWS))


def _unavailable(wanted: str, allowed: tuple[str, ...]) -> PolicyError:
    return PolicyError(
        f"Flow {wanted[:40]!r} is not available here.",
        reason="flow_unavailable",
        hint=f"Leave flow out, or use {' or '.join(map(repr, allowed))}.",
    )


def parameters(resolved: Resolved) -> Mapping[str, str]:
    """The optional parameters of a sign-in that a request names (OpenID Connect Core §3.1.2.1)."""
    request = resolved.request
    named = {
        "login_hint": request.login_hint,
        "prompt": None if request.prompt == "none" else request.prompt,
        "acr_values": request.acr_values,
        "max_age": request.max_age,
        "claims": request.claims_challenge,
        "tenant": request.tenant,
    }
    return {name: str(value) for name, value in named.items() if value is not None}

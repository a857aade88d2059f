"""Holding a profile against an administrator's policy: what is wrong with it, by its keys."""

from collections.abc import Iterator
from dataclasses import dataclass

from jupyter_auth.core.policy import Policy, hint_of, refusal
from jupyter_auth.core.profile import FLOWS, Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """What a policy says against a profile: the key it stands at, a reason for programs, and what to do."""

    key: str
    reason: str
    message: str
    hint: str


def violations(profile: Profile, policy: Policy) -> Iterator[Violation]:
    """All of them; none where the profile may be used."""
    if not policy.allows_issuer(profile.issuer):
        yield _of("issuer", "issuer", profile.issuer, policy.allowed_issuers)
    if policy.allowed_issuers:
        for key in profile.foreign_endpoints:
            yield Violation(
                key=key,
                reason="issuer_not_allowed",
                message="is not at the issuer, and an administrator has set allowed_issuers",
                hint=hint_of(policy.allowed_issuers),
            )
    if not policy.allows_client(profile.client_id):
        yield _of("client_id", "client", profile.client_id, policy.allowed_clients)
    if refused := policy.excess(profile.scopes, fold=profile.folds_case):
        yield _of("scopes", "scope", ", ".join(refused), policy.allowed_scopes)
    ways = ways_of(profile)
    if not any(map(policy.allows_flow, ways)):
        yield _of("flows" if profile.flows else "provider", "flow", " or ".join(ways), policy.allowed_flows)


def _of(key: str, kind: str, what: str, allowed: tuple[str, ...]) -> Violation:
    return Violation(
        key=key, reason=f"{kind}_not_allowed", message=refusal(kind, what), hint=hint_of(allowed)
    )


def ways_of(profile: Profile) -> tuple[str, ...]:
    """In which ways its tokens can be got, as far as the profile says."""
    for_people = (profile.flows or FLOWS) if profile.signs_people_in else ()
    if profile.provider == "managed_identity":
        return ("client_credentials",)
    return (*for_people, *(("client_credentials", "on_behalf_of") if profile.has_credentials else ()))

"""``jupyter auth doctor --policy``: what an administrator has set, from where, and what it comes to.

Nothing is asked of a provider, a store or a server: it is the configuration's own answer, by the code that
decides in a broker.
"""

import argparse
import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from jupyter_auth.broker.apps.app_request import AppRequest, no_people, permit, resolve_app
from jupyter_auth.broker.config.configuration import Configuration, config_files, load
from jupyter_auth.broker.config.policy import violations
from jupyter_auth.broker.config.policy_traits import PolicyTraits
from jupyter_auth.broker.config.settings import PLACE, Settings
from jupyter_auth.broker.config.settings_files import load_settings, sources
from jupyter_auth.broker.request import TokenRequest, resolve
from jupyter_auth.broker.signing_in.flows import flows_of
from jupyter_auth.cli.doctor.policy_options import is_question
from jupyter_auth.core.errors import AuthError, PolicyError, ProfileError
from jupyter_auth.core.profile import FLOWS, Profile, read_profile

OWN = "(asked)"  # the name of a profile that is none yet
SERVERS = "A server's own command line is not seen here: what stands there counts for that server alone."
#: The setting that decides, by the reason of its refusal.
RULES = {
    "issuer_not_allowed": "allowed_issuers",
    "client_not_allowed": "allowed_clients",
    "scope_not_allowed": "allowed_scopes",
    "flow_not_allowed": "allowed_flows",
    "user_profiles_off": "allow_user_profiles",
    "invalid_settings": "settings",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting as it is in force, with the files it is from; none for a default."""

    name: str
    value: Any
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of a request, and what decides that. ``rule`` is a setting, or ``profile`` where the
    profile itself does not do."""

    profile: str
    decision: Literal["allowed", "refused"]
    rule: str = ""
    reason: str = ""
    message: str = ""
    hint: str = ""


def run_policy(args: argparse.Namespace) -> int:
    """Print it; 0 where all that was asked about is allowed, 1 where something is refused or malformed."""
    settings = load_settings()
    configuration = load(config_files(), settings)
    in_force = _in_force(settings)
    if is_question(args):
        verdicts = [_verdict(configuration, args)]
    else:
        names = sorted({*configuration.profiles, *configuration.broken, *configuration.shut_out})
        verdicts = [_usable(configuration, name) for name in names]
    wrong = [str(fault) for fault in settings.faults]
    if args.json:
        told = {
            "settings": [asdict(setting) for setting in in_force],
            "faults": wrong,
            "verdicts": [asdict(verdict) for verdict in verdicts],
        }
        print(json.dumps(told, indent=2))
    else:
        _print(in_force, wrong, verdicts)
    return 1 if wrong or any(verdict.decision == "refused" for verdict in verdicts) else 0


def _in_force(settings: Settings) -> list[Setting]:
    found = sources()
    return [
        Setting(name=name, value=getattr(settings, name), sources=found.get(name, ()))
        for name in sorted(PolicyTraits.class_own_traits(config=True))
    ]


def _verdict(configuration: Configuration, args: argparse.Namespace) -> Verdict:
    name = args.profile or OWN
    try:
        configuration.settings.check()
        known = args.issuer is None
        profile = configuration.profile(args.profile) if known else _imagined(configuration.settings, args)
        name = profile.name
        _check(profile, args)
    except AuthError as problem:
        return _refused(name, problem)
    return Verdict(profile=name, decision="allowed")


def _usable(configuration: Configuration, name: str) -> Verdict:
    """Whether a profile may be used at all."""
    try:
        configuration.profile(name)
    except AuthError as problem:
        return _refused(name, problem)
    return Verdict(profile=name, decision="allowed")


def _refused(name: str, problem: AuthError) -> Verdict:
    rule = RULES.get(problem.reason, "profile")
    about = {"reason": problem.reason, "message": problem.message, "hint": problem.hint}
    return Verdict(profile=name, decision="refused", rule=rule, **about)


def _imagined(settings: Settings, args: argparse.Namespace) -> Profile:
    """The profile that a person would write into their own file."""
    if not settings.allow_user_profiles:
        raise PolicyError(
            "A profile in a person's own file does not count.",
            reason="user_profiles_off",
            hint="Ask about a known one with --profile.",
        )
    is_entra = args.provider == "entra"
    table = {"authority" if is_entra else "issuer": args.issuer, "client_id": args.client or "any"}
    profile, faults = read_profile(
        "asked", {"provider": args.provider or "oidc", **table}, "the command line"
    )
    if profile is None:
        raise ProfileError("; ".join(f"{fault.key}: {fault.message}" for fault in faults))
    for found in violations(profile, settings.policy):
        if found.key != "client_id" or args.client is not None:
            raise PolicyError(f"{found.message}.", reason=found.reason, hint=found.hint)
    return replace(profile, name=OWN, policy=settings.policy)


def _check(profile: Profile, args: argparse.Namespace) -> None:
    """Raises what a broker would raise."""
    told = {"profile": profile.name if profile.name != OWN else None, "scopes": args.scopes}
    request = TokenRequest.from_wire({**told, "tenant": args.tenant})
    resolve(request, profile)
    if args.flow is None:
        return
    if args.flow in FLOWS:
        if not profile.signs_people_in:
            raise no_people(profile)
        flows_of(profile, args.flow, prefers_code=False)
    elif profile.name == OWN:
        profile.policy.check_flow(args.flow)
    else:
        kind: Literal["app", "long_running"] = "app" if args.flow == "client_credentials" else "long_running"
        asked = AppRequest(request=request, kind=kind, session_key="any")
        permit(asked, profile)
        resolve_app(asked, profile)


def _print(in_force: list[Setting], wrong: list[str], verdicts: list[Verdict]) -> None:
    for setting in in_force:
        value = setting.value
        shown = ", ".join(value) or "(empty)" if isinstance(value, tuple) else value
        place = ", ".join(setting.sources) or "default"
        print(f"{PLACE}.{setting.name} = {shown}  [{place}]")
    print(SERVERS)
    for fault in wrong:
        print(f"FAULT {fault}")
    for verdict in verdicts:
        print(
            f"{verdict.decision.upper():<8} {verdict.profile}"
            + (f" by {verdict.rule}" if verdict.rule else "")
        )
        for more in (verdict.message, verdict.hint):
            if more:
                print(f"         {more}")

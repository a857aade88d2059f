"""``jupyter auth profiles test``: what would keep a profile from working, found without a sign-in."""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from jupyter_auth.broker.request import resource_of
from jupyter_auth.broker.signing_in.flows import flows_of, may_ask
from jupyter_auth.broker.tokens.elsewhere import KEPT_AT_THE_HUB
from jupyter_auth.cli.endings import OK, code_of, print_json
from jupyter_auth.cli.profiles.listing import configuration
from jupyter_auth.cli.profiles.looking import offers
from jupyter_auth.core.browsers import has_browser
from jupyter_auth.core.errors import AuthError
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.secret import Secret
from jupyter_auth.providers.base import NOTHING, Engine, ProviderMetadata
from jupyter_auth.providers.registry import make_engine

_MARKS = {"ok": "ok   ", "note": "note ", "fault": "FAULT"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that was tried."""

    what: str
    state: Literal["ok", "note", "fault"]
    message: str
    remedy: str = ""


class Trial:
    """The steps for one profile. ``problem`` is the first error."""

    def __init__(self, profile: Profile, engine: Engine) -> None:
        self._profile = profile
        self._engine = engine
        self.problem: AuthError | None = None

    def steps(self) -> Iterator[Step]:
        """Try one after the other; without an answer of the provider there is nothing more to try."""
        found = self._discover()
        if isinstance(found, Step):
            yield found
            return
        for line in offers(self._profile, found):
            yield Step(what="provider", state="ok", message=line)
        yield from self._scopes(found)
        if self._profile.is_signed_in_elsewhere:
            yield self._tried("token", "the service gave one of this server's person", self._from_the_hub)
        elif self._profile.signs_people_in:
            yield from self._ways(found)
        else:
            yield self._tried("application", "its own token was given", self._own_token)

    def _discover(self) -> ProviderMetadata | Step:
        try:
            return self._engine.discover()
        except AuthError as problem:
            return self._fault("provider", problem)

    def _scopes(self, found: ProviderMetadata) -> Iterator[Step]:
        unknown = [s for s in self._profile.scopes if s not in found.scopes_supported]
        if found.scopes_supported and unknown and self._profile.provider != "entra":
            message = f"the provider does not name {' '.join(unknown)}: it need not, and may refuse it"
            yield Step(what="scopes", state="note", message=message)

    def _ways(self, found: ProviderMetadata) -> Iterator[Step]:
        if not may_ask(self._profile):
            yield Step(what="sign-in", state="fault", message="no way to sign in is allowed")
            return
        flows = flows_of(self._profile, prefers_code=False)
        if "device_code" in flows and found.device_authorization_endpoint:
            told = (
                "the provider knows it, its scopes and its device_code; the code that it gave runs out unused"
            )
            yield self._tried("client", told, self._start_device)
        else:
            message = "only a sign-in shows whether the provider knows it: add --sign-in"
            yield Step(what="client", state="note", message=message)
        if "authorization_code" in flows and found.authorization_endpoint:
            way = "the answer comes back by itself" if has_browser() else "the address has to be pasted"
            yield Step(what="authorization_code", state="ok", message=f"from this terminal, {way}")

    def _start_device(self) -> None:
        self._engine.start_device(self._profile.scopes, self._resources(), NOTHING)

    def _own_token(self) -> None:
        self._engine.client_credentials(self._profile.scopes, self._resources(), NOTHING)

    def _from_the_hub(self) -> None:
        self._engine.refresh(Secret(KEPT_AT_THE_HUB), self._profile.scopes, NOTHING)

    def _resources(self) -> tuple[str, ...]:
        resource = resource_of(self._profile)
        return (resource,) if resource else ()

    def _tried(self, what: str, told: str, work: Callable[[], None]) -> Step:
        try:
            work()
        except AuthError as problem:
            return self._fault(what, problem)
        return Step(what=what, state="ok", message=told)

    def _fault(self, what: str, problem: AuthError) -> Step:
        self.problem = self.problem or problem
        return Step(what=what, state="fault", message=problem.message, remedy=problem.hint)


def run_test(args: argparse.Namespace) -> int:
    """Print the steps; the code of the first that failed. Raises ``AuthError`` for a profile that is wrong by
    itself, and where the sign-in fails."""
    profile = configuration().profile(args.profile)
    engine = make_engine(profile)
    trial, steps = Trial(profile, engine), []
    try:
        for step in trial.steps():
            steps.append(step)
            if not args.json:
                print(f"{_MARKS[step.state]} {step.what}: {step.message}")
                if step.remedy:
                    print(f"      → {step.remedy}")
    finally:
        engine.close()
    if args.sign_in and trial.problem is None and may_ask(profile):
        steps.append(_sign_in(profile, as_json=args.json))
    if args.json:
        print_json({"profile": profile.name, "steps": [asdict(step) for step in steps]})
    if trial.problem is not None:
        return code_of(trial.problem)
    return OK if all(step.state != "fault" for step in steps) else 1


def _sign_in(profile: Profile, *, as_json: bool) -> Step:
    from jupyter_auth.cli.acquiring import at_a_terminal
    from jupyter_auth.kernel.interactive import log_in

    with at_a_terminal():
        found = log_in(profile.name)
    who = found.account.username if found.account else ""
    step = Step(what="sign-in", state="ok", message=f"{who}: {' '.join(found.scopes)}")
    if not as_json:
        print(f"{_MARKS[step.state]} {step.what}: {step.message}")
    return step

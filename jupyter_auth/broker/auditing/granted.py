"""What people decide about kernels, as it is written down."""

from dataclasses import replace

from jupyter_auth.broker.auditing.actors import actor
from jupyter_auth.broker.auditing.audit import Audit
from jupyter_auth.broker.changes import KernelAction
from jupyter_auth.broker.grants.held import Held
from jupyter_auth.core.audit import Decision

_DECISIONS: dict[KernelAction, Decision] = {
    "granted": Decision.GRANT_GIVEN,
    "refused": Decision.GRANT_REFUSED,
    "revoked": Decision.GRANT_REVOKED,
}


def write_down(audit: Audit, action: KernelAction, held: Held, kernel_id: str) -> None:
    """One decision about ``kernel_id``, by whoever acts now; ``reason`` says for how long it was made."""
    grant = held.grant
    of_the_profile = sorted(held.own) if grant.decision == "allow" else ()
    audit.decide(
        _DECISIONS[action],
        by=replace(actor(), kernel_id=kernel_id),
        profile=grant.profile,
        scopes=of_the_profile if grant.scopes is None else grant.scopes,
        account=grant.account,
        reason=grant.remember,
    )

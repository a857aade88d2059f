"""S12 with the agent: its callers get access tokens, and none holds a refresh token or a device code."""

from pathlib import Path

from tests.idp import MisbehavingProvider
from tests.security.canaries import Canaries
from tests.security.evidence import MEMORY, Evidence
from tests.security.looking import memory_of
from tests.support import Script, place
from tests.support.agent import agent_command

KINDS = ("refresh_token", "device_code", "code_verifier", "access_token")
LIFE = """
tok = ja.acquire_token_by_device_flow('lake', timeout=60)
for _ in range(2):
    tok = ja.get_token('lake', force_refresh=True)
"""


def seen(evidence: Evidence, script: Script, provider: MisbehavingProvider) -> set[str]:
    """What stands in a script's memory after a sign-in and two refreshes."""
    script.start(LIFE, "tok.profile")
    script.said_until("The code expires")
    provider.approve()
    assert script.result() == "lake"
    evidence.scan(MEMORY, f"process {script.pid}", memory_of(script.pid), KINDS)
    return {kind for kind in KINDS if evidence.found(MEMORY, kind)}


def test_refresh_tokens_are_in_the_agent_alone(tmp_path: Path) -> None:
    canaries = Canaries()
    with MisbehavingProvider() as provider, place(provider.issuer) as made, agent_command(made) as agent:
        canaries.watch(provider)
        agent.start()
        with Script(made) as script:
            found = seen(Evidence(canaries), script, provider)
        assert found == {"access_token"}
        with Script(made, JUPYTER_AUTH_AGENT="never") as script:  # so it is known to be seen
            found = seen(Evidence(canaries), script, provider)
        assert {"refresh_token", "access_token"} <= found
    assert canaries.used["refresh_token"] and canaries.used["device_code"]

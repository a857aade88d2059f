"""The Redis of a shared store: is its address a safe one, does it answer, does it keep what it is given?"""

import shlex
from importlib.util import find_spec
from pathlib import Path

from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.cli.doctor.checks.packages import NAME, pip
from jupyter_auth.cli.doctor.finding import Finding, Findings, Reason
from jupyter_auth.core.errors import CacheError

CHECK = "store"


def check(settings: Settings) -> Findings:
    """Ask it for its memory's policy, which every Redis that answers refuses or tells. Nothing is written."""
    if find_spec("redis") is None:
        yield _fault(
            Reason.REDIS_MISSING,
            "the store in Redis needs the package redis.",
            "Install it beside the Jupyter server:",
            f"{pip()} install '{NAME}[redis]'",
        )
        return
    from jupyter_auth.cache.redis.link import Link
    from jupyter_auth.cache.redis.policy import EvictionPolicy
    from jupyter_auth.cache.redis.url import read_url

    try:
        place = read_url(Path(settings.redis_url_file or ""))
    except CacheError as problem:
        lines = (
            (f"chmod 600 {shlex.quote(str(settings.redis_url_file))}",)
            if "others may read it" in problem.message
            else ()
        )
        yield _fault(Reason.REDIS_FILE, problem.message, problem.hint, *lines)
        return
    link = Link(place)
    try:
        policy = EvictionPolicy(link)
        policy.look()
        if link.why_down:
            yield _fault(
                Reason.REDIS_UNAVAILABLE,
                f"Redis ({place.way}) cannot be used: {link.why_down}.",
                f"Correct the URL in {place.file}, or have whoever runs Redis start it.",
            )
        elif policy.note:
            yield Finding(
                check=CHECK,
                state="note",
                reason=Reason.REDIS_EVICTS,
                message=policy.note,
                advice="Whoever runs Redis may do so:",
                run=("redis-cli CONFIG SET maxmemory-policy volatile-lru",),
            )
        else:
            yield Finding(check=CHECK, state="ok", message=f"redis over {place.way}")
    finally:
        link.close()


def _fault(reason: Reason, message: str, advice: str, *run: str) -> Finding:
    return Finding(check=CHECK, state="fault", reason=reason, message=message, advice=advice, run=run)

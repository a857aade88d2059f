"""What Redis does when its memory is full: whether sign-ins are safe there.

Access tokens are the one thing of ours that has an expiry and is stored for longer than a day's locks are, so
that a ``volatile-lru`` or ``volatile-lfu`` policy lets go of what can be had again.
"""

from jupyter_auth.cache.redis.link import Link

#: Policies (``maxmemory-policy``) under which nothing is lost that a person would have to mend.
SAFE = ("noeviction", "volatile-lru", "volatile-lfu")


class EvictionPolicy:
    """As it was looked at last. ``note`` says what is wrong with it, if anything is and Redis tells."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.note = ""

    def look(self) -> None:
        """Ask Redis, where it tells: ``INFO`` and ``CONFIG GET`` are rights that its user may not have."""
        told = self._link.memory_policy()
        self.note = _note(*told) if told else ""


def _note(policy: str, limit: int) -> str:
    if policy in SAFE or not limit:
        return ""
    what = "sign-ins" if policy.startswith("allkeys") else "the locks of refreshes under way, and so sign-ins"
    return (
        f"Redis evicts {what} when its memory is full (maxmemory-policy {policy}). "
        f"Whoever runs it should set {SAFE[0]} or {SAFE[1]}."
    )

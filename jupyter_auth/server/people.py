"""Who makes a request, as Jupyter's login knows them."""

import re
from typing import Any

from jupyter_auth.broker.auditing.actors import Actor
from jupyter_auth.core.audit import Via

#: What ``IdentityProvider.generate_anonymous_user`` makes up, anew for each request with a token, and for
#: each browser that has given a password.
_ANONYMOUS = re.compile(r"[0-9a-f]{32}")


def person_of(handler: Any) -> str | None:
    """The person's name, or None where Jupyter cannot tell one person from another."""
    username = getattr(handler.current_user, "username", None)
    if not isinstance(username, str) or not username or _ANONYMOUS.fullmatch(username):
        return None
    return username


def actor_of(handler: Any) -> Actor:
    """For whom the broker acts in this request."""
    return Actor(via=Via.REST, person=person_of(handler))

"""What an administrator sets: a plain value, however it was read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any

from jupyter_auth.cache.limits import MemoryLimits, StoreLimits
from jupyter_auth.core.errors import PolicyError
from jupyter_auth.core.grant import KernelAccess
from jupyter_auth.core.policy import ALL_FLOWS, Policy
from jupyter_auth.core.profile import Fault, did_you_mean

#: The traitlets class, and how its settings are called in faults.
SECTION = "JupyterAuth"
PLACE = f"c.{SECTION}"
PROFILES_PLACE = f"{PLACE}.profiles"

PEOPLE = ("one", "many")
#: What a process without a Jupyter server does about the agent: nothing; use one that runs; start one.
AGENT = ("never", "use", "start")
STORES = ("sqlite", "memory", "redis")
#: The entry points by which others add stores: name → a function from ``Settings`` to a ``Store``.
STORE_PLUGINS = "jupyter_auth.stores"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The traits of ``c.JupyterAuth``. ``profiles`` holds tables as in the TOML, checked with the files'.

    ``faults`` is what could not be understood, in the settings themselves and in the files they are from.
    """

    profiles: Mapping[str, Any] = field(default_factory=dict, hash=False)
    default_profile: str | None = None
    store: str = "sqlite"
    store_path: str | None = None
    seal_key_file: str | None = None
    callback_url: str | None = None
    redis_url_file: str | None = None
    renew_for: float = 3600.0  # seconds; 0 is never
    allow_user_profiles: bool = True
    harden_process: bool = True
    allowed_issuers: tuple[str, ...] = ()
    kernel_access: KernelAccess = "allow"
    allowed_clients: tuple[str, ...] = ()
    allowed_scopes: tuple[str, ...] = ()
    allowed_flows: tuple[str, ...] = ALL_FLOWS
    pending_sign_in_limit: int = 20
    audit_file: str | None = None
    people: str = "one"
    agent: str = "use"
    person: str = ""  # whose the store is, where a server has many; no setting of an administrator's
    memory_limits: MemoryLimits = field(default_factory=MemoryLimits)
    store_limits: StoreLimits = field(default_factory=StoreLimits)
    faults: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        """Raises ``PolicyError`` for a store there is not."""
        problem = store_problem(self.store)
        if problem:
            raise PolicyError(
                f"{PLACE}.store: {problem}.", reason="unknown_store", hint=f"Use {' or '.join(STORES)}."
            )

    @property
    def policy(self) -> Policy:
        """What profiles and requests are held against."""
        return Policy(
            allowed_issuers=self.allowed_issuers,
            allowed_clients=self.allowed_clients,
            allowed_scopes=self.allowed_scopes,
            allowed_flows=self.allowed_flows,
        )

    @property
    def wrong(self) -> tuple[Fault, ...]:
        """The faults of the settings themselves, and of an administrator's files. While there is one, no
        token is given out: an administrator meant something, and nobody knows what."""
        return tuple(fault for fault in self.faults if fault.file == PLACE or fault.closes)

    def check(self) -> None:
        """Raises ``PolicyError`` where a setting is wrong."""
        if self.wrong:
            raise PolicyError(
                "The administrator's settings are wrong: " + "; ".join(map(str, self.wrong)),
                reason="invalid_settings",
                hint="They are in Jupyter's configuration. Correct them, then restart the server.",
            )


def store_problem(value: object) -> str:
    """What is wrong with ``value`` as the name of a store; empty where nothing is."""
    if value in STORES or entry_points(group=STORE_PLUGINS, name=str(value)):
        return ""
    return f"{str(value)[:40]!r} is not a store{did_you_mean(str(value), STORES)}"


DEFAULTS = Settings()

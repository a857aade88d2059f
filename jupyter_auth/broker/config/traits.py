"""``c.JupyterAuth`` as traitlets: read by the server extension, and without a server by ``load_settings``.

Beside the extension, these modules alone know traitlets. ``help`` is the reference manual.
"""

from typing import TYPE_CHECKING, Any, cast

from traitlets import Bool, Dict, Float, Int, Unicode
from traitlets.config import Config

from jupyter_auth.broker.config.policy_traits import PolicyTraits
from jupyter_auth.broker.config.setting import setting
from jupyter_auth.broker.config.setting_checks import a_callback, a_path, a_store, above_zero, seconds
from jupyter_auth.broker.config.settings import DEFAULTS, PLACE, SECTION, STORES, Settings
from jupyter_auth.cache.limits import MemoryLimits, StoreLimits
from jupyter_auth.core.profile import Fault, did_you_mean

if TYPE_CHECKING:
    from jupyter_auth.core.grant import KernelAccess

#: What every server extension has besides: no faults of ours.
INHERITED = frozenset(
    {"answer_yes", "config_file", "config_file_name", "default_url", "generate_config", "handlers"}
    | {"log_datefmt", "log_format", "log_level", "logging_config", "open_browser", "settings"}
    | {"show_config", "show_config_json", "static_paths", "static_url_prefix", "template_paths"}
)


class JupyterAuth(PolicyTraits):
    """The settings of an administrator. They win over the environment variable ``JUPYTER_AUTH_PROFILE``,
    which only selects a profile, and that wins over the files ``jupyter_auth.toml``.

    A setting that cannot be understood is logged when the server starts and told by ``%auth status`` and
    ``jupyter auth doctor``; until it is corrected, no token is given out. A changed setting takes effect at
    the server's next start.
    """

    profiles = setting(
        Dict(
            help="""Profiles by name, each a table with the keys of a profile in ``jupyter_auth.toml``.

            Type: dict of dicts. Default: none. A profile here replaces one of the same name in every file,
            whole: keys are not merged. A fault in one is the fault of that profile only."""
        ),
        "a dict of tables",
    )
    default_profile = setting(
        Unicode(
            None,
            allow_none=True,
            help="""The profile that is meant when none is named.

            Type: string. Default: none. Set here it wins over ``JUPYTER_AUTH_PROFILE``, which wins over the
            ``default_profile`` of the files. Naming another profile in a call is always possible.""",
        ),
        "the name of a profile",
    )
    store = setting(
        Unicode(
            "sqlite",
            help="""Where tokens are kept.

            Type: string. ``"sqlite"``, the default, is a sealed file that outlives the server. ``"memory"``
            ends with the server's process, and touches no file of another server. ``"redis"`` is shared by
            several servers of a user, on several hosts; it needs ``redis_url_file``. Other names are those of
            stores that packages bring by the entry points ``jupyter_auth.stores``.""",
        ),
        "the name of a store",
        a_store,
    )
    store_path = setting(
        Unicode(
            None,
            allow_none=True,
            help="""The folder of the ``sqlite`` store, with its locks and its generation file.

            Type: string, an absolute path; ``~`` is expanded. Default: ``jupyter_auth`` in Jupyter's data
            folder. It is made with mode 0700 where it is missing, and must belong to the server's user: one
            folder for one user, on a local disk.""",
        ),
        "a path",
        a_path,
    )
    seal_key_file = setting(
        Unicode(
            None,
            allow_none=True,
            help="""The file with the key that seals the store: 64 hexadecimal digits (32 bytes).

            Type: string, an absolute path; ``~`` is expanded. Default: the system's keyring where there is a
            safe one, else ``jupyter_auth/seal.key`` in Jupyter's configuration folder, made when it is first
            needed. It may hold several keys, a line each, the newest first: a store that an older one sealed
            goes over to the newest when it is opened. A file named here is used as it is and never
            made: it must be there, belong to the server's user and be closed to everybody else (mode 0600 or
            0400). Otherwise tokens are kept in memory only, and you are told.""",
        ),
        "a path",
        a_path,
    )
    callback_url = setting(
        Unicode(
            None,
            allow_none=True,
            help="""The address of this server's callback, as browsers reach it and as the providers have
            registered it: ``https://hub.example.org/user/ada/jupyter_auth/v1/callback``.

            Type: string, an https URL (http for a loopback host) without query. Default: found out from
            ``JUPYTERHUB_PUBLIC_URL``, ``ServerApp.custom_display_url`` or the loopback address that the
            server listens on; never from a request. Where it is set, people sign in with a redirect in
            their browser unless a profile's ``flows`` says otherwise.""",
        ),
        "a URL",
        a_callback,
    )
    redis_url_file = setting(
        Unicode(
            None,
            allow_none=True,
            help="""The file with the URL of Redis, for the ``redis`` store: a secret, with a password in it.

            Type: string, an absolute path; ``~`` is expanded. Default: none. One line, as in
            ``rediss://user:password@host:6380/0?ssl_ca_certs=/etc/ssl/ca.pem`` or
            ``unix://user:password@/run/redis.sock?db=0``; ``redis://`` is accepted only for a loopback
            address. The file must belong to the server's user and be closed to everybody else (mode 0600 or
            0400). Its text is told to nobody.""",
        ),
        "a path",
        a_path,
    )
    renew_for = setting(
        Float(
            DEFAULTS.renew_for,
            help="""For how long a token that a kernel was handed is renewed although nobody asks for it.

            Type: number, of seconds. Default: 3600. A token in use is renewed before it ends, so that a long
            cell never waits for the provider, nor meets a sign-in that has run out for not being used: while
            the kernel runs a cell, and for so long after it last asked. With 0, tokens are renewed only when
            they are asked for.""",
        ),
        "a number of seconds, 0 or more",
        seconds,
    )
    harden_process = setting(
        Bool(
            True,
            help="""Whether the server's process is closed to other processes of its user.

            Type: bool. Default: True. On Linux nobody but root can then read the server's memory,
            environment and open files, trace it, or have it leave a core file; kernels and terminals are as
            always. Switch it off for a debugger or a profiler that attaches to the server. Elsewhere, and
            for a server that runs as root, it has no effect, and ``%auth status`` says so.""",
        ),
        "True or False",
    )
    l1_cache_entry_limit = setting(
        Int(
            MemoryLimits().entries,
            help="""How many entries the broker keeps in memory, in front of the store: the access tokens of
            an account or application are one, the accounts of an application another. The least recently
            used go first. Type: int. Default: 4096.""",
        ),
        "a number",
        above_zero,
    )
    l1_cache_size_limit = setting(
        Int(MemoryLimits().size, help="How many bytes these may take. Type: int. Default: 16 MiB."),
        "a number of bytes",
        above_zero,
    )
    l1_absolute_expiration = setting(
        Int(
            MemoryLimits().absolute_expiration,
            help="""How many seconds an entry in memory may answer before it is read from the store again,
            even if nobody has told of a change. Type: int. Default: 300.""",
        ),
        "a number of seconds",
        above_zero,
    )
    cache_entry_limit = setting(
        Int(
            StoreLimits().entries,
            help="""How many records the ``sqlite`` or ``memory`` store may hold. Above it, access tokens go
            that can be had again, never a refresh token. Redis has limits of its own. Type: int.
            Default: 200000.""",
        ),
        "a number",
        above_zero,
    )
    cache_size_limit = setting(
        Int(StoreLimits().size, help="How many bytes those may take. Type: int. Default: 512 MiB."),
        "a number of bytes",
        above_zero,
    )

    @classmethod
    def section_names(cls) -> list[str]:
        """Each section once, though the extension's class has this one's name."""
        return list(dict.fromkeys(super().section_names()))

    @property
    def wrong(self) -> dict[str, str]:
        """What is wrong, by the name of the trait."""
        noted: dict[str, str] = self.__dict__.setdefault("_wrong", {})
        return noted

    def _load_config(self, cfg: Config, *args: Any, **more: Any) -> None:
        """Take the settings of ``cfg`` over those there are; what was wrong with those is forgotten."""
        for name in cfg.get(SECTION, {}):
            self.wrong.pop(name, None)
        super()._load_config(cfg, *args, **more)

    def read(self, faults: tuple[Fault, ...] = ()) -> Settings:
        """The settings as a plain value; ``faults`` are those of the files they came from."""
        wrong = {**self.wrong, **self._unknown()}
        if self.store == "redis" and not self.redis_url_file:
            wrong.setdefault("redis_url_file", 'is needed for store = "redis"')
        if self.people == "many" and self.store not in STORES:
            wrong.setdefault("people", "is for the stores " + ", ".join(STORES))
        return Settings(
            profiles={str(name): table for name, table in self.profiles.items()},
            default_profile=self.default_profile or None,
            store=self.store,
            store_path=self.store_path,
            seal_key_file=self.seal_key_file,
            callback_url=self.callback_url,
            redis_url_file=self.redis_url_file,
            renew_for=self.renew_for,
            allow_user_profiles=self.allow_user_profiles,
            harden_process=self.harden_process,
            audit_file=self.audit_file,
            people=self.people,
            agent=self.agent,
            allowed_issuers=tuple(dict.fromkeys(self.allowed_issuers)),
            kernel_access=cast("KernelAccess", self.kernel_access),
            allowed_clients=tuple(dict.fromkeys(self.allowed_clients)),
            allowed_scopes=tuple(dict.fromkeys(self.allowed_scopes)),
            allowed_flows=tuple(dict.fromkeys(self.allowed_flows)),
            pending_sign_in_limit=self.pending_sign_in_limit,
            memory_limits=MemoryLimits(
                entries=self.l1_cache_entry_limit,
                size=self.l1_cache_size_limit,
                absolute_expiration=self.l1_absolute_expiration,
            ),
            store_limits=StoreLimits(entries=self.cache_entry_limit, size=self.cache_size_limit),
            faults=(
                *(Fault(file=PLACE, key=key, message=text) for key, text in sorted(wrong.items())),
                *faults,
            ),
        )

    def _unknown(self) -> dict[str, str]:
        known = self.trait_names(config=True)
        return {
            str(name): f"unknown setting{did_you_mean(str(name), known)}"
            for name in self.config.get(SECTION, {})
            if name not in known and name not in INHERITED
        }

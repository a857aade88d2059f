"""What the doctor finds: one thing looked at, what it is like, and what to do about it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

State = Literal["ok", "note", "fault"]


class Reason(StrEnum):
    """Why a finding is not ``ok``: for programs. ``docs/how-to/find-out-what-is-wrong.md`` explains each."""

    OK = "ok"
    # the installation
    OTHER_PACKAGE = "other_package"
    FILES_CHANGED = "files_changed"
    EXTENSION_DISABLED = "extension_disabled"
    EXTENSION_MISSING = "extension_missing"
    LABEXTENSION_DISABLED = "labextension_disabled"
    LABEXTENSION_MISSING = "labextension_missing"
    KERNEL_WITHOUT_PACKAGE = "kernel_without_package"
    REMOTE_KERNELS = "remote_kernels"
    # the configuration
    CONFIGURATION_WRONG = "configuration_wrong"
    DEFAULT_UNKNOWN = "default_unknown"
    NO_PROFILE = "no_profile"
    USER_PROFILES_OFF = "user_profiles_off"
    SECRET_MISSING = "secret_missing"  # noqa: S105 -- a slug
    SECRET_OPEN = "secret_open"  # noqa: S105
    SECRET_ELSEWHERE = "secret_elsewhere"  # noqa: S105
    FOLDER_OPEN = "folder_open"
    FOLDER_OF_ANOTHER = "folder_of_another"
    FOLDER_NOT_WRITABLE = "folder_not_writable"
    DISK_FULL = "disk_full"
    # the providers
    NAME_UNKNOWN = "name_unknown"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    PROXY_UNREACHABLE = "proxy_unreachable"
    PROXY_REFUSES = "proxy_refuses"
    CERTIFICATE_UNTRUSTED = "certificate_untrusted"
    CERTIFICATE_NAME = "certificate_name"
    CERTIFICATE_TIME = "certificate_time"
    TLS = "tls"
    CA_BUNDLE = "ca_bundle"
    ISSUER_MISMATCH = "issuer_mismatch"
    NO_DISCOVERY = "no_discovery"
    NO_TOKEN_ENDPOINT = "no_token_endpoint"  # noqa: S105
    UNSAFE_ENDPOINT = "unsafe_endpoint"
    NO_WAY_TO_SIGN_IN = "no_way_to_sign_in"
    PROVIDER_REFUSED = "provider_refused"
    CLOCK_OFF = "clock_off"
    CLOCK_WRONG = "clock_wrong"
    # the service at a JupyterHub
    NO_HUB = "no_hub"
    HUB_SERVICE_MISSING = "hub_service_missing"
    HUB_SERVICE_DOWN = "hub_service_down"
    HUB_IN_CLEAR_TEXT = "hub_in_clear_text"
    UNKNOWN_HUB_TOKEN = "unknown_hub_token"  # noqa: S105
    HUB_SCOPE_MISSING = "hub_scope_missing"
    HUB_UNREACHABLE = "hub_unreachable"
    NO_AUTH_STATE = "no_auth_state"
    HUB_NO_SIGN_IN = "hub_no_sign_in"
    HUB_NO_REFRESH_TOKEN = "hub_no_refresh_token"  # noqa: S105
    HUB_SIGNED_OUT = "hub_signed_out"
    # the store and its key
    NETWORK_FILESYSTEM = "network_filesystem"
    STORE_UNSAFE = "store_unsafe"
    STORE_VERSION = "store_version"
    STORE_DAMAGED = "store_damaged"
    STORE_BUSY = "store_busy"
    KEY_MISSING = "key_missing"
    KEY_UNSAFE = "key_unsafe"
    REDIS_FILE = "redis_file"
    REDIS_MISSING = "redis_missing"
    REDIS_UNAVAILABLE = "redis_unavailable"
    REDIS_EVICTS = "redis_evicts"
    # the servers
    NO_SERVER = "no_server"
    OTHER_RUNTIME_FOLDER = "other_runtime_folder"
    SERVER_SILENT = "server_silent"
    SERVER_CLOSED = "server_closed"
    SERVER_WITHOUT_EXTENSION = "server_without_extension"
    SERVER_PROBLEM = "server_problem"
    SERVER_STORE = "server_store"
    SOCKET_MISSING = "socket_missing"
    SOCKET_OF_ANOTHER = "socket_of_another"
    SOCKET_SILENT = "socket_silent"
    OTHER_VERSION = "other_version"
    CALLBACK_UNREACHABLE = "callback_unreachable"
    CALLBACK_ELSEWHERE = "callback_elsewhere"
    # the agent
    AGENT_DEAD = "agent_dead"
    AGENT_SILENT = "agent_silent"
    AGENT_UNSAFE = "agent_unsafe"
    AGENT_OFF = "agent_off"
    # the doctor
    CHECK_FAILED = "check_failed"
    CHECK_TIMEOUT = "check_timeout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at.

    ``about``: which profile, server or kernel, where there are several. ``advice`` is for people; ``run``
    are lines for a shell, ``write`` those for the file that ``advice`` names: both are meant to be copied.
    """

    check: str
    state: State
    message: str
    reason: Reason = Reason.OK
    about: str = ""
    advice: str = ""
    run: Sequence[str] = ()
    write: Sequence[str] = ()

    @property
    def remedy(self) -> str:
        """All that is to be done, as one text: the advice, then each line to write or to run on its own."""
        return "\n".join([*([self.advice] if self.advice else []), *self.write, *self.run])

    def to_json(self) -> dict[str, object]:
        """The stable fields of ``--json``."""
        return {
            "check": self.check,
            "about": self.about,
            "state": self.state,
            "reason": str(self.reason),
            "message": self.message,
            "remedy": self.remedy,
            "run": list(self.run),
            "write": list(self.write),
        }


Findings = Iterator[Finding]

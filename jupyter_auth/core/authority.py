"""Entra authorities: a cloud and a tenant (or a customer directory), written in one way only."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from jupyter_auth.core.urls import checked_split

PUBLIC_CLOUD = "login.microsoftonline.com"
#: Hosts of one cloud: the first is the one to ask (MSAL: ``preferred_network`` of instance discovery).
CLOUDS = (
    (PUBLIC_CLOUD, "login.windows.net", "login.microsoft.com", "sts.windows.net"),
    ("login.partner.microsoftonline.cn", "login.chinacloudapi.cn"),
    ("login.microsoftonline.us", "login.usgovcloudapi.net"),
)
#: Tenants that stand for any: the account's own tenant is asked for silent tokens.
SHARED_TENANTS = frozenset({"common", "organizations", "consumers"})
_CUSTOMERS = (".ciamlogin.com", ".b2clogin.com", ".b2clogin.cn", ".b2clogin.us", ".b2clogin.de")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """``url`` is the authority without a slash at its end, ``environment`` what its refresh tokens are good
    for: the cloud, whose tenants share them, or one customer directory with its policy."""

    url: str
    environment: str
    tenant: str
    is_shared: bool

    def with_tenant(self, tenant: str) -> "Authority":
        """The same cloud, another tenant. Raises ``ValueError`` where there is only the one."""
        if self.environment == self.url:
            raise ValueError("this authority has no other tenants")
        return read_authority(f"{self.environment}/{tenant}")


def authority_of_tenant(tenant: str) -> str:
    """The public cloud's authority for ``tenant``."""
    return f"https://{PUBLIC_CLOUD}/{tenant}"


def read_authority(url: object) -> Authority:
    """The authority at ``url``. Raises ``ValueError`` that says what is wrong."""
    parts = checked_split(url)
    if parts is None or parts.scheme != "https":
        raise ValueError("is not an absolute https URL")
    if parts.query or parts.fragment or "?" in str(url) or "#" in str(url):
        raise ValueError("must have no query and no fragment")
    host = str(parts.hostname).lower()
    host = next((cloud[0] for cloud in CLOUDS if host in cloud), host)
    netloc = f"{host}:{parts.port}" if parts.port not in (None, 443) else host
    path = [step for step in urlsplit(str(url)).path.lower().split("/") if step]
    if path and path[-1] == "v2.0":
        path.pop()
    is_customers = host.endswith(_CUSTOMERS) or (len(path) == 2 and path[1].startswith("b2c_"))
    if not path and host.endswith(".ciamlogin.com"):
        path = [f"{host.partition('.')[0]}.onmicrosoft.com"]  # as MSAL does
    if not path or len(path) > (2 if is_customers else 1) or not all(map(_is_step, path)):
        raise ValueError("must end with a tenant, as in https://login.microsoftonline.com/contoso.com")
    whole = "/".join([f"https://{netloc}", *path])
    has_own_environment = is_customers or path[0] == "adfs"
    return Authority(
        url=whole,
        environment=whole if has_own_environment else f"https://{netloc}",
        tenant=path[0],
        is_shared=path[0] in SHARED_TENANTS,
    )


def _is_step(step: str) -> bool:
    return step.strip(".") != "" and all(char.isalnum() or char in "._-" for char in step)

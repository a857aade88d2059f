"""The example's configuration, on ports and in folders of a test's own, without system users."""

import os
from pathlib import Path

c = get_config()  # type: ignore[name-defined]  # noqa: F821 -- JupyterHub's own

EXAMPLE = Path(os.environ["EXAMPLE"])
load_subconfig(str(EXAMPLE))  # type: ignore[name-defined]  # noqa: F821 -- traitlets' own

FOLDER = Path(os.environ["HUB_FOLDER"])

c.JupyterHub.hub_port = int(os.environ["HUB_PORT"])
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = f"{FOLDER.parent}/home/{{username}}"
without = [f"--ServerApp.jpserver_extensions={name}=False" for name in os.environ["WITHOUT"].split()]
c.Spawner.args = [*(["--allow-root"] if os.geteuid() == 0 else []), *without]
c.Spawner.default_url = "/api/status"  # what a person opens takes its time, and is tested elsewhere
c.Spawner.cmd = [os.environ["SINGLE_USER"]]
c.ConfigurableHTTPProxy.should_start = False  # as with Zero to JupyterHub: it outlives the Hub
c.JupyterHub.cleanup_servers = False
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{os.environ['PROXY_PORT']}"
c.JupyterHub.services.append({"name": "tests", "api_token": os.environ["TESTS_TOKEN"]})
c.JupyterHub.load_roles.append(
    {
        "name": "tests",
        "services": ["tests"],
        "scopes": ["access:servers", "admin:users", "read:users", "tokens", "servers"],
    }
)

# who looks for leftovers asks the Hub and the service what they can reach (tests/security/looking.py)
LOOK = os.environ["LOOK_FOR_LEFTOVERS"]
service = c.JupyterHub.services[0]
service["command"][-1] = f"--config={Path(__file__).with_name('jupyter_auth_hub_config.py')}"
service["environment"] |= {"EXAMPLE": str(EXAMPLE.with_name("jupyter_auth_hub_config.py")), "LOOK": LOOK}
exec(Path(LOOK).read_text().replace("{path!r}", repr(f"{FOLDER.parent}/hub-process")))  # noqa: S102 -- the tests' own

"""The checks, one topic a module: each takes the situation, changes nothing, and yields what it finds."""

from collections.abc import Callable

from jupyter_auth.cli.doctor.checks import (
    agent,
    configuration,
    extension,
    folders,
    kernels,
    labextension,
    packages,
    providers,
    secrets,
    servers,
    store,
)
from jupyter_auth.cli.doctor.finding import Findings
from jupyter_auth.cli.doctor.situation import Situation

Check = Callable[[Situation], Findings]

#: In the order in which faults are to be mended: what comes first may be the cause of what comes after it.
CHECKS: dict[str, dict[str, Check]] = {
    "Installation": {
        "packages": packages.check,
        "server extension": extension.check,
        "labextension": labextension.check,
        "kernels": kernels.check,
    },
    "Configuration": {
        "folders": folders.check,
        "configuration": configuration.check,
        "secrets": secrets.check,
    },
    "Store": {"store": store.check},
    "Providers": {"provider": providers.check},
    "Servers": {"servers": servers.check, "agent": agent.check},
}

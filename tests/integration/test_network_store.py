"""Two servers over one store on what they take for a network filesystem."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import OidcProvider
from tests.integration.sharing import assert_one_clear, assert_one_refresh
from tests.support import Kernel, Place

#: Each server is a host of its own. A look at the others' clears every half second, for the test's sake.
ON_NFS = """
import os, socket
from jupyter_auth.broker import storage
from jupyter_auth.cache.sqlite import network
storage.network_filesystem = lambda path: "nfs4"
network.LOOK = 0.5
socket.gethostname = lambda: f"host-of-{os.getpid()}"
"""


@pytest.fixture
def hosts(fresh: Place) -> Iterator[list[JupyterProcess]]:
    fresh.server_code(ON_NFS)
    with ExitStack() as stack:
        yield [stack.enter_context(fresh.server()) for _ in range(2)]


def test_one_refresh_and_one_clear_for_all_hosts(
    fresh: Place,
    hosts: list[JupyterProcess],
    provider: OidcProvider,
    start_kernels: Callable[..., list[Kernel]],
    sign_in: Callable[..., str],
) -> None:
    kernels = [kernel for host in hosts for kernel in start_kernels(host, 2)]
    sign_in(kernels[0])
    for kernel in kernels:
        kernel.run("tok = ja.get_token('lake')")
    assert_one_refresh(kernels, provider)
    assert hosts[0].get("jupyter_auth/v1/status").json()["store"]["network"] == "nfs4"
    names = {path.name for path in fresh.store.iterdir()}
    assert len([name for name in names if name.startswith("generation-host-of-")]) == 2
    assert not {name for name in names if name.endswith(("-wal", "-shm"))} and "leases" not in names
    assert_one_clear(kernels)

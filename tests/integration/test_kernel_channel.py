"""The demo's channel to a kernel, where a kernel is never heard, or is lost."""

import pytest

from jupyter_auth.cli.demo.kernel_channel import ChannelLostError, KernelChannel
from jupyter_auth.cli.demo.servers import DemoError
from tests.support import Kernel, place

#: Of the ports that are chosen for the server's first kernels another process takes one.
TAKEN = """
import socket
from jupyter_server.services.kernels.kernelmanager import ServerKernelManager as Manager

whole, taken = Manager.pre_start_kernel, []

async def pre_start_kernel(self, **given):
    self.transport = "tcp"
    made = await whole(self, **given)
    if len(taken) < {times}:
        taken.append(socket.create_server((self.ip, self.iopub_port)))
    return made

Manager._async_pre_start_kernel = pre_start_kernel
"""


def test_where_a_kernel_is_never_heard_another_is_started() -> None:
    with place() as made:
        made.server_code(TAKEN.format(times=1))
        with made.server() as server:
            kernel = KernelChannel(server, timeout=15)
            assert kernel.run("x = 1", "x + 1") == 2
            assert [known["id"] for known in server.get("api/kernels").json()] == [kernel.kernel_id]
            kernel.close()


def test_where_none_is_heard_that_is_said() -> None:
    with place() as made:
        made.server_code(TAKEN.format(times=99))
        with made.server() as server, pytest.raises(DemoError, match="has started, but does not answer"):
            KernelChannel(server, timeout=2)


def test_what_was_lost_on_the_way_is_not_taken_for_an_answer() -> None:
    with place() as made, made.server() as server:
        kernel = Kernel(server)
        kernel.start("import time; time.sleep(30)", "None")
        server.stop()
        with pytest.raises(ChannelLostError, match="The server is gone") as raised:
            kernel.value("1")
        assert "The last lines of the server's log:" in "".join(raised.value.__notes__)
        kernel.close()

"""The demo's channel to a kernel, where the server loses its own way to a kernel that starts."""

from collections.abc import Iterator

import pytest

from jupyter_auth.cli.demo.kernel_channel import ChannelLostError
from jupyter_auth.cli.demo.servers import DemoError
from tests.support import Kernel, place

#: The server gives up on its first channels, as it does after a minute in which a kernel says nothing.
GIVES_UP = """
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection as Channels

whole, left = Channels.connect, {times}

def connect(self):
    global left
    left -= 1
    if left >= 0:
        raise TimeoutError("the kernel says nothing")
    return whole(self)

Channels.connect = connect
"""


@pytest.fixture
def kernel(times: int) -> Iterator[Kernel]:
    with place() as made:
        made.server_code(GIVES_UP.format(times=times))
        with made.server() as server:
            kernel = Kernel(server)
            yield kernel
            kernel.close()


@pytest.mark.parametrize("times", [2])
def test_a_channel_that_was_lost_while_the_kernel_started_is_opened_again(kernel: Kernel) -> None:
    assert kernel.run("x = 1", "x + 1") == 2
    assert len(kernel.server.get("api/kernels").json()) == 1


@pytest.mark.parametrize("times", [0])
def test_a_channel_that_is_lost_later_is_not_taken_for_an_answer(kernel: Kernel) -> None:
    kernel.start("import time; time.sleep(30)", "None")
    kernel.server.stop()
    with pytest.raises(ChannelLostError, match="The server is gone") as raised:
        kernel.value("1")
    assert "The last lines of the server's log:" in "".join(raised.value.__notes__)


def test_a_kernel_that_never_answers_is_named_as_that() -> None:
    with place() as made:
        made.server_code(GIVES_UP.format(times=99))
        with made.server() as server, pytest.raises(DemoError, match="has started, but does not answer"):
            Kernel(server)

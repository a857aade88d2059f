"""examples/r/jupyter_auth.R in a real IRkernel, beside a Python notebook of the same Jupyter server."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import Provider
from tests.integration.conftest import pending
from tests.support import Kernel, Place
from tests.support.r_kernel import RKernel

CLIENT = Path(__file__).parents[2] / "examples" / "r" / "jupyter_auth.R"

#: what a condition says, in one line
TOLD = """
told <- tryCatch({ %s; "token" }, jupyter_auth_error = function(e) paste(class(e)[1], e$reason, e$hint))
cat(told)
"""


@pytest.fixture
def r(server: JupyterProcess, home: Place) -> Iterator[RKernel]:
    """An R kernel of the server that has read the client."""
    kernel = RKernel(server)
    kernel.run(f'source("{CLIENT}")')
    yield kernel
    kernel.close()


def test_it_gets_the_python_notebook_s_token_without_a_second_sign_in(
    r: RKernel, kernel: Kernel, sign_in: Callable[..., str]
) -> None:
    sign_in(kernel)
    assert r.run('tok <- get_token("lake"); cat(tok$account)') == "ada"
    assert not r.displays()
    token = kernel.value("tok.reveal()")
    assert r.run("cat(rev(strsplit(headers(tok), '')[[1]]), sep = '')")[::-1] == f"Bearer {token}"

"""Which notebook a kernel is of: as the server's sessions have it, or that nobody can tell."""

from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_auth.core.errors import TransportError
from jupyter_auth.server.front_ends import FrontEnds
from jupyter_auth.server.kernels import ServerKernels

LONG = "a" * 200


class Sessions:
    """A session manager; ``found`` is what it lists, or the fault that it has."""

    def __init__(self, found: list[dict[str, Any]] | Exception) -> None:
        self.found = found

    async def list_sessions(self) -> list[dict[str, Any]]:
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


def kernels(found: list[dict[str, Any]] | Exception) -> ServerKernels:
    managers: Any = {"kernel_manager": {}, "kernel_spec_manager": None, "session_manager": Sessions(found)}
    return ServerKernels(SimpleNamespace(**managers), FrontEnds())


async def test_a_path_is_kept_letter_for_letter() -> None:
    paths = {"k1": f"{LONG}1.ipynb", "k2": f"{LONG}2.ipynb", "k3": "a\u200b  b.ipynb"}
    listed = [{"kernel": {"id": name}, "path": path} for name, path in paths.items()]
    some = kernels([*listed, {"kernel": None, "path": "x"}, {"kernel": {"id": "k4"}, "path": None}])
    assert {name: await some.path(name) for name in paths} == paths
    assert await some.path("k4") is None is await some.path("nobody")


async def test_where_the_sessions_cannot_be_listed_a_path_is_not_taken_for_none() -> None:
    broken = kernels(OSError("the database is locked"))
    with pytest.raises(TransportError) as caught:
        await broken.path("k1")
    assert (caught.value.reason, caught.value.retryable) == ("notebook_unknown", True)
    assert await broken.paths() == {}

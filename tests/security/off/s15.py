"""Whoever says to be a kernel is believed: no proof is looked at."""

import pytest

from jupyter_auth.server.kernels import ServerKernels


def switch_off(patch: pytest.MonkeyPatch) -> None:
    def prove(self: ServerKernels, broker_id: str, nonce: str, mac: str) -> str | None:
        return next(iter(self._kernels.list_kernel_ids()), None)

    patch.setattr(ServerKernels, "prove", prove)

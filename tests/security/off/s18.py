"""The kernel's verbs over HTTP, where the Jupyter token is enough: no proof is asked for."""

import pytest

from jupyter_auth.broker.operations import Session
from jupyter_auth.server import extension
from jupyter_auth.server.handlers import PREFIX, routes
from jupyter_auth.server.resource import BrokerHandler, guarded


class Unproven(BrokerHandler):
    @guarded
    async def post(self) -> None:
        (kernel_id, *_) = self.service._kernels._kernels.list_kernel_ids()
        self.answer(await Session(self.desk.operations, kernel_id).respond(self.body()))


def switch_off(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(extension, "routes", lambda: [*routes(), (f"{PREFIX}/kernel", Unproven)])

"""REST for what each kernel may use: ``kernels/{id}/grants``. Answered to people only, never to a kernel."""

from tornado import web

from jupyter_auth.server.handlers import PREFIX, BrokerHandler, guarded


class KernelGrantsHandler(BrokerHandler):
    """The grants of one kernel."""

    def living(self, kernel_id: str) -> str:
        """The kernel, if it lives."""
        if not self.service.has_kernel(kernel_id):
            raise web.HTTPError(404)
        return kernel_id

    @guarded
    async def get(self, kernel_id: str) -> None:
        """All of them."""
        self.answer(await self.service.deciding.rows(self.living(kernel_id)))

    @guarded
    async def put(self, kernel_id: str) -> None:
        """Set one; answers all."""
        self.answer(await self.service.deciding.put(self.living(kernel_id), self.body()))

    @guarded
    async def delete(self, kernel_id: str) -> None:
        """Take them back (``profile`` narrows); answers what is left."""
        self.answer(await self.service.deciding.revoke(self.living(kernel_id), self.narrowed_to()))


def routes() -> list[tuple[str, type[BrokerHandler]]]:
    """The route, below the server's base_url."""
    return [(PREFIX + r"/kernels/([A-Za-z0-9_\-]+)/grants", KernelGrantsHandler)]

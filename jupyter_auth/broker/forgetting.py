"""Letting go of the tokens in memory, as when somebody logs out of the Jupyter server."""

import gc

from jupyter_auth.broker.operations import Operations


async def forget_memory(operations: Operations) -> None:
    """Here at once, and in every kernel at its next look. What the store holds stays there, sealed.

    Raises ``CacheError`` or ``OSError`` where kernels could not be told; what is here has gone all the same.
    """
    broker = operations.broker
    if (cache := broker.cache) is None:
        return
    try:
        await broker.in_thread(cache.store.generation.bump)
    finally:
        operations.ready.clear()
        cache.memory.forget()
    await broker.in_thread(gc.collect)  # what only refers to itself holds tokens as well, until then

"""The broker: silent decision, single flight, interactions, sign-out (layer L4).

It runs on an asyncio event loop and keeps all its state there; whatever blocks (provider, store) runs
in its own threads.
"""

"""The adapters, each with its client's real library, in kernels of a real server."""

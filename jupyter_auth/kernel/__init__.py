"""The client inside a kernel: standard library and IPython only (layer L5)."""

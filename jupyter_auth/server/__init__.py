"""The Jupyter server extension: kernel socket and REST (layer L5)."""

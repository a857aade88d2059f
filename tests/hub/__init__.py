"""A real JupyterHub with real people."""

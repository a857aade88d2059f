"""A service for JupyterHub: one sign-in, at the Hub, serves everybody's own server."""

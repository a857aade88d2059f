"""A service for JupyterHub: one sign-in, at the Hub, serves everybody's own server."""

import os

#: Who started this process, seen as early as can be: the Hub, where this is its service.
PARENT = os.getppid()

"""``python -m jupyter_auth.hub``: the service, as JupyterHub starts it."""

from jupyter_auth.hub.app import JupyterAuthHub

if __name__ == "__main__":
    JupyterAuthHub.launch_instance()

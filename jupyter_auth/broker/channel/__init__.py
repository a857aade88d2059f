"""The socket by which other processes of this user ask a broker, a Jupyter server's or the agent's."""

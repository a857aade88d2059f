"""``jupyter auth run``: a token for a command, where neither ``ps`` nor the environment shows it."""

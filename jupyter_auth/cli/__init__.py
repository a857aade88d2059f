"""The command line, ``jupyter auth`` (layer L7)."""
